"""Payouts: an enterprise pays an e-mail address; money waits where the recipient must act."""

import uuid
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from integrations.simulators.airtm import deposits, enterprises, people
from integrations.simulators.airtm.refusals import REASONS, AirtmRefusal
from integrations.simulators.airtm.steps import announce, step
from integrations.simulators.models import AirtmEnterprise, AirtmPayout, AirtmPerson
from ledger import clock

Status = AirtmPayout.Status

UNDELIVERABLE = "415073"
ENDED = {Status.COMPLETED, Status.CANCELED, Status.FAILED}
WAITS = {Status.PENDING, Status.PENDING_USER_ACTION, Status.BRIDGE_USER_SIGNUP_PENDING}
BARRED = {
    AirtmPerson.Standing.INACTIVE: "415009",
    AirtmPerson.Standing.BANNED: "415010",
    AirtmPerson.Standing.RESTRICTED: "415061",
}


@transaction.atomic
def create(enterprise: AirtmEnterprise, *, body: dict[str, Any]) -> AirtmPayout:
    """An instruction; money moves when it is committed. Raises `AirtmRefusal`."""
    now, email = clock.now(), body["airtmUserEmail"]
    recipient = people.find(email=email)
    _require_payable(recipient)
    payout = AirtmPayout(
        enterprise=enterprise,
        code=body["code"],
        recipient_email=email,
        # An unknown address has an id too, the same one each time.
        recipient_id=recipient.id if recipient else uuid.uuid5(uuid.NAMESPACE_URL, email),
        gross_amount=body["amount"],
        enterprise_fee=body["enterpriseFee"],
        airtm_fee=enterprises.fee(enterprise, body["amount"]),
        notes=body["notes"],
        internal_note=body["internalNote"],
        require_id_verified=body["requireIdVerified"],
        created_at=now,
        updated_at=now,
    )
    if payout.amount - payout.airtm_fee <= 0:
        raise AirtmRefusal("415035")
    try:
        with transaction.atomic():
            payout.save(force_insert=True)
    except IntegrityError:
        raise AirtmRefusal("415056", code=body["code"]) from None
    announce(payout)
    return commit(payout.id) if body["commit"] else payout


@transaction.atomic
def commit(payout_id: UUID) -> AirtmPayout:
    """Debit the enterprise; deliver, or hold the money for the recipient. Raises `AirtmRefusal`."""
    payout = _locked(payout_id)
    if payout.status != Status.CREATED:
        raise AirtmRefusal("415027")
    recipient = people.find(email=payout.recipient_email)
    _require_payable(recipient)
    enterprises.move(payout.enterprise, available=-payout.amount, pending=payout.amount)
    step(payout, Status.COMMITTED)
    if recipient is None or not recipient.is_verified:
        step(payout, Status.PENDING)
    elif recipient.receives_at_once:
        _deliver(payout, recipient)
    return payout


@transaction.atomic
def complete(payout_id: UUID) -> AirtmPayout:
    """A payout under way reaches its recipient, who has acted. Raises `AirtmRefusal`."""
    payout = _under_way(payout_id)
    _deliver(payout, people.find(email=payout.recipient_email))
    return payout


@transaction.atomic
def fail(payout_id: UUID) -> AirtmPayout:
    """A payout under way cannot be delivered; the money comes back. Raises `AirtmRefusal`."""
    payout = _under_way(payout_id)
    enterprises.move(payout.enterprise, available=payout.amount, pending=-payout.amount)
    step(
        payout,
        Status.FAILED,
        reason_code=UNDELIVERABLE,
        reason_description=REASONS[UNDELIVERABLE][1],
    )
    return payout


@transaction.atomic
def cancel(payout_id: UUID) -> AirtmPayout:
    """Take back what was not committed, or still waits for its recipient. Raises `AirtmRefusal`."""
    payout = _locked(payout_id)
    if payout.status not in {Status.CREATED, *WAITS}:
        raise AirtmRefusal("415055")
    if payout.status in WAITS:
        enterprises.move(payout.enterprise, available=payout.amount, pending=-payout.amount)
    step(payout, Status.CANCELED)
    return payout


@transaction.atomic
def stand(payout_id: UUID, *, at: str) -> AirtmPayout:
    """A payout under way gets another of Airtm's words for that. Raises `AirtmRefusal`."""
    payout = _under_way(payout_id)
    if at in ENDED or at == Status.CREATED or at not in Status.values:
        raise AirtmRefusal("415901", field="status")
    step(payout, at)
    return payout


@transaction.atomic
def refund(payout_id: UUID) -> AirtmPayout:
    """A completed payout comes back, as a deposit that names it; its status stays as it was.

    Raises `AirtmRefusal`.
    """
    payout = _completed(payout_id)
    _come_back(payout, named=payout.id)
    return payout


@transaction.atomic
def refund_unnamed(payout_id: UUID) -> AirtmPayout:
    """The same, and the deposit does not say of which payout. Raises `AirtmRefusal`."""
    payout = _completed(payout_id)
    _come_back(payout, named=None)
    return payout


@transaction.atomic
def bounce(payout_id: UUID) -> AirtmPayout:
    """A completed payout fails at the last rail: FAILED after all. Raises `AirtmRefusal`."""
    payout = _completed(payout_id)
    _come_back(payout, named=payout.id)
    reason = REASONS[UNDELIVERABLE][1]
    step(payout, Status.FAILED, reason_code=UNDELIVERABLE, reason_description=reason)
    return payout


def _come_back(payout: AirtmPayout, *, named: UUID | None) -> None:
    deposits.record(
        payout.enterprise, type=deposits.Type.REFUNDED, amount=payout.amount, payout=named
    )


def _completed(payout_id: UUID) -> AirtmPayout:
    payout = _locked(payout_id)
    if payout.status != Status.COMPLETED:
        raise AirtmRefusal("415903", status=payout.status)
    return payout


def _deliver(payout: AirtmPayout, recipient: AirtmPerson | None) -> None:
    enterprises.move(payout.enterprise, available=Decimal(0), pending=-payout.amount)
    if recipient is not None:
        AirtmPerson.objects.filter(pk=recipient.pk).update(
            balance=F("balance") + payout.amount - payout.airtm_fee
        )
    step(payout, Status.COMPLETED)


def _locked(payout_id: UUID) -> AirtmPayout:
    rows = AirtmPayout.objects.select_for_update(of=("self",)).select_related("enterprise")
    payout = rows.filter(id=payout_id).first()
    if payout is None:
        raise AirtmRefusal("415005")
    payout.enterprise = enterprises.locked(payout.enterprise)
    return payout


def _under_way(payout_id: UUID) -> AirtmPayout:
    payout = _locked(payout_id)
    if payout.status == Status.CREATED or payout.status in ENDED:
        raise AirtmRefusal("415903", status=payout.status)
    return payout


def _require_payable(recipient: AirtmPerson | None) -> None:
    if recipient is not None and recipient.standing in BARRED:
        raise AirtmRefusal(BARRED[AirtmPerson.Standing(recipient.standing)])
