"""The read model: what the API tells about escrows, which may lag behind the chain."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from stellar_sdk import scval

from integrations.providers.stellar.networks import network
from integrations.simulators import faults
from integrations.simulators.models import (
    StellarContract,
    StellarOperation,
    StellarTokenBalance,
    StellarTransaction,
    TrustlessWorkBacklog,
    TrustlessWorkEscrow,
)
from integrations.simulators.stellar import ledgers
from integrations.simulators.trustlesswork import terms
from integrations.simulators.trustlesswork.terms import Escrow, Milestone
from ledger import clock

# The contract's names of the roles, and the API's.
ROLES = {
    "approver": "approver",
    "service_provider": "serviceProvider",
    "platform_address": "platformAddress",
    "release_signer": "releaseSigner",
    "dispute_resolver": "disputeResolver",
    "receiver": "receiver",
}


def catch_up(transaction: StellarTransaction) -> None:
    """Read the escrows that a transaction touched: at once, or after the read model's lag."""
    touched = _contracts_in(transaction)
    due_at = clock.now() + _lag()
    for contract in touched:
        TrustlessWorkBacklog.objects.create(contract_id=contract.address, due_at=due_at)
    _work_off()


def is_indexed(contract: StellarContract) -> bool:
    """Whether the API knows of a contract already: it builds nothing for one that it does not."""
    _work_off()
    told = TrustlessWorkEscrow.objects.filter(contract_id=contract.address).exists()
    return told or contract.created_at + _lag() <= clock.now() or not _lag()


def transaction_of(tx_hash: str) -> StellarTransaction | None:
    found = StellarTransaction.objects.filter(Q(hash=tx_hash) | Q(inner_hash=tx_hash))
    return found.filter(successful=True).first()


def known(contract_ids: Sequence[str]) -> list[TrustlessWorkEscrow]:
    _work_off()
    return list(TrustlessWorkEscrow.objects.filter(contract_id__in=contract_ids))


def on_chain(contract_ids: Sequence[str]) -> list[TrustlessWorkEscrow]:
    """The same rows as they ought to be, straight from the chain."""
    return _from_chain(StellarContract.objects.filter(address__in=contract_ids))


def balance(contract_id: str) -> int:
    """In stroops."""
    usdc = network().usdc
    row = StellarTokenBalance.objects.filter(
        holder=contract_id, asset_code=usdc.code, asset_issuer=usdc.issuer
    ).first()
    return row.balance if row else 0


def shown(row: TrustlessWorkEscrow) -> dict[str, Any]:
    return {
        "contractId": row.contract_id,
        "signer": row.signer,
        "user": row.signer,
        "type": row.type,
        **escrow(terms.snapshot(row.snapshot, kind=row.type)),
        "balance": units(row.balance),
        "isActive": True,
        "createdAt": _timestamp(row.created_at),
        "updatedAt": _timestamp(row.updated_at),
    }


def untouched(row: dict[str, Any]) -> dict[str, Any]:
    """The same row with every flag as it was at the deployment."""
    milestones = [
        {**each, **{name: False for name in each if name == "approved"}, **_unflagged(each)}
        for each in row["milestones"]
    ]
    return {**row, **_unflagged(row), "milestones": milestones}


def escrow(stored: Escrow) -> dict[str, Any]:
    """The members that the chain itself knows."""
    usdc = network().usdc
    single = stored.kind == terms.SINGLE_RELEASE
    of_its_kind = {"amount": units(stored.amount), "flags": stored.flags} if single else {}
    shown_milestone = _milestone_of_single if single else _milestone_of_multi
    return {
        "engagementId": stored.engagement_id,
        "title": stored.title,
        "description": stored.description,
        **of_its_kind,
        "platformFee": _plain(Decimal(stored.platform_fee).scaleb(-2)),
        "receiverMemo": stored.receiver_memo,
        "roles": {ROLES[role]: address for role, address in stored.roles.items()},
        "milestones": [shown_milestone(each) for each in stored.milestones],
        "trustline": {"address": usdc.issuer, "symbol": usdc.code, "name": usdc.code},
    }


def units(stroops: int) -> Decimal:
    """Whole units, as the API's numbers are."""
    return _plain(Decimal(stroops).scaleb(-7))


def _milestone_of_single(milestone: Milestone) -> dict[str, Any]:
    return {**_words(milestone), "approved": milestone.approved}


def _milestone_of_multi(milestone: Milestone) -> dict[str, Any]:
    return {
        **_words(milestone),
        "amount": units(milestone.amount),
        "receiver": milestone.receiver,
        "flags": {"approved": milestone.approved, **milestone.flags},
    }


def _words(milestone: Milestone) -> dict[str, Any]:
    return {
        "description": milestone.description,
        "status": milestone.status,
        "evidence": milestone.evidence,
    }


def _unflagged(row: dict[str, Any]) -> dict[str, Any]:
    return {"flags": dict.fromkeys(row["flags"], False)} if "flags" in row else {}


def _lag() -> timedelta:
    options = faults.lasting("trustlesswork", "lag")
    return timedelta(seconds=0 if options is None else int(options.get("seconds", 60)))


def _work_off() -> None:
    due = TrustlessWorkBacklog.objects.filter(due_at__lte=clock.now())
    addresses = list(due.values_list("contract_id", flat=True))
    for row in _from_chain(StellarContract.objects.filter(address__in=addresses)):
        row.save()
    due.delete()


def _from_chain(contracts: "QuerySet[StellarContract]") -> list[TrustlessWorkEscrow]:
    now = ledgers.upcoming().closed_at
    return [
        TrustlessWorkEscrow(
            contract_id=contract.address,
            signer=contract.deployer,
            type=contract.program,
            snapshot=contract.storage,
            balance=balance(contract.address),
            created_at=contract.created_at,
            updated_at=now,
        )
        for contract in contracts
    ]


def _contracts_in(transaction: StellarTransaction) -> "QuerySet[StellarContract]":
    """The escrows that a transaction called or deployed; a ledger's time is its transaction's."""
    called = [_called(operation) for operation in transaction.operations.all()]
    return StellarContract.objects.filter(
        Q(address__in=called) | Q(created_at=transaction.ledger.closed_at)
    )


def _called(operation: StellarOperation) -> str:
    parameters = operation.details.get("parameters")
    return scval.from_address(parameters[0]["value"]).address if parameters else ""


def _plain(number: Decimal) -> Decimal:
    """Without the zeros behind the point: 100, not 100.0000000."""
    return number.normalize() if number else Decimal(0)


def _timestamp(moment: datetime) -> dict[str, int]:
    return {"_seconds": int(moment.timestamp()), "_nanoseconds": moment.microsecond * 1000}
