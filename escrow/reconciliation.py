"""Reconciliation of contracts: each that is not at its end, and what is left in those that are.

Contracts are read by the twenty, the longest uncompared first, with what of Trustless Work's limit
nobody else needs; what is left over waits for the next run. The contract decides, validated against
the chain: what differs is read a second time before it is told, and only once the chain's feed has
been taken in as far as it goes and none of our own steps is under way.

Of those at their end only these are read: not yet compared since they ended, named by an open
finding, or holding something else by the feed than by the books. So it does not matter how long a
period is asked for.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from django.db.models import Case, F, IntegerField, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce

from escrow import comparison, freezing, snapshots
from escrow.comparison import Ours
from escrow.models import ContractCheck, Escrow
from escrow.surpluses import WORTH_FETCHING
from integrations.providers import directory, listing
from integrations.providers.answers import NOT_FOUND, Declined, Done, NotAsked
from integrations.providers.models import Address, ChainMovement, Submission
from integrations.providers.ports import Contract
from integrations.providers.ports.escrows import MOST_AT_ONCE
from integrations.providers.stellar import feed
from integrations.providers.stellar.feed_mapping import USDC
from ledger import clock, money
from ledger import overdue as late
from ledger.compared import Agreement, Compared, Difference, Unread, Waiting, Window
from ledger.models import Account, Proposal
from payments.models import Milestone

TRAIL = "reconciliation"
PAUSES = (1, 2, 4)  # seconds
ROUNDS = 5  # of patience: longer than Trustless Work's limit looks back
NOT_FOUND_THERE, UNKNOWN_HERE = "contract_not_found", "contract_without_escrow"
KINDS = comparison.KINDS | {NOT_FOUND_THERE}
FREEZING = {freezing.ENDED_BY_ANOTHER, freezing.SHORT}
_OVER = (*Escrow.SETTLED, Escrow.Status.FAILED)


def escrows(book: int, window: Window) -> Iterator[Compared]:
    """Every contract of a book that the window asks for, and those that no escrow knows."""
    yield from _without_escrow(book, window)
    waiting = iter(_chosen(book, window))
    doubtful: list[str] = []
    while some := list(islice(waiting, MOST_AT_ONCE)):
        ours = snapshots.of(book, some)
        theirs = _read(book, list(ours.values()))
        if isinstance(theirs, str):
            left = len(ours) + sum(1 for _ in waiting)
            yield Unread(subject="contracts", why=f"{left} wait for the next run: {theirs}")
            break
        for escrow, mine in ours.items():
            contract = theirs.get(mine.contract_id)
            if contract is None or comparison.compare(mine, contract):
                doubtful.append(escrow)
            else:
                yield from _agreed(book, mine, contract, window)
    yield from _again(book, doubtful, window)


def overdue(book: int, window: Window) -> Iterator[Compared]:
    """Escrows, and milestones of them, of which a step was asked for and has not ended for long."""
    for noun in (Escrow, Milestone):
        yield from late.among(noun, book, window)


def _chosen(book: int, window: Window) -> Sequence[str]:
    rows = Escrow.objects.of(book).exclude(contract_id="")
    asked = _named(window)
    if window.is_period:
        asked |= ~Q(status__in=_OVER) | _unread_since_it_ended() | Q(pk__in=_told_otherwise(book))
    is_over = Case(When(status__in=_OVER, then=1), default=0)
    longest = F("comparison__compared_at").asc(nulls_first=True)
    ordered = rows.filter(asked).order_by(is_over, longest, "pk")
    return list(dict.fromkeys(ordered.values_list("pk", flat=True)))


def _named(window: Window) -> Q:
    """By an open finding: about the escrow, a milestone of it, or a movement at its contract."""
    moved = ChainMovement.across_books.filter(pk__in=window.subjects).values("address")
    by_id = Q(pk__in=window.subjects) | Q(order__milestones__pk__in=window.subjects)
    return by_id | Q(contract_id__in=moved)


def _unread_since_it_ended() -> Q:
    earlier = Q(comparison=None) | Q(comparison__compared_at__lt=F("status_since"))
    return Q(status__in=_OVER) & earlier


def _told_otherwise(book: int) -> Subquery:
    """Those at their end that hold less by the feed than by the books, or more than dust; one
    query.
    """
    inward = Case(When(direction="IN", then=F("amount")), default=-F("amount"))
    moved = ChainMovement.objects.of(book).filter(address=OuterRef("contract_id"), asset=USDC)
    shown = moved.order_by().values("address").annotate(sum=Sum(inward)).values("sum")
    booked = Account.objects.of(book).filter(kind="contract", subject=OuterRef("pk"))
    rows = Escrow.objects.of(book).filter(status__in=_OVER).exclude(contract_id="")
    told = rows.annotate(
        shown=Coalesce(Subquery(shown, output_field=IntegerField()), 0),
        held=Coalesce(Subquery(booked.values("balance"), output_field=IntegerField()), 0),
    )
    differs = Q(shown__lt=F("held")) | Q(shown__gte=F("held") + WORTH_FETCHING)
    return Subquery(told.filter(differs).values("pk"))


def _read(book: int, some: Sequence[Ours]) -> dict[str, Contract] | str:
    """The contracts by their ids, or why they could not be read."""
    try:
        port = directory.escrows(book, trail=TRAIL)
    except directory.NotConfigured as refusal:
        return refusal.message
    asked = [one.contract_id for one in some]
    for _ in range(ROUNDS):
        answer = listing.patiently(lambda: port.read_many(contract_ids=asked))
        if not isinstance(answer, NotAsked):
            break
    return answer.value if isinstance(answer, Done) else str(answer)


def _again(book: int, doubtful: Sequence[str], window: Window) -> Iterator[Compared]:
    """A second look at what differed: at the contract, at our books, and at the feed."""
    waiting = iter(doubtful)
    while some := list(islice(waiting, MOST_AT_ONCE)):
        before = snapshots.of(book, some)
        told = {escrow: _read_one(book, mine) for escrow, mine in before.items()}
        untaken = _untaken()
        after = snapshots.shown(book, [mine.contract_id for mine in before.values()])
        for escrow, mine in before.items():
            contract = told[escrow]
            if isinstance(contract, Unread):
                yield contract
            elif why := _why_it_waits(mine, untaken=untaken, after=after):
                yield Waiting(subject=escrow, why=why, then=partial(_note, book, escrow))
            else:
                yield from _judged(book, mine, contract, window)


def _untaken() -> frozenset[str] | None:
    """Where the feed is behind; the watch is given a moment to catch up with a busy network."""
    for pause in PAUSES:
        if (behind := feed.untaken()) is not None or feed.position() is None:
            return behind
        time.sleep(pause)
    return feed.untaken()


def _read_one(book: int, mine: Ours) -> Contract | Unread | None:
    """None where Trustless Work says for certain that there is no such contract."""
    port = directory.escrows(book, trail=mine.trail)
    answer = listing.patiently(lambda: port.read(contract_id=mine.contract_id))
    match answer:
        case Done(contract):
            return contract
        case Declined(code, _) if code == NOT_FOUND:
            return None
    return Unread(subject=mine.escrow, why=str(answer))


def _why_it_waits(
    mine: Ours, *, untaken: frozenset[str] | None, after: dict[str, int] | None
) -> str:
    if mine.is_under_way:
        return "A step of ours is under way."
    if mine.shown is None or after is None:
        return ""  # there is no feed that could tell more
    if untaken is None:
        return "The chain's feed has not been taken in as far as it goes."
    if mine.contract_id in untaken or after.get(mine.contract_id, 0) != mine.shown:
        return "Something moves there just now."
    return ""


def _judged(book: int, mine: Ours, contract: Contract | None, window: Window) -> Iterator[Compared]:
    found = comparison.compare(mine, contract) if contract else [_not_found(mine)]
    if contract and not found:
        yield from _agreed(book, mine, contract, window)
        return
    for one in found:
        then = partial(_stop if one.kind in FREEZING else _note, book, mine.escrow)
        yield replace(one, then=then)
    yield from _no_longer(mine, window, found=found)


def _agreed(book: int, mine: Ours, contract: Contract, window: Window) -> Iterator[Compared]:
    story = f"Contract and books agree on {money.text(contract.balance)} USDC."
    then = partial(_note, book, mine.escrow, balance=contract.balance)
    yield Agreement(subject=mine.escrow, story=story, kinds=KINDS, then=then)
    yield from _no_longer(mine, window, found=())


def _no_longer(mine: Ours, window: Window, *, found: Sequence[Difference]) -> Iterator[Agreement]:
    """What was found before of it, its milestones and movements, and is not so any more."""
    concerned = {
        mine.escrow,
        *(one.id for one in mine.pieces),
        *(one.movement for one in mine.given),
    }
    for subject in sorted(concerned & window.subjects):
        kinds = {one.kind for one in found if one.subject == subject}
        if found or subject != mine.escrow:
            yield Agreement(subject=subject, story="It is not so any more.", kinds=KINDS - kinds)


def _not_found(mine: Ours) -> Difference:
    return Difference(
        kind=NOT_FOUND_THERE,
        subject=mine.escrow,
        trail=mine.trail,
        expected={"status": mine.status, "stroops": mine.held, "feed": mine.shown},
        observed={"contract": mine.contract_id},
        amount=mine.held,
        proposal=Proposal.WAIT,
    )


def _without_escrow(book: int, window: Window) -> Iterator[Compared]:
    """Contracts that we have deployed, or watch, and that no escrow of ours is about."""
    known = Escrow.objects.of(book).exclude(contract_id="").values("contract_id")
    old = clock.now() - snapshots.PATIENCE
    deployed = Submission.objects.of(book).filter(
        purpose="escrow.deploy", status=Submission.Status.CONFIRMED, status_since__lt=old
    )
    watched = Address.objects.of(book).filter(role=Address.Role.CONTRACT)
    strays = dict(deployed.exclude(contract_id__in=known).values_list("contract_id", "order"))
    strays |= dict(watched.exclude(address__in=known).values_list("address", "subject"))
    shown = snapshots.shown(book, list(strays)) or {}
    for contract, trail in sorted(strays.items()):
        held = shown.get(contract, 0)
        yield Difference(
            kind=UNKNOWN_HERE,
            subject=contract,
            trail=trail,
            expected={"escrow": None},
            observed={"contract": contract, "feed": held},
            amount=held,
            proposal=Proposal.IGNORE,
        )
    for subject in window.subjects - set(strays):
        if subject.startswith("C"):
            kinds = frozenset({UNKNOWN_HERE})
            yield Agreement(subject=subject, story="An escrow is about it.", kinds=kinds)


def _stop(book: int, escrow: str) -> None:
    freezing.stop(escrow)
    _note(book, escrow)


def _note(book: int, escrow: str, *, balance: int | None = None) -> None:
    """That it was compared; with a balance, that both sides agreed on it."""
    facts = {"book_id": book, "compared_at": (now := clock.now())}
    if balance is not None:
        facts |= {"agreed_at": now, "balance": balance}
    ContractCheck.across_books.update_or_create(escrow_id=escrow, defaults=facts)
