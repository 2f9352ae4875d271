"""The desk: what waits for an operator, and where the money is – the first page of the back office.

Each queue is one aggregate query over an indexed condition, so the page stays quick however large
the tables are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Min, Q, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse

from escrow.models import Escrow
from integrations.marketplaces.models import User
from integrations.providers.models import Call, Wallet
from ledger import clock
from ledger.chart import CHART
from ledger.display import dollars, moment
from ledger.models import Account, Approval, Finding
from ledger.wiring import table, wired
from payments.models import Order, TopUp
from withdrawals.models import Withdrawal

LONG = timedelta(minutes=5)  # an answer that is owed for longer is somebody's work
DAYS = 14
LATEST_CALLS = 2_000

IN_FLIGHT = ("available", "reserved", "escrowed", "paying_out", "unattributed", "in_transit")


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
class Bar:
    """One line of a chart: what it is, how much, and how long the bar is, in percent."""

    name: str
    value: str
    length: int


@dataclass(frozen=True, slots=True)
class Health:
    """How a provider has answered lately."""

    provider: str
    calls: int
    failures: int
    slowest: int  # milliseconds
    latest: str


def page() -> dict[str, Any]:
    """What the first page shows."""
    queues = list(_queues())
    return {
        "queues": [queue for queue in queues if queue.count],
        "empty": [queue.title for queue in queues if not queue.count],
        "in_flight": _in_flight(),
        "volume": _volume(),
        "health": _health(),
    }


def _queues() -> Iterator[Queue]:
    is_open = {"resolved_at__isempty": "1"}
    yield _queue("Findings", Finding, Q(resolved_at=None), age="opened_at", shown_by=is_open)
    waiting = Approval.Status.REQUESTED
    yield _queue(
        "Waiting for a second person", Approval, Q(status=waiting), shown_by=_with(waiting)
    )
    for kind in (User, Wallet, Escrow):
        title = f"Frozen {kind._meta.verbose_name_plural}"
        frozen = {"frozen_at__isempty": "0"}
        yield _queue(title, kind, Q(frozen_at__isnull=False), age="frozen_at", shown_by=frozen)
    for name in table("NOUNS"):
        yield from _unanswered(wired(name))


def _unanswered(noun: Any) -> Iterator[Queue]:
    """Operations to which a provider owes an answer for too long."""
    asking = [status for status, limit in noun.STANDS_AT_MOST.items() if limit < LONG]
    if asking:
        late = Q(status__in=asking, status_since__lt=clock.now() - LONG)
        title = f"{str(noun._meta.verbose_name_plural).capitalize()} without an answer"
        shown_by = {"status__in": ",".join(asking)}
        yield _queue(title, noun, late, age="status_since", shown_by=shown_by)


def _queue(
    title: str, kind: Any, which: Q, *, shown_by: dict[str, str], age: str = "created_at"
) -> Queue:
    names = {field.name for field in kind._meta.fields}
    amount = Sum("amount") if "amount" in names else Max(0)
    told = kind._base_manager.filter(which).aggregate(
        count=Count("pk"), oldest=Min(age), amount=amount
    )
    address = reverse(f"admin:{kind._meta.app_label}_{kind._meta.model_name}_changelist")
    return Queue(
        title=title,
        url=f"{address}?{urlencode(shown_by)}",
        count=told["count"],
        oldest=told["oldest"],
        amount=told["amount"] or 0,
    )


def _with(status: str) -> dict[str, str]:
    return {"status__exact": status}


def _in_flight() -> list[Bar]:
    """What we owe and what is under way, by stage."""
    sums = dict(
        Account.across_books.filter(kind__in=IN_FLIGHT)
        .values_list("kind")
        .annotate(total=Sum("balance"))
    )
    most = max(sums.values(), default=0)
    return [
        Bar(
            f"{kind} – {CHART[kind].means}",
            dollars(sums.get(kind, 0)),
            _of(sums.get(kind, 0), most),
        )
        for kind in IN_FLIGHT
    ]


def _volume() -> list[Bar]:
    """What was asked for per day, over all nouns that move money."""
    days: dict[Any, int] = {}
    since = clock.now() - timedelta(days=DAYS)
    for noun in (TopUp, Order, Withdrawal):
        rows = noun.across_books.filter(created_at__gte=since)
        per_day = rows.values_list(TruncDate("created_at")).annotate(total=Sum("amount"))
        for day, total in per_day:
            days[day] = days.get(day, 0) + total
    most = max(days.values(), default=0)
    return [Bar(f"{day:%d %b}", dollars(days[day]), _of(days[day], most)) for day in sorted(days)]


def _health() -> list[Health]:
    """From the latest calls: the table may be long, and its newest end is what counts."""
    newest = Call.objects.aggregate(newest=Max("pk"))["newest"] or 0
    rows = (
        Call.objects.filter(pk__gt=newest - LATEST_CALLS)
        .values("provider")
        .annotate(
            calls=Count("pk"),
            failures=Count("pk", filter=~Q(failure="") | Q(status__gte=500)),
            slowest=Max("milliseconds"),
            latest=Max("happened_at"),
        )
    )
    return [
        Health(
            row["provider"], row["calls"], row["failures"], row["slowest"], moment(row["latest"])
        )
        for row in rows.order_by("provider")
    ]


def _of(value: int, most: int) -> int:
    return value * 100 // most if most else 0
