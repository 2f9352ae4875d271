"""The desk: what waits for an operator, and where the money is – the first page of the back office.

Each queue is an aggregate, and all of them are one query, however many queues there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import BigIntegerField, Count, Exists, Max, Min, OuterRef, Q, Sum, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.text import slugify

from config import charts
from escrow.models import Dispute, Escrow
from integrations.marketplaces.models import User
from integrations.providers.models import Inbound, Wallet
from integrations.providers.stellar.headroom import LOW
from ledger import clock, histories
from ledger.backoffice import QUEUE
from ledger.display import dollars, moment
from ledger.models import Approval, Finding, Run
from ledger.wiring import table, wired
from payments.models import Deposit, Milestone
from withdrawals.clearance import ACT as LET_PAYOUT_GO
from withdrawals.covering import SHORT

LONG = timedelta(minutes=5)  # an answer that is owed for longer is somebody's work
AT_ONCE = timedelta(hours=1)  # what a machine, and no person, is given until it is a finding
MOST_COMPARED = 60

# Findings that somebody settles by bringing money.
SHORTFALLS = {"Treasury shortfalls": SHORT, "Wallets low on XLM": LOW}
_WAITS, _UNCLAIMED = Approval.Status.REQUESTED.value, Deposit.Status.UNATTRIBUTED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Work of one kind: how much of it there is, how old the oldest is, and the sum at stake."""

    title: str
    url: str
    count: int
    oldest: datetime | None
    amount: int

    @property
    def since(self) -> str:
        return moment(self.oldest) if self.oldest else ""

    @property
    def stake(self) -> str:
        return dollars(self.amount) if self.amount else ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A queue to be counted: which rows are in it. Their list shows the very same."""

    title: str
    kind: Any
    which: Q
    age: str = "created_at"

    @property
    def name(self) -> str:
        """In the address of the list."""
        return slugify(self.title)

    def counted(self, place: int) -> Any:
        """One row with its number; none of an empty queue."""
        names = {field.name for field in self.kind._meta.fields}
        amount = Sum("amount") if "amount" in names else Max(0)
        rows = self.kind._base_manager.filter(self.which).order_by()
        return rows.values(queue=Value(place)).annotate(
            count=Count("*"), oldest=Min(self.age), stake=Cast(amount, BigIntegerField())
        )

    def told(self, row: dict[str, Any]) -> Queue:
        address = reverse(
            f"admin:{self.kind._meta.app_label}_{self.kind._meta.model_name}_changelist"
        )
        return Queue(
            title=self.title,
            url=f"{address}?{urlencode({QUEUE: self.name})}",
            count=row.get("count", 0),
            oldest=row.get("oldest"),
            amount=row.get("stake") or 0,
        )


def page() -> dict[str, Any]:
    """What the first page shows."""
    queues = _queues()
    return {
        "queues": [queue for queue in queues if queue.count],
        "empty": [queue.title for queue in queues if not queue.count],
        "charts": charts.charts(),
        "health": charts.health(),
        "budgets": charts.budgets(),
        "compared": _compared(),
    }


def may_see(operator: Any) -> bool:
    """Every group may; whoever is in none reads no records, and no sums of them either."""
    return bool(operator.has_perm("ledger.view_account"))


def queues_of(kind: Any) -> dict[str, tuple[str, Q]]:
    """The queues of one kind of record: name → title, and which rows are in it."""
    return {one.name: (one.title, one.which) for one in _asked() if one.kind is kind}


def _queues() -> list[Queue]:
    """All of them in one query, however many there are."""
    asked = list(_asked())
    rows = [one.counted(place) for place, one in enumerate(asked)]
    told = {row["queue"]: row for row in rows[0].union(*rows[1:], all=True)}
    return [one.told(told.get(place, {})) for place, one in enumerate(asked)]


def _asked() -> Iterator[Asked]:
    yield Asked("Open disputes", Dispute, ~Q(status__in=Dispute.ENDED))
    is_payout = Q(act=LET_PAYOUT_GO)
    yield Asked("Waiting for a second person", Approval, Q(status=_WAITS) & ~is_payout)
    yield Asked("Payouts awaiting approval", Approval, Q(status=_WAITS) & is_payout)
    yield from _findings()
    yield Asked("Unclaimed arrivals", Deposit, Q(status=_UNCLAIMED))
    yield Asked("Messages given up", Inbound, Q(given_up_at__isnull=False), age="given_up_at")
    for kind in (User, Wallet, Escrow):
        title = f"Frozen {kind._meta.verbose_name_plural}"
        frozen = Q(frozen_at__isnull=False)
        yield Asked(title, kind, frozen & _needed(kind), age="frozen_at")
    for name in table("NOUNS"):
        yield from _unanswered(wired(name))


def _needed(kind: Any) -> Q:
    """Frozen, an ended escrow keeps nobody waiting, except for what its contract still holds."""
    if kind is not Escrow:
        return Q()
    pieces = Milestone.across_books.filter(order=OuterRef("order"))
    return ~Q(status__in=Escrow.SETTLED) | Q(emptied_at=None) & Q(Exists(pieces))


def _findings() -> Iterator[Asked]:
    """The kinds that mean bringing money have queues of their own; what is put off is in none."""
    due = Q(resolved_at=None) & ~Q(waits_until__gt=clock.now())
    for title, kind in SHORTFALLS.items():
        yield Asked(title, Finding, due & Q(kind=kind), age="opened_at")
    others = ~Q(kind__in=SHORTFALLS.values())
    yield Asked("Findings", Finding, due & others, age="opened_at")


def _unanswered(noun: Any) -> Iterator[Asked]:
    """Operations to which a machine owes an answer for too long, or whose clock ran out unnoticed.

    Who waits for a person – a payer, a recipient – is late only when reconciliation says so.
    """
    since = clock.now() - LONG
    late = Q(status__in=_asking(noun), status_since__lt=since, wake_at__isnull=False)
    if noun.NOT_OWED is not None:
        late &= ~noun.NOT_OWED
    for status, end in noun.ENDS_AT.items():
        late |= Q(status=status, **{f"{end}__lt": since})
    if _asking(noun) or noun.ENDS_AT:
        title = f"{str(noun._meta.verbose_name_plural).capitalize()} without an answer"
        yield Asked(title, noun, late, age="status_since")


def _asking(noun: Any) -> list[str]:
    """The states that we ask about often, and in which nobody was given time to think."""
    return [
        status
        for status, often in noun.STANDS_AT_MOST.items()
        if often < LONG and noun.OWED_WITHIN.get(status, AT_ONCE) <= AT_ONCE
        if status not in noun.ENDS_AT
    ]


def _compared() -> list[Run]:
    """The latest comparison of each part of each book with Airtm and the chain."""
    rows = histories.whole(Run.across_books.exclude(status=Run.Status.RUNNING))
    latest = (
        rows.select_related("book")
        .order_by("book_id", "part", "-started_at")
        .distinct("book_id", "part")
    )
    return list(latest[:MOST_COMPARED])
