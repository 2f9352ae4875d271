"""Reconciliation of withdrawals over Airtm: ours against its list of payouts, and both ways.

    Airtm shows \\ we say    under way            COMPLETED, RETURNED       FAILED, CANCELED
    paid                     payout_unposted      the same, or              payout_unposted, unless
                                                  payout_differs            booked as a loss before
    at an end, not paid      payout_unsettled     payout_settled_alone      agreed
    under way                agreed               payout_settled_alone      payout_still_alive
    nothing                  (the sweep asks)     payout_settled_alone      agreed

A payout that nobody asked for is `payout_unknown`, a second one with the same code
`payout_doubled`. What differs is read a second time, both sides, before it is told; what changed at
Airtm only just now is under way. The correction says by how much Airtm's balance is
larger than `airtm_float` because of it.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import QuerySet

from integrations.providers import directory, listing
from integrations.providers.answers import NOT_FOUND, Answer, Declined, Done, StillUnclear
from integrations.providers.ports import Payout, PayoutStatus
from ledger import overdue as late
from ledger.chart import AIRTM_FLOAT
from ledger.compared import (
    Agreement,
    Compared,
    Correction,
    Difference,
    Unread,
    Waiting,
    Window,
)
from ledger.models import Proposal, Transfer
from withdrawals import over_airtm
from withdrawals.models import TreasuryMove, Withdrawal

LIVING = timedelta(days=90)  # for so long a payout waits for its recipient

KINDS = frozenset(
    {
        "payout_unposted",
        "payout_unsettled",
        "payout_differs",
        "payout_settled_alone",
        "payout_still_alive",
    }
)

Status = Withdrawal.Status
_PAID = PayoutStatus.COMPLETED
_ENDED = {PayoutStatus.FAILED, PayoutStatus.CANCELED}
_ALIVE = {PayoutStatus.PENDING, PayoutStatus.PENDING_USER_ACTION}
_SETTLED = {Status.COMPLETED, Status.RETURNED}
_UNDER_WAY = set(Withdrawal.UNDER_WAY)


def payouts(book: int, window: Window) -> Iterator[Compared]:
    """Both lists of a book, and the named subjects."""
    try:
        port = directory.payouts(book, trail="reconciliation")
        theirs = listing.of(window, lambda page: port.payouts(page=page), living=LIVING)
    except directory.NotConfigured:
        return
    except StillUnclear as unclear:
        yield Unread(subject="payouts", why=str(unclear))
        return
    # Ours are read after theirs, so that what is settled in between agrees.
    codes = {payout.code for payout in theirs}
    ours = listing.ours(_over_airtm(book), window, codes)
    yield from _against_ours(theirs, ours)
    for withdrawal in ours.values():
        if withdrawal.pk not in codes:
            yield _unlisted(withdrawal)


def overdue(book: int, window: Window) -> Iterator[Compared]:
    """Withdrawals that were asked for, on either rail, and have had no answer for too long."""
    yield from late.among(Withdrawal, book, window, proposal=Proposal.POST_MISSING)


def overdue_moves(book: int, window: Window) -> Iterator[Compared]:
    """Treasury money that has left one rail and should have been seen at the other."""
    yield from late.among(TreasuryMove, book, window)


def under_way(book: int) -> Iterator[tuple[str, int, int]]:
    """By what of withdrawals Airtm's balance may differ from our books: subject, least, most.

    What it executes is debited; whether it counts as pending meanwhile, Airtm does not say.
    """
    rows = _over_airtm(book).filter(status__in=_UNDER_WAY, asked_at__isnull=False)
    for withdrawal in rows.order_by("pk"):
        match _answer(withdrawal):
            case Done(payout) if payout.status == _PAID:
                yield withdrawal.pk, -payout.amount, -payout.amount
            case Done(payout) if payout.status in _ENDED or payout.status == PayoutStatus.CREATED:
                continue
            case Declined(_, _):
                continue
            case _:
                yield withdrawal.pk, -withdrawal.amount, 0


def compared(withdrawal: Withdrawal, payout: Payout) -> Compared:
    """One withdrawal against what Airtm shows of it; pure but for what our books hold."""
    if withdrawal.status in _SETTLED:
        return _paid_here(withdrawal, payout)
    if not _is_news(withdrawal, payout):
        return Agreement(subject=withdrawal.pk)
    if listing.is_young(payout):
        return Waiting(subject=withdrawal.pk, why=f"{payout.status} at Airtm only just now.")
    return _behind(withdrawal, payout)


def _over_airtm(book: int) -> QuerySet[Withdrawal]:
    return Withdrawal.objects.of(book).filter(rail=Withdrawal.Rail.AIRTM)


def _against_ours(theirs: Iterable[Payout], ours: dict[str, Withdrawal]) -> Iterator[Compared]:
    first: dict[str, Payout] = {}
    for payout in theirs:
        withdrawal = ours.get(payout.code)
        if withdrawal is None:
            yield _strange("payout_unknown", payout)
        elif first.setdefault(payout.code, payout) is not payout:
            yield _strange("payout_doubled", payout)
        else:
            yield _believed(withdrawal, payout)


def _believed(withdrawal: Withdrawal, payout: Payout) -> Compared:
    """As the list says, or, where that differs, as a second look at both says."""
    seen = compared(withdrawal, payout)
    if not isinstance(seen, Difference):
        return seen
    return _looked_up(Withdrawal.across_books.get(pk=withdrawal.pk))


def _unlisted(withdrawal: Withdrawal) -> Compared:
    if withdrawal.asked_at is None and withdrawal.status not in _SETTLED:
        return Agreement(subject=withdrawal.pk, story="Airtm was never asked for it.")
    return _looked_up(withdrawal)


def _looked_up(withdrawal: Withdrawal) -> Compared:
    match answer := _answer(withdrawal):
        case Done(payout):
            return compared(withdrawal, payout)
        case Declined(code, _) if code == NOT_FOUND:
            return _missing(withdrawal)
        case _:
            return Unread(subject=withdrawal.pk, why=str(answer))


def _answer(withdrawal: Withdrawal) -> Answer[Payout]:
    return listing.patiently(partial(over_airtm.look_up, withdrawal))


def _missing(withdrawal: Withdrawal) -> Compared:
    if withdrawal.status in _SETTLED:
        return _settled_alone(withdrawal, "NOT_FOUND")
    if withdrawal.status in _UNDER_WAY:
        return Waiting(subject=withdrawal.pk, why="Airtm does not know of it yet.")
    return Agreement(subject=withdrawal.pk)


def _is_news(withdrawal: Withdrawal, payout: Payout) -> bool:
    """Whether Airtm says more than we do."""
    if payout.status == _PAID:
        return not _is_booked_as_loss(withdrawal)
    if withdrawal.status in _UNDER_WAY:
        return payout.status in _ENDED
    return payout.status in _ALIVE


def _is_booked_as_loss(withdrawal: Withdrawal) -> bool:
    rows = Transfer.objects.of(withdrawal.book_id)
    return bool(rows.filter(kind="withdrawal_paid_after_all", cause=withdrawal.pk).exists())


def _paid_here(withdrawal: Withdrawal, payout: Payout) -> Compared:
    if payout.status != _PAID:
        return _settled_alone(withdrawal, payout.status)
    ours = {
        "received": withdrawal.received,
        "fee": withdrawal.fee,
        "to": withdrawal.email.casefold(),
        "reference": withdrawal.reference,
    }
    theirs = {
        "received": payout.net_amount,
        "fee": payout.fee,
        "to": payout.recipient_email.casefold(),
        "reference": payout.reference,
    }
    if ours == theirs:
        return Agreement(subject=withdrawal.pk)
    taken = (withdrawal.received or 0) + (withdrawal.fee or 0)
    gap = taken - payout.net_amount - payout.fee
    return _difference(
        "payout_differs",
        withdrawal,
        ours,
        theirs,
        amount=abs(gap) or withdrawal.amount,
        proposal=Proposal.ADJUST if gap or ours["to"] != theirs["to"] else Proposal.IGNORE,
        gap=gap,
    )


def _settled_alone(withdrawal: Withdrawal, status: str) -> Compared:
    """RETURNED is settled by a deposit: that its payout has failed there is the same story."""
    if withdrawal.status == Status.RETURNED:
        return Agreement(subject=withdrawal.pk)
    gap = (withdrawal.received or 0) + (withdrawal.fee or 0)
    return _difference(
        "payout_settled_alone",
        withdrawal,
        {"status": withdrawal.status, "amount": withdrawal.amount},
        {"status": status},
        amount=withdrawal.amount,
        proposal=Proposal.ADJUST,
        gap=gap,
    )


def _behind(withdrawal: Withdrawal, payout: Payout) -> Difference:
    """Airtm says more than we do. What lives there that we gave up may yet be paid."""
    is_alive, is_paid = payout.status in _ALIVE, payout.status == _PAID
    kind = "payout_unposted" if is_paid else "payout_unsettled"
    return _difference(
        "payout_still_alive" if is_alive else kind,
        withdrawal,
        {"status": withdrawal.status, "amount": withdrawal.amount},
        {"status": payout.status, "amount": payout.amount},
        amount=payout.amount or withdrawal.amount,
        proposal=Proposal.WAIT if is_alive else Proposal.POST_MISSING,
        gap=-payout.amount if is_paid else 0,
    )


def _strange(kind: str, payout: Payout) -> Compared:
    """No withdrawal of ours asked for it; Airtm's own id tells it from others like it."""
    subject = payout.reference[:120]
    if payout.status not in _ALIVE | {_PAID}:
        return Agreement(subject=subject, story="Nothing was paid by it.")
    is_paid = payout.status == _PAID
    return Difference(
        kind=kind,
        subject=subject,
        trail=(payout.code or subject)[:120],
        expected={},
        observed={
            "reference": payout.reference,
            "code": payout.code,
            "to": payout.recipient_email,
            "status": payout.status,
            "amount": payout.amount,
        },
        amount=payout.amount,
        proposal=Proposal.ADJUST if is_paid else Proposal.WAIT,
        correction=Correction(AIRTM_FLOAT, -payout.amount if is_paid else 0),
    )


def _difference(
    kind: str,
    withdrawal: Withdrawal,
    ours: dict[str, Any],
    theirs: dict[str, Any],
    *,
    amount: int,
    proposal: str,
    gap: int,
) -> Difference:
    return Difference(
        kind=kind,
        subject=withdrawal.pk,
        trail=withdrawal.pk,
        expected=ours,
        observed=theirs,
        amount=amount,
        proposal=proposal,
        correction=Correction(AIRTM_FLOAT, gap),
        decides=KINDS,
    )
