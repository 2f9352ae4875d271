"""What became of a payment: where Airtm shows a payin, and whose the money is that arrived."""

from datetime import datetime
from typing import Any

from integrations.marketplaces import users
from integrations.marketplaces.models import Bearer, Marketplace, Payer
from integrations.providers.answers import AIRTM, CODE_TAKEN, Declined
from integrations.providers.models import AirtmLink
from integrations.providers.ports import Payin, PayinStatus
from ledger import clock
from ledger.findings import find, was_settled
from payments import postings
from payments.models import TopUp

_Status = TopUp.Status
_UNDONE = {PayinStatus.FAILED, PayinStatus.CANCELED}
_NOT_OVER = {PayinStatus.AWAITING_USER_CONFIRMATION, PayinStatus.PROCESSING}


def follow(topup: TopUp, payin: Payin) -> None:
    """Move to where the payin stands; an answer that leads nowhere from here changes nothing."""
    if topup.status == _Status.SUCCEEDED and payin.status in _UNDONE:
        _undone(topup, payin)
    elif payin.status == PayinStatus.SUCCEEDED and topup.status != _Status.SUCCEEDED:
        _credit(topup, payin)
    elif topup.status == _Status.CREATED and payin.amount != topup.amount:
        refused(topup, Declined(CODE_TAKEN, "another payin has this top-up's code"))
    elif _leads_on(topup, payin):
        topup.advance(_status(topup, payin), by=AIRTM, **_facts(payin))


def refused(topup: TopUp, answer: Declined) -> None:
    """Airtm will not ask anybody for this payment."""
    if topup.status != _Status.CREATED:
        return  # it was heard of in the meantime, and what Airtm shows counts
    topup.advance(_Status.FAILED, by=AIRTM, failure_code=answer.code, failure=answer.message)
    if answer.code == CODE_TAKEN:
        _find(topup, "topup_code_taken", {"message": answer.message})


def stays_open(topup: TopUp) -> None:
    """Airtm will not close the page: it is open still – or past its time, when nobody can pay."""
    if clock.now() >= deadline(topup):
        topup.advance(_Status.EXPIRED, by=AIRTM)
    elif topup.status == _Status.CANCELING:
        topup.advance(_Status.AWAITING_USER_CONFIRMATION, by=AIRTM)


def deadline(topup: TopUp) -> datetime:
    return topup.expires_at or topup.created_at + TopUp.PAYABLE_FOR


def _leads_on(topup: TopUp, payin: Payin) -> bool:
    """While we want the page closed, that it is open still is no news."""
    if payin.status == PayinStatus.UNKNOWN:
        return False
    if topup.status == _Status.CANCELING and payin.status in _NOT_OVER:
        return False
    return payin.status in topup.TRANSITIONS[topup.status]


def _status(topup: TopUp, payin: Payin) -> str:
    """What was closed because its time was over has expired."""
    is_late = topup.status != _Status.CANCELING and clock.now() >= deadline(topup)
    return _Status.EXPIRED if is_late and payin.status == PayinStatus.CANCELED else payin.status


def _facts(payin: Payin) -> dict[str, Any]:
    return {
        "reference": payin.reference,
        "confirmation_url": payin.confirmation_url,
        "payer_email": payin.payer_email,
        "failure_code": "PAYMENT_FAILED" if payin.status == PayinStatus.FAILED else "",
        "failure": payin.reason,
    }


def _credit(topup: TopUp, payin: Payin) -> None:
    """The user's – unless it is not what was asked for, or was paid by a stranger and is held."""
    topup.advance(
        _Status.SUCCEEDED, by=AIRTM, received=payin.net_amount, fee=payin.fee, **_facts(payin)
    )
    marketplace = Marketplace.objects.get(book_id=topup.book_id)
    is_foreign = _is_foreign(topup, payin)
    if is_foreign:
        _find(topup, "topup_paid_by_another", {"payer": payin.payer_email})
    if payin.amount != topup.amount or payin.net_amount + payin.fee != payin.amount:
        observed = {"amount": payin.amount, "net": payin.net_amount, "fee": payin.fee}
        _find(topup, "topup_amount_differs", observed)
        _keep(topup, payin)
    elif is_foreign and marketplace.foreign_payer == Payer.HOLD:
        _keep(topup, payin)
    else:
        _post(topup, payin, bearer=marketplace.topup_fee_bearer)


def _post(topup: TopUp, payin: Payin, *, bearer: str) -> None:
    if payin.net_amount or bearer == Bearer.PLATFORM:
        postings.topup_confirmed(topup, payin, fee_bearer=bearer, by=AIRTM)
    else:
        _find(topup, "topup_eaten_by_its_fee", {"fee": payin.fee})


def _keep(topup: TopUp, payin: Payin) -> None:
    """It arrived, and whose it is has to be decided."""
    if payin.net_amount:
        postings.topup_unattributed(topup, payin, by=AIRTM)


def _undone(topup: TopUp, payin: Payin) -> None:
    """Final means final at Airtm; where it was not, nobody spends until somebody has looked."""
    kind, observed = "succeeded_topup_undone", {"status": payin.status, "amount": payin.amount}
    if not was_settled(**_case(topup, kind, observed)):
        users.freeze(topup.user_id)
        _find(topup, kind, observed)


def _is_foreign(topup: TopUp, payin: Payin) -> bool:
    """Whether somebody else than the linked person has paid, as far as Airtm says who did."""
    link = AirtmLink.objects.of(topup.book_id).filter(holder=topup.user_id).first()
    if link is not None and link.reference and payin.payer_reference:
        return bool(link.reference != payin.payer_reference)
    email = link.email if link is not None else ""
    return bool(payin.payer_email) and payin.payer_email.casefold() != email.casefold()


def _find(topup: TopUp, kind: str, observed: dict[str, Any]) -> None:
    find(**_case(topup, kind, observed), trail=topup.id, amount=topup.amount)


def _case(topup: TopUp, kind: str, observed: dict[str, Any]) -> dict[str, Any]:
    """What makes it the same finding."""
    return {
        "book": topup.book_id,
        "kind": kind,
        "subject": topup.id,
        "expected": {"amount": topup.amount, "status": topup.status},
        "observed": observed,
    }
