"""Payins: a person pays an enterprise, after confirming it on the hosted page."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from integrations.simulators.airtm import enterprises, people
from integrations.simulators.airtm.refusals import AirtmRefusal
from integrations.simulators.airtm.steps import announce, step
from integrations.simulators.models import AirtmEnterprise, AirtmPayin, AirtmPerson
from ledger import clock

Status = AirtmPayin.Status

PAYABLE_FOR = timedelta(days=15)  # by the product's clock
OPEN = {Status.CREATED, Status.PROCESSING}


@transaction.atomic
def create(enterprise: AirtmEnterprise, *, body: dict[str, Any]) -> AirtmPayin:
    """A page at which somebody may pay. Raises `AirtmRefusal`."""
    now = clock.now()
    payin = AirtmPayin(
        enterprise=enterprise,
        code=body["code"],
        amount=body["amount"],
        airtm_fee=enterprises.fee(enterprise, body["amount"]),
        description=body["description"],
        items=[_item(item) for item in body["items"]],
        confirmation_uri=body["confirmationUri"],
        cancel_uri=body["cancelUri"],
        created_at=now,
        updated_at=now,
    )
    try:
        with transaction.atomic():
            payin.save(force_insert=True)
    except IntegrityError:
        raise AirtmRefusal("415029", code=body["code"]) from None
    announce(payin)
    return payin


@transaction.atomic
def confirm(payin_id: UUID, *, email: str) -> AirtmPayin:
    """The person with this address pays. Raises `AirtmRefusal`."""
    payin = _open_payin(payin_id)
    # The enterprise is locked before the person, here as for payouts: never in a circle.
    payin.enterprise = enterprises.locked(payin.enterprise)
    payer = AirtmPerson.objects.select_for_update().get(pk=people.named(email=email).pk)
    _require_payer(payer, payin)
    payer.balance -= payin.amount
    payer.save(update_fields=["balance"])
    net_amount = payin.amount - payin.airtm_fee
    enterprises.move(payin.enterprise, available=net_amount, pending=Decimal(0))
    step(payin, Status.CONFIRMED, payer=payer)
    return payin


@transaction.atomic
def begin(payin_id: UUID) -> AirtmPayin:
    """The person has paid, and the payment takes its time. Raises `AirtmRefusal`."""
    payin = _open_payin(payin_id)
    step(payin, Status.PROCESSING)
    return payin


@transaction.atomic
def cancel(payin_id: UUID) -> AirtmPayin:
    """The enterprise takes it back, or the person declines. Raises `AirtmRefusal`."""
    payin = _open_payin(payin_id)
    if payin.status == Status.PROCESSING:
        raise AirtmRefusal("415030")
    step(payin, Status.CANCELED)
    return payin


@transaction.atomic
def fail(payin_id: UUID, *, reason: str = "The payment could not be completed") -> AirtmPayin:
    """The payment does not work out. Raises `AirtmRefusal`."""
    payin = _open_payin(payin_id)
    step(payin, Status.FAILED, failure_reason=reason)
    return payin


@transaction.atomic
def expire(payin_id: UUID) -> AirtmPayin:
    """Nobody has paid in time, and Airtm closes it. Raises `AirtmRefusal`."""
    payin = _open_payin(payin_id)
    step(payin, Status.CANCELED, failure_reason="expired")
    return payin


@transaction.atomic
def undo(payin_id: UUID) -> AirtmPayin:
    """What was confirmed turns out not to be: the money is taken back. Raises `AirtmRefusal`."""
    payin = _locked(payin_id)
    if payin.status != Status.CONFIRMED:
        raise AirtmRefusal("415903", status=payin.status)
    payin.enterprise = enterprises.locked(payin.enterprise)
    net_amount = payin.amount - payin.airtm_fee
    enterprises.move(payin.enterprise, available=-net_amount, pending=Decimal(0))
    step(payin, Status.FAILED, failure_reason="The payment was reversed")
    return payin


@transaction.atomic
def double(payin_id: UUID) -> AirtmPayin:
    """The payer is charged once more, by a payin with the same code. Raises `AirtmRefusal`."""
    payin = _locked(payin_id)
    if payin.status != Status.CONFIRMED or payin.payer is None:
        raise AirtmRefusal("415903", status=payin.status)
    payin.number, payin.id, payin.is_double = None, uuid.uuid4(), True
    payin.status, payin.created_at = Status.CREATED, clock.now()
    payin.save(force_insert=True)
    return confirm(payin.id, email=payin.payer.email)


def _open_payin(payin_id: UUID) -> AirtmPayin:
    payin = _locked(payin_id)
    if payin.status == Status.CONFIRMED:
        raise AirtmRefusal("415032")
    if payin.status not in OPEN or clock.now() >= payin.created_at + PAYABLE_FOR:
        raise AirtmRefusal("415030")
    return payin


def _locked(payin_id: UUID) -> AirtmPayin:
    rows = AirtmPayin.objects.select_for_update(of=("self",)).select_related("enterprise")
    payin = rows.filter(id=payin_id).first()
    if payin is None:
        raise AirtmRefusal("415031")
    return payin


def _require_payer(payer: AirtmPerson, payin: AirtmPayin) -> None:
    if payer.country == "USA":
        raise AirtmRefusal("415053")
    if payer.standing != AirtmPerson.Standing.ACTIVE or not payer.is_verified:
        raise AirtmRefusal("415030")
    if payer.balance < payin.amount:
        raise AirtmRefusal("415034")


def _item(item: dict[str, Any]) -> dict[str, str]:
    return {
        "id": str(uuid.uuid4()),
        "description": item["description"],
        "amount": str(item["amount"]),
        "quantity": str(item["quantity"]),
    }
