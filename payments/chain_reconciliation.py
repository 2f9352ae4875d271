"""Reconciliation of deposits: ours against the chain's list, and that list against ours.

    chain's list \\ our movements   written down         not
    shows it                       the same, or         `movement_not_booked`: an operator has it
                                   `movement_differs`   taken in, by the watch's own way
    does not                       `movement_not_on_    agreed
                                   chain`

Then ours against ours, for what came in within the period: each movement has its deposit, and each
deposit has put just that amount into the books' wallet (`deposit_not_posted`, `deposit_differs`).
What the books themselves refused is `deposit_not_booked`, as the watch has found it.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import F, Max, OuterRef, Q, Subquery, Sum

from integrations.providers.models import ChainMovement, Matter
from integrations.providers.stellar import feed, replaying
from integrations.providers.stellar.feed_mapping import USDC, ledger_of
from integrations.providers.stellar.replaying import CannotRead, Listed
from ledger import chart
from ledger.compared import Agreement, Compared, Correction, Difference, Unread, Window
from ledger.models import Entry, Proposal
from payments.chain_comparison import Gap, Kind, Moved, compare
from payments.deposits import NOT_BOOKED
from payments.models import Deposit

NOT_POSTED, DIFFERS = "deposit_not_posted", "deposit_differs"
OF_POSTING = frozenset({NOT_POSTED, DIFFERS, NOT_BOOKED})
OF_THE_LIST = frozenset(map(str, Kind))
CREDITED = (Matter.DEPOSIT, Matter.UNATTRIBUTED)


def deposits(book: int, window: Window) -> Iterator[Compared]:
    """The ledgers of the period, at most `STELLAR_REPLAY_LEDGERS`, and those of named subjects."""
    yield from _against_chain(book, window)
    yield from _against_postings(book, window)


def _against_chain(book: int, window: Window) -> Iterator[Compared]:
    if feed.position() is None:
        return  # no wallet has been opened yet
    gaps: dict[str, Gap] = {}
    read: list[Listed] = []
    try:
        for listed in _listed(window):
            read.append(listed)
            gaps |= {_subject(gap): gap for gap in _gaps(book, listed)}
    except CannotRead as why:
        yield Unread(subject="ledgers", why=str(why))
    yield from map(_forgotten, [listed for listed in read if listed.forgotten])
    yield from (_difference(subject, gap) for subject, gap in gaps.items())
    for subject in sorted(window.subjects - set(gaps)):
        if any(_covers(listed, _ledger(subject)) for listed in read):
            yield Agreement(subject=subject, story="Both sides show it.", kinds=OF_THE_LIST)


def _listed(window: Window) -> Iterator[Listed]:
    """The chain's lists: of the period, and of each ledger of which a finding is open."""
    period = None
    if window.is_period:
        period = replaying.listed(ledgers=settings.STELLAR_REPLAY_LEDGERS, since=_first(window))
        yield period
    named = {_ledger(subject) for subject in window.subjects} - {0}
    for ledger in sorted(named):
        if period is None or not _covers(period, ledger):
            yield replaying.listed(ledgers=1, since=ledger)


def _forgotten(listed: Listed) -> Unread:
    why = f"Horizon has forgotten {listed.forgotten} from {listed.first} on."
    return Unread(subject="ledgers", why=why)


def _first(window: Window) -> int | None:
    """The ledger with which the period begins, as far as what moved before it tells."""
    newest = ledger_of(feed.span()[1])
    soonest = newest - int(settings.STELLAR_REPLAY_LEDGERS) + 1
    if window.since is None:
        return soonest
    before = ChainMovement.across_books.filter(closed_at__lt=window.since)
    return max(soonest, (before.aggregate(last=Max("ledger"))["last"] or 0) + 1)


def _gaps(book: int, listed: Listed) -> Iterator[Gap]:
    rows = ChainMovement.objects.of(book).filter(
        network=settings.STELLAR_NETWORK,
        ledger__gte=listed.first + listed.forgotten,
        operation_id__lte=listed.end,
    )
    theirs = [row for row in listed.rows if row.book_id == book]
    return compare(ours=_moved(rows), theirs=_moved(theirs))


