"""How Airtm shows its things: the objects of its schema, optional members absent when empty."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from integrations.simulators.models import (
    AirtmDeposit,
    AirtmEnterprise,
    AirtmPayin,
    AirtmPayout,
    AirtmPerson,
    AirtmTransition,
)

CENT = Decimal("0.01")


def me(enterprise: AirtmEnterprise) -> dict[str, Any]:
    return {
        "id": str(enterprise.id),
        "cancelPendingPayoutsAfterDays": enterprise.cancel_pending_payouts_after_days,
        "payoutRequireIdVerification": enterprise.payout_require_id_verification,
    }


def balance(enterprise: AirtmEnterprise) -> dict[str, Any]:
    return {"available": _dollars(enterprise.available), "pending": _dollars(enterprise.pending)}


def person(person: AirtmPerson) -> dict[str, Any]:
    barred = person.standing in {AirtmPerson.Standing.INACTIVE, AirtmPerson.Standing.BANNED}
    return {
        "id": str(person.id),
        "status": "inactive" if barred else "active",
        "primaryEmail": True,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "country": person.country,
        "isVerified": person.is_verified,
    }


def payin(payin: AirtmPayin) -> dict[str, Any]:
    payer = payin.payer
    return _present(
        {
            "id": str(payin.id),
            "code": payin.code,
            "hash": _short_hash(payin),
            "status": payin.status,
            "amount": _dollars(payin.amount),
            "netAmount": _dollars(payin.amount - payin.airtm_fee),
            "airtmFee": _dollars(payin.airtm_fee),
            "description": payin.description,
            "items": [_item(payin, item) for item in payin.items],
            "airtmUserId": str(payer.id) if payer else None,
            "airtmUserEmail": payer.email if payer else None,
            "failureReason": payin.failure_reason or None,
            "confirmationUri": payin.confirmation_uri,
            "cancelUri": payin.cancel_uri,
            "createdAt": _moment(payin.created_at),
            "updatedAt": _moment(payin.updated_at),
        }
    )


def payout(payout: AirtmPayout) -> dict[str, Any]:
    return _present(
        {
            "id": str(payout.id),
            "code": payout.code,
            "hash": _short_hash(payout),
            "airtmUserId": str(payout.recipient_id),
            "airtmUserEmail": payout.recipient_email,
            "requireIdVerified": payout.require_id_verified,
            "notes": payout.notes,
            "internalNote": payout.internal_note or None,
            "status": payout.status,
            "grossAmount": _dollars(payout.gross_amount),
            "amount": _dollars(payout.amount),
            "netAmount": _dollars(payout.amount - payout.airtm_fee),
            "airtmFee": _dollars(payout.airtm_fee),
            "enterpriseFee": _dollars(payout.enterprise_fee),
            "reasonCode": payout.reason_code or None,
            "reasonDescription": payout.reason_description or None,
            "createdAt": _moment(payout.created_at),
            "updatedAt": _moment(payout.updated_at),
        }
    )


def transition(step: AirtmTransition) -> dict[str, Any]:
    return {
        "id": str(step.id),
        "userId": str(step.enterprise_id),
        "operationId": str(step.operation_id),
        "operationType": step.operation_type,
        "eventType": "STATUS_CHANGED",
        "previousStatus": step.previous_status,
        "newStatus": step.new_status,
        "metadata": {},
        "availableBalance": _dollars(step.available),
        "pendingBalance": _dollars(step.pending),
        "createdAt": _moment(step.happened_at),
        "updatedAt": _moment(step.happened_at),
    }


def deposit(deposit: AirtmDeposit) -> dict[str, Any]:
    return _present(
        {
            "id": str(deposit.id),
            "bridgeTransactionId": str(deposit.number),
            "amount": _dollars(deposit.amount),
            "availableBalance": _dollars(deposit.available),
            "currency": "USDC",
            "type": deposit.type,
            "enterpriseUserId": str(deposit.enterprise_id),
            "name": deposit.name,
            "refundedPayoutId": str(deposit.refunded_payout) if deposit.refunded_payout else None,
            "createdAt": _moment(deposit.created_at),
            "updatedAt": _moment(deposit.created_at),
        }
    )


def _item(payin: AirtmPayin, item: dict[str, str]) -> dict[str, Any]:
    return {
        "id": item["id"],
        "payinId": str(payin.id),
        "description": item["description"],
        "amount": Decimal(item["amount"]),
        "quantity": Decimal(item["quantity"]),
    }


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _dollars(amount: Decimal) -> Decimal:
    return Decimal(amount).quantize(CENT)


def _short_hash(operation: AirtmPayin | AirtmPayout) -> str:
    return operation.id.hex[:6].upper()


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
