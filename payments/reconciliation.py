"""Reconciliation of top-ups: ours against Airtm's list of payins, and that list against ours.

    Airtm shows \\ we say    under way            SUCCEEDED             FAILED, CANCELED, EXPIRED
    paid                     payin_unposted       the same, or          payin_unposted
                                                  topup_differs
    not paid, at an end      topup_unsettled      topup_settled_alone   agreed
    open                     agreed               topup_settled_alone   agreed
    nothing                  (the sweep asks)     topup_settled_alone   agreed

A payin that nobody asked for is `payin_unknown`, a second one for the same top-up `payin_doubled`.
What differs is read a second time, both sides, before it is told; what changed at Airtm only just
now is under way. `gap` says by how much Airtm's balance is larger than `airtm_float` for it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from integrations.providers import directory, listing
from integrations.providers.answers import NOT_FOUND, Answer, Declined, Done, StillUnclear
from integrations.providers.ports import Payin, PayinStatus
from ledger import clock
from ledger.models import Proposal
from ledger.reconciling import Agreement, Compared, Difference, Unread, Waiting, Window
from payments.models import TopUp

PATIENCE = timedelta(minutes=5)  # with a webhook, and with the looks that make up for a lost one

Status = TopUp.Status
_PAID = PayinStatus.SUCCEEDED
_ENDED = {PayinStatus.FAILED, PayinStatus.CANCELED}
_UNDER_WAY = {
    Status.CREATED,
    Status.AWAITING_USER_CONFIRMATION,
    Status.PROCESSING,
    Status.CANCELING,
}


def topups(book: int, window: Window) -> Iterator[Compared]:
    """Both lists of a book, and the named subjects."""
    try:
        theirs = _listed(book, window)
    except StillUnclear as unclear:
        yield Unread(subject="payins", why=str(unclear))
        return
    except directory.NotConfigured:
        return
    ours = _ours(book, window, {payin.code for payin in theirs})
    yield from _against_ours(theirs, ours)
    seen = {payin.code for payin in theirs}
    for topup in ours.values():
        if topup.pk not in seen:
            yield _looked_up(topup)
    for subject in window.subjects - seen - set(ours) - {payin.reference for payin in theirs}:
        yield Unread(subject=subject, why="older than the period, and no top-up of ours")


def _listed(book: int, window: Window) -> list[Payin]:
    """The payins of the period, and those of which a finding is open; the oldest first."""
    if not window.is_period:
        return []
    port = directory.payins(book, trail="reconciliation")
    back_to = window.since - TopUp.PAYABLE_FOR if window.since else None
    read = listing.read(lambda page: port.payins(page=page), back_to=back_to)
    found = [payin for payin in read if _concerns(payin, window)]
    return found[::-1]


def _concerns(payin: Payin, window: Window) -> bool:
    if payin.code in window.subjects or payin.reference in window.subjects:
        return True
    dates = (payin.created_at, payin.changed_at)
    return any(date is not None and window.covers(date) for date in dates)


def _ours(book: int, window: Window, codes: set[str]) -> dict[str, TopUp]:
    """Read after theirs, so that what is credited in between agrees."""
    named = Q(pk__in=codes | window.subjects)
    period = Q(status_since__lt=window.until)
    if window.since:
        period &= Q(status_since__gte=window.since)
    rows = TopUp.objects.of(book).filter(named | period if window.is_period else named)
    return {str(topup.pk): topup for topup in rows.order_by("pk")}


def _against_ours(theirs: Iterable[Payin], ours: dict[str, TopUp]) -> Iterator[Compared]:
    first: dict[str, Payin] = {}
    for payin in theirs:
        topup = ours.get(payin.code)
        if topup is None:
            yield _unknown(payin)
        elif first.setdefault(payin.code, payin) is not payin:
            yield _doubled(topup, payin)
        else:
            yield _believed(topup, payin)


def _believed(topup: TopUp, payin: Payin) -> Compared:
    """As the list says, or, where that differs, as a second look at both says."""
    compared = _compared(topup, payin)
    if not isinstance(compared, Difference):
        return compared
    return _looked_up(TopUp.across_books.get(pk=topup.pk))


def _looked_up(topup: TopUp) -> Compared:
    if topup.asked_at is None and topup.status != Status.SUCCEEDED:
        return Agreement(subject=topup.pk, story="Airtm was never asked for it.")
    port = directory.payins(topup.book_id, trail=topup.pk)
    answer: Answer[Payin] = listing.patiently(lambda: port.look_up(code=topup.pk))
    match answer:
        case Done(payin):
            return _compared(topup, payin)
        case Declined(code, _) if code == NOT_FOUND:
            return _missing(topup)
        case _:
            return Unread(subject=topup.pk, why=str(answer))


def _missing(topup: TopUp) -> Compared:
    if topup.status == Status.SUCCEEDED:
        return _settled_alone(topup, "NOT_FOUND")
    if topup.status in _UNDER_WAY:
        return Waiting(subject=topup.pk, why="Airtm has not been reached with it yet.")
    return Agreement(subject=topup.pk)


def _compared(topup: TopUp, payin: Payin) -> Compared:
    if topup.status == Status.SUCCEEDED:
        return _paid_here(topup, payin)
    if payin.status == _PAID:
        return _unposted(topup, payin)
    if payin.status in _ENDED and topup.status in _UNDER_WAY:
        return _unsettled(topup, payin)
    return Agreement(subject=topup.pk)


def _paid_here(topup: TopUp, payin: Payin) -> Compared:
    if payin.status != _PAID:
        return _settled_alone(topup, payin.status)
    ours = {"received": topup.received, "fee": topup.fee, "reference": topup.reference}
    theirs = {"received": payin.net_amount, "fee": payin.fee, "reference": payin.reference}
    if ours == theirs:
        return Agreement(subject=topup.pk)
    gap = payin.net_amount - (topup.received or 0)
    return _differs("topup_differs", topup, ours, theirs, gap=gap, proposal=Proposal.ADJUST)


def _settled_alone(topup: TopUp, status: str) -> Difference:
    ours = {"status": topup.status, "received": topup.received}
    gap = -(topup.received or 0)
    theirs = {"status": status}
    return _differs("topup_settled_alone", topup, ours, theirs, gap=gap, proposal=Proposal.ADJUST)


def _unposted(topup: TopUp, payin: Payin) -> Compared:
    if _is_young(payin.changed_at):
        return Waiting(subject=topup.pk, why="Airtm was paid just now.")
    return Difference(
        kind="payin_unposted",
        subject=topup.pk,
        trail=topup.pk,
        expected={"status": topup.status, "amount": topup.amount},
        observed={"status": payin.status, "amount": payin.amount, "net": payin.net_amount},
        amount=payin.net_amount,
        proposal=Proposal.POST_MISSING,
    )


def _unsettled(topup: TopUp, payin: Payin) -> Compared:
    if _is_young(payin.changed_at):
        return Waiting(subject=topup.pk, why="It ended at Airtm just now.")
    return Difference(
        kind="topup_unsettled",
        subject=topup.pk,
        trail=topup.pk,
        expected={"status": topup.status},
        observed={"status": payin.status},
        amount=topup.amount,
        proposal=Proposal.POST_MISSING,
    )


def _unknown(payin: Payin) -> Compared:
    subject = payin.code or payin.reference
    if payin.status != _PAID:
        return Agreement(subject=subject, story="Nobody has paid it.")
    return _strange("payin_unknown", payin, subject=subject)


def _doubled(topup: TopUp, payin: Payin) -> Compared:
    if payin.status != _PAID:
        return Agreement(subject=payin.reference, story="Nobody has paid it.")
    return _strange("payin_doubled", payin, subject=payin.reference, trail=topup.pk)


def _strange(kind: str, payin: Payin, *, subject: str, trail: str = "") -> Difference:
    return Difference(
        kind=kind,
        subject=subject,
        trail=trail or subject,
        expected={},
        observed={
            "reference": payin.reference,
            "code": payin.code,
            "payer": payin.payer_email,
            "amount": payin.amount,
            "gap": payin.net_amount,
        },
        amount=payin.net_amount,
        proposal=Proposal.ADJUST,
    )


def _differs(
    kind: str,
    topup: TopUp,
    ours: dict[str, object],
    theirs: dict[str, object],
    *,
    gap: int,
    proposal: str,
) -> Difference:
    return Difference(
        kind=kind,
        subject=topup.pk,
        trail=topup.pk,
        expected=ours,
        observed={**theirs, "gap": gap},
        amount=abs(gap) or topup.amount,
        proposal=proposal,
    )


def _is_young(changed_at: datetime | None) -> bool:
    return changed_at is not None and changed_at > clock.now() - PATIENCE