def _moved(rows: Any) -> list[Moved]:
    return [
        Moved(
            place=(row.operation_id, row.change_index, str(row.direction)),
            ledger=row.ledger,
            tx_hash=row.tx_hash,
            address=row.address,
            counterparty=row.counterparty,
            asset=row.asset,
            amount=row.amount,
            holder=row.holder,
        )
        for row in rows
    ]


def _subject(gap: Gap) -> str:
    moved = gap.theirs or gap.ours
    assert moved is not None  # a gap has a side
    operation, index, direction = moved.place
    return f"{settings.STELLAR_NETWORK}:{operation}:{index}:{direction}"


def _ledger(subject: str) -> int:
    """Of a gap's subject; 0 for any other."""
    network, *place = subject.split(":")
    if network == settings.STELLAR_NETWORK and len(place) == 3 and place[0].isdigit():
        return ledger_of(int(place[0]))
    return 0


def _covers(listed: Listed, ledger: int) -> bool:
    return listed.first + listed.forgotten <= ledger <= listed.last


def _difference(subject: str, gap: Gap) -> Difference:
    moved = gap.theirs or gap.ours
    assert moved is not None  # a gap has a side
    is_money = moved.asset == USDC
    is_missed = gap.kind == Kind.NOT_BOOKED
    correction = Correction(chart.wallet(moved.address), gap.amount)
    return Difference(
        kind=gap.kind,
        subject=subject,
        trail=moved.holder,
        expected=_told(gap.ours),
        observed=_told(gap.theirs),
        amount=abs(gap.amount) if is_money else 0,
        proposal=Proposal.POST_MISSING if is_missed else Proposal.ADJUST,
        correction=correction if is_money and not is_missed else None,
    )


def _told(moved: Moved | None) -> dict[str, Any]:
    if moved is None:
        return {}
    return {
        "ledger": moved.ledger,
        "hash": moved.tx_hash,
        "address": moved.address,
        "counterparty": moved.counterparty,
        "asset": moved.asset,
        "stroops": moved.amount,
    }


def _against_postings(book: int, window: Window) -> Iterator[Compared]:
    """Movements that came in, against their deposits and what those have posted: one query."""
    found = set()
    for movement in _unposted(book, window):
        one = _unlike(movement)
        found.add(one.subject)
        yield one
    for subject in sorted(window.subjects - found):
        if subject.startswith(("dep_", "mov_")):
            yield Agreement(subject=subject, story="It is posted, as it came.", kinds=OF_POSTING)


def _unposted(book: int, window: Window) -> Any:
    asked = Q(pk__in=window.subjects) | Q(deposit__in=window.subjects)
    if window.is_period:
        period = Q(recorded_at__lt=window.until)
        asked |= period & Q(recorded_at__gte=window.since) if window.since else period
    posted = Entry.objects.filter(
        account__kind="wallet",
        account__subject=OuterRef("address"),
        transfer__book=book,
        transfer__cause=OuterRef("deposit__cause"),
        transfer__kind__in=["deposit", "deposit_unattributed"],
    )
    sums = posted.order_by().values("account").annotate(sum=Sum("amount")).values("sum")
    rows = ChainMovement.objects.of(book).filter(asked, matter__in=CREDITED)
    rows = rows.annotate(posted=Subquery(sums)).select_related("deposit")
    unlike = ~Q(deposit__amount=F("amount")) | Q(posted=None) | ~Q(posted=F("amount"))
    return rows.filter(Q(deposit=None) | unlike).order_by("pk")


def _unlike(movement: Any) -> Difference:
    deposit = getattr(movement, "deposit", None)
    posted = int(movement.posted or 0)
    kind, proposal = (DIFFERS, Proposal.ADJUST) if deposit else (NOT_POSTED, Proposal.POST_MISSING)
    if deposit and deposit.status == Deposit.Status.RECEIVED:
        kind, proposal = NOT_BOOKED, Proposal.POST_MISSING  # tried again every minute
    return Difference(
        kind=kind,
        subject=deposit.pk if deposit else movement.pk,
        trail=deposit.trail if deposit else movement.trail,
        expected={"deposit": deposit.amount if deposit else None, "posted": posted},
        observed={"stroops": movement.amount, "hash": movement.tx_hash},
        amount=abs(movement.amount - posted) or movement.amount,
        proposal=proposal,
        correction=None,
    )
