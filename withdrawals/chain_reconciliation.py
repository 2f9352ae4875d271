"""Reconciliation of payments on the chain: ours against its list, and that list against ours.

    the chain shows \\ we say   paid                     under way, or not paid
    the payment                the same, or             `payment_unposted`
                               `payment_differs`
    nothing                    `payment_not_on_chain`   (the sweep looks it up)

The chain's list is what the feed has taken in (the part `deposits` compares that with the chain);
of a payment that is missing there the chain is asked itself. What left a wallet of ours by no
transaction of ours is `outflow_not_ours`, until two people have booked it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q, Sum

from integrations.providers import directory
from integrations.providers.answers import NOT_FOUND, Answer, Declined, Done
from integrations.providers.models import ChainMovement, Matter
from integrations.providers.ports import Movement
from integrations.providers.stellar.feed_mapping import USDC
from integrations.providers.stellar.movements import UNEXPLAINED
from ledger import chart, clock
from ledger.compared import Agreement, Compared, Correction, Difference, Unread, Waiting, Window
from ledger.models import Entry, Proposal
from withdrawals import destinations
from withdrawals.models import TreasuryMove, Withdrawal

NOT_ON_CHAIN, DIFFERS = "payment_not_on_chain", "payment_differs"
UNPOSTED = "payment_unposted"
KINDS = frozenset({NOT_ON_CHAIN, DIFFERS, UNPOSTED})
BATCH = 500  # payments that are compared at once
PATIENCE = timedelta(minutes=5)  # with a payment that the chain has shown

Status = Withdrawal.Status
_PAID = (Status.COMPLETED, Status.RETURNED)
_LEFT = (TreasuryMove.Status.IN_TRANSIT, TreasuryMove.Status.ARRIVED)
Leg = tuple[str, int]  # to whom, and how much in stroops


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What our books say that one transaction has paid, and what was posted for it."""

    subject: str
    tx_hash: str
    target: str
    amount: int
    posted: int


def compare(paid: Payment, legs: Collection[Leg]) -> Compared:
    """A payment that we say was made, against what its transaction moved out of our wallet."""
    if list(legs) == [(paid.target, paid.amount)] and paid.posted == paid.amount:
        return Agreement(subject=paid.subject, kinds=KINDS)
    moved = sum(amount for _, amount in legs)
    expected = {"to": paid.target, "stroops": paid.amount, "posted": paid.posted}
    observed = {"hash": paid.tx_hash, "moved": [list(leg) for leg in legs]}
    return _difference(
        DIFFERS, paid, expected, observed, amount=abs(moved - paid.posted) or paid.amount
    )


def over_stellar(book: int, window: Window) -> Iterator[Compared]:
    """Withdrawals and treasury moves on the chain, and what else has left wallets of ours."""
    paid = [*_withdrawals(book, window), *_moves(book, window)]
    for first in range(0, len(paid), BATCH):
        yield from _against_chain(book, paid[first : first + BATCH])
    yield from _unposted(book, window)
    yield from _outflows(book, window)


def _against_chain(book: int, paid: list[Payment]) -> Iterator[Compared]:
    shown: defaultdict[str, list[Leg]] = defaultdict(list)
    rows = ChainMovement.objects.of(book).filter(
        inner_hash__in=[one.tx_hash for one in paid], direction="OUT", asset=USDC
    )
    for row in rows.order_by("operation_id", "change_index"):
        shown[row.inner_hash].append((row.counterparty, row.amount))
    for one in paid:
        yield compare(one, shown[one.tx_hash]) if one.tx_hash in shown else _looked_up(one)


def _looked_up(paid: Payment) -> Compared:
    chain = directory.chain(trail=paid.subject)
    answer: Answer[tuple[Movement, ...]] = chain.moved_by(paid.tx_hash)
    match answer:
        case Done(moved):
            return compare(paid, [(move.target, move.amount) for move in moved])
        case Declined(code, _) if code == NOT_FOUND:
            expected = {"to": paid.target, "stroops": paid.amount, "posted": paid.posted}
            observed = {"hash": paid.tx_hash, "moved": []}
            return _difference(NOT_ON_CHAIN, paid, expected, observed, amount=paid.posted)
    return Unread(subject=paid.subject, why=str(answer))


