"""Reconciliation of top-ups: ours against Airtm's list of payins, and that list against ours.

    Airtm shows \\ we say    under way            SUCCEEDED             FAILED, CANCELED, EXPIRED
    paid                     payin_unposted       the same, or          payin_unposted
                                                  topup_differs
    at an end, not paid      topup_unsettled      topup_settled_alone   agreed
    open                     agreed               topup_settled_alone   agreed
    nothing                  (the sweep asks)     topup_settled_alone   agreed

A payin that nobody asked for is `payin_unknown`, a second one for the same top-up `payin_doubled`.
What differs is read a second time, both sides, before it is told; what changed at Airtm only just
now is under way. The correction says by how much Airtm's balance is larger than
`airtm_float` because of it.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from integrations.providers import directory, listing
from integrations.providers.answers import NOT_FOUND, Answer, Declined, Done, StillUnclear
from integrations.providers.ports import Payin, PayinStatus
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
from ledger.models import Proposal
from payments.models import TopUp

KINDS = frozenset({"payin_unposted", "topup_unsettled", "topup_differs", "topup_settled_alone"})

Status = TopUp.Status
_PAID = PayinStatus.SUCCEEDED
_ENDED = {PayinStatus.FAILED, PayinStatus.CANCELED}
_UNDER_WAY = set(TopUp.STANDS_AT_MOST)


def topups(book: int, window: Window) -> Iterator[Compared]:
    """Both lists of a book, and the named subjects."""
    try:
        port = directory.payins(book, trail="reconciliation")
        theirs = listing.of(window, lambda page: port.payins(page=page), living=TopUp.PAYABLE_FOR)
    except directory.NotConfigured:
        return
    except StillUnclear as unclear:
        yield Unread(subject="payins", why=str(unclear))
        return
    # Ours are read after theirs, so that what is credited in between agrees.
    codes = {payin.code for payin in theirs}
    ours = listing.ours(TopUp.objects.of(book), window, codes)
    yield from _against_ours(theirs, ours)
    for topup in ours.values():
        if topup.pk not in codes:
            yield _unlisted(topup)


def overdue(book: int, window: Window) -> Iterator[Compared]:
    """Top-ups to which Airtm has owed an answer for too long."""
    yield from late.among(TopUp, book, window, proposal=Proposal.POST_MISSING)


def under_way(book: int) -> Iterator[tuple[str, int, int]]:
    """What of top-ups Airtm may hold and our books do not yet: subject, at least, at most.

    Raises `StillUnclear`.
    """
    rows = TopUp.objects.of(book).filter(status__in=_UNDER_WAY, asked_at__isnull=False)
    if not rows:
        return
    port, oldest = directory.payins(book, trail="reconciliation"), rows.earliest("created_at")
    read = listing.read(lambda page: port.payins(page=page), back_to=oldest.created_at)
    theirs = {payin.code: payin for payin in read}  # the oldest of each code
    for topup in rows.order_by("pk"):
        payin = theirs.get(topup.pk)
        if payin is not None and payin.status == _PAID:
            yield topup.pk, payin.net_amount, payin.net_amount


def compared(topup: TopUp, payin: Payin) -> Compared:
    """One topup against what Airtm shows of it; pure but for what our books hold."""
    if topup.status == Status.SUCCEEDED:
        return _paid_here(topup, payin)
    is_news = payin.status == _PAID or (payin.status in _ENDED and topup.status in _UNDER_WAY)
    if not is_news:
        return Agreement(subject=topup.pk)
    if listing.is_young(payin):
        return Waiting(subject=topup.pk, why=f"{payin.status} at Airtm only just now.")
    return _behind(topup, payin)


def _against_ours(theirs: Iterable[Payin], ours: dict[str, TopUp]) -> Iterator[Compared]:
    first: dict[str, Payin] = {}
    for payin in theirs:
        topup = ours.get(payin.code)
        if topup is None:
            yield _strange("payin_unknown", payin, trail=payin.code)
        elif first.setdefault(payin.code, payin) is not payin:
            yield _strange("payin_doubled", payin, trail=topup.pk)
        else:
            yield _believed(topup, payin)


def _believed(topup: TopUp, payin: Payin) -> Compared:
    """As the list says, or, where that differs, as a second look at both says."""
    seen = compared(topup, payin)
    if not isinstance(seen, Difference):
        return seen
    return _looked_up(TopUp.across_books.get(pk=topup.pk))


def _unlisted(topup: TopUp) -> Compared:
    if topup.asked_at is None and topup.status != Status.SUCCEEDED:
        return Agreement(subject=topup.pk, story="Airtm was never asked for it.")
    return _looked_up(topup)


def _looked_up(topup: TopUp) -> Compared:
    match answer := _answer(topup):
        case Done(payin):
            return compared(topup, payin)
        case Declined(code, _) if code == NOT_FOUND:
            return _missing(topup)
        case _:
            return Unread(subject=topup.pk, why=str(answer))


def _answer(topup: TopUp) -> Answer[Payin]:
    port = directory.payins(topup.book_id, trail=topup.pk)
    return listing.patiently(partial(port.look_up, code=topup.pk))


def _missing(topup: TopUp) -> Compared:
    if topup.status == Status.SUCCEEDED:
        return _settled_alone(topup, "NOT_FOUND")
    if topup.status in _UNDER_WAY:
        return Waiting(subject=topup.pk, why="Airtm does not know of it yet.")
    return Agreement(subject=topup.pk)


def _paid_here(topup: TopUp, payin: Payin) -> Compared:
    if payin.status != _PAID:
        return _settled_alone(topup, payin.status)
    ours = {"received": topup.received, "fee": topup.fee, "reference": topup.reference}
    theirs = {"received": payin.net_amount, "fee": payin.fee, "reference": payin.reference}
    if ours == theirs:
        return Agreement(subject=topup.pk)
    return _differs("topup_differs", topup, ours, theirs, payin.net_amount - (topup.received or 0))


def _settled_alone(topup: TopUp, status: str) -> Difference:
    ours = {"status": topup.status, "received": topup.received}
    gap = -(topup.received or 0)
    return _differs("topup_settled_alone", topup, ours, {"status": status}, gap)


def _differs(
    kind: str, topup: TopUp, ours: dict[str, Any], theirs: dict[str, Any], gap: int
) -> Difference:
    return Difference(
        kind=kind,
        subject=topup.pk,
        trail=topup.pk,
        expected=ours,
        observed=theirs,
        amount=abs(gap) or topup.amount,
        proposal=Proposal.ADJUST if gap else Proposal.IGNORE,
        correction=Correction(AIRTM_FLOAT, gap),
        decides=KINDS,
    )


def _behind(topup: TopUp, payin: Payin) -> Difference:
    """Airtm says more than we do."""
    is_paid = payin.status == _PAID
    gap = payin.net_amount if is_paid else 0
    return Difference(
        kind="payin_unposted" if is_paid else "topup_unsettled",
        subject=topup.pk,
        trail=topup.pk,
        expected={"status": topup.status, "amount": topup.amount},
        observed={"status": payin.status, "amount": payin.amount},
        amount=gap or topup.amount,
        proposal=Proposal.POST_MISSING,
        correction=Correction(AIRTM_FLOAT, gap),
        decides=KINDS,
    )


def _strange(kind: str, payin: Payin, *, trail: str) -> Compared:
    """Paid, and no top-up of ours asked for it; Airtm's own id tells it from others like it."""
    subject = payin.reference[:120]
    if payin.status != _PAID:
        return Agreement(subject=subject, story="Nobody has paid it.")
    return Difference(
        kind=kind,
        subject=subject,
        trail=trail[:120] or subject,
        expected={},
        observed={
            "reference": payin.reference,
            "code": payin.code,
            "payer": payin.payer_email,
            "amount": payin.amount,
        },
        amount=payin.net_amount,
        proposal=Proposal.ADJUST,
        correction=Correction(AIRTM_FLOAT, payin.net_amount),
    )