def _difference(
    kind: str, paid: Payment, expected: dict[str, Any], observed: dict[str, Any], *, amount: int
) -> Difference:
    return Difference(
        kind=kind,
        subject=paid.subject,
        trail=paid.subject,
        expected=expected,
        observed=observed,
        amount=amount,
        proposal=Proposal.ADJUST,
    )


def _withdrawals(book: int, window: Window) -> list[Payment]:
    rows = Withdrawal.objects.of(book).filter(rail=Withdrawal.Rail.STELLAR, status__in=_PAID)
    found = list(rows.filter(_asked(window)).order_by("pk"))
    posted = _posted(book, "withdrawal_completed", [one.pk for one in found])
    return [
        Payment(
            subject=one.pk,
            tx_hash=one.reference,
            target=destinations.account_of(one.resolved_address),
            amount=one.amount,
            posted=posted.get(one.pk, 0),
        )
        for one in found
    ]


def _moves(book: int, window: Window) -> list[Payment]:
    """Those that left a wallet; what one posts has several causes, and the proof compares them."""
    rows = TreasuryMove.objects.of(book).exclude(source="").filter(status__in=_LEFT)
    return [
        Payment(
            subject=one.pk,
            tx_hash=one.left_as,
            target=destinations.account_of(one.target),
            amount=one.amount,
            posted=one.amount,
        )
        for one in rows.filter(_asked(window)).order_by("pk")
    ]


def _asked(window: Window) -> Q:
    asked = Q(pk__in=window.subjects)
    if window.is_period:
        period = Q(status_since__lt=window.until)
        asked |= period & Q(status_since__gte=window.since) if window.since else period
    return asked


def _posted(book: int, kind: str, causes: list[str]) -> dict[str, int]:
    """What left wallets in the books, by the cause of the transfer."""
    rows = Entry.objects.filter(
        transfer__book=book, transfer__kind=kind, transfer__cause__in=causes, account__kind="wallet"
    )
    sums = rows.values_list("transfer__cause").annotate(sum=Sum("amount"))
    return {cause: -int(amount) for cause, amount in sums}


def _unposted(book: int, window: Window) -> Iterator[Compared]:
    """Payments that the chain has shown, and that are not settled here."""
    shown = ChainMovement.objects.of(book).filter(direction="OUT", purpose="withdrawal.pay")
    rows = Withdrawal.objects.of(book).filter(rail=Withdrawal.Rail.STELLAR).exclude(reference="")
    open_ones = rows.exclude(status__in=_PAID).filter(reference__in=shown.values("inner_hash"))
    found = set()
    for one in open_ones.order_by("pk"):
        found.add(one.pk)
        if one.status in Withdrawal.UNDER_WAY and one.status_since > clock.now() - PATIENCE:
            yield Waiting(subject=one.pk, why="The chain has shown it just now.")
            continue
        yield Difference(
            kind=UNPOSTED,
            subject=one.pk,
            trail=one.pk,
            expected={"status": one.status, "stroops": one.amount},
            observed={"hash": one.reference},
            amount=one.amount,
            proposal=Proposal.POST_MISSING,
        )
    named = rows.filter(pk__in=window.subjects).exclude(pk__in=found)
    for pk in named.values_list("pk", flat=True):
        yield Agreement(subject=pk, story="It is posted.", kinds=frozenset({UNPOSTED}))


def _outflows(book: int, window: Window) -> Iterator[Compared]:
    """What two people have booked is ignored from then on."""
    asked = Q(pk__in=window.subjects)
    if window.is_period:
        period = Q(recorded_at__lt=window.until)
        asked |= period & Q(recorded_at__gte=window.since) if window.since else period
    rows = ChainMovement.objects.of(book).filter(asked, matter=Matter.OUTFLOW)
    yield from map(_outflow, rows.order_by("pk"))


def _outflow(row: ChainMovement) -> Difference:
    is_money = row.asset == USDC
    return Difference(
        kind=UNEXPLAINED,
        subject=row.pk,
        trail=row.trail,
        expected={"transaction": "one of our submissions"},
        observed={
            "hash": row.tx_hash,
            "address": row.address,
            "counterparty": row.counterparty,
            "asset": row.asset,
        },
        amount=row.amount if is_money else 0,
        proposal=Proposal.ADJUST if is_money else Proposal.IGNORE,
        correction=Correction(chart.wallet(row.address), -row.amount) if is_money else None,
    )
