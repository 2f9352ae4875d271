"""Trustless Work's words and numbers, turned into ours and back: the only file that knows both.

Their amounts are whole dollars as JSON numbers and their platform fee is a percentage; ours are
stroops and basis points.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from integrations.providers.intents import (
    ApproveMilestone,
    DeployEscrow,
    DisputeEscrow,
    EscrowAct,
    EscrowIntent,
    FundEscrow,
    MarkMilestoneDone,
    ReleaseEscrow,
    ResolveDispute,
    Share,
    WithdrawRemaining,
)
from integrations.providers.ports import Contract, ContractKind, ContractMilestone, Roles
from integrations.providers.stellar.networks import network
from ledger.money import DOLLAR, LARGEST

BPS_PER_PERCENT = 100

_ROLES = {
    "approver": "approver",
    "serviceProvider": "service_provider",
    "platformAddress": "platform_address",
    "releaseSigner": "release_signer",
    "disputeResolver": "dispute_resolver",
}
_KINDS = {
    ContractKind.SINGLE_RELEASE: "single-release",
    ContractKind.MULTI_RELEASE: "multi-release",
}
# The acts, with the member that names who signs.
_SIGNERS: dict[type[EscrowAct], str] = {
    FundEscrow: "signer",
    MarkMilestoneDone: "serviceProvider",
    ApproveMilestone: "approver",
    ReleaseEscrow: "releaseSigner",
    DisputeEscrow: "signer",
    ResolveDispute: "disputeResolver",
    WithdrawRemaining: "disputeResolver",
}
_PATHS: dict[type[EscrowAct], str] = {
    FundEscrow: "fund-escrow",
    MarkMilestoneDone: "change-milestone-status",
    ApproveMilestone: "approve-milestone",
    ReleaseEscrow: "release-funds",
    DisputeEscrow: "dispute-escrow",
    ResolveDispute: "resolve-dispute",
    WithdrawRemaining: "withdraw-remaining-funds",
}
# Where they are about one milestone they are named otherwise, and the milestone is named too.
_PATHS_OF_MULTI: dict[type[EscrowAct], str] = {
    ReleaseEscrow: "release-milestone-funds",
    DisputeEscrow: "dispute-milestone",
    ResolveDispute: "resolve-milestone-dispute",
}


class Unreadable(Exception):
    """The answer is not what their reference promises."""


def request(intent: EscrowIntent) -> tuple[str, dict[str, Any]]:
    """Path and body that ask for the transaction of `intent`."""
    word = _KINDS[intent.kind]
    if isinstance(intent, DeployEscrow):
        return f"/deployer/{word}", _terms(intent)
    act = type(intent)
    body = {"contractId": intent.contract_id, _SIGNERS[act]: intent.signer, **_details(intent)}
    if intent.kind is ContractKind.MULTI_RELEASE and act in _PATHS_OF_MULTI:
        return f"/escrow/{word}/{_PATHS_OF_MULTI[act]}", body | _index(intent)
    return f"/escrow/{word}/{_PATHS[act]}", body


def unsigned_transaction(body: Any) -> str:
    """Raises `Unreadable`."""
    text = body.get("unsignedTransaction") if isinstance(body, dict) else None
    if not isinstance(text, str) or not text or not said_yes(body):
        raise Unreadable("no transaction in the answer")
    return text


def said_yes(body: Any) -> bool:
    """A 2xx may still carry FAILED."""
    return isinstance(body, dict) and str(body.get("status", "")).upper() == "SUCCESS"


def contract(body: Any, *, contract_id: str) -> Contract | None:
    """The contract among the rows of an answer, if it is there. Raises `Unreadable`."""
    rows = body if isinstance(body, list) else [body]
    try:
        found = [row for row in rows if row["contractId"] == contract_id]
        return _contract(found[0]) if found else None
    except (KeyError, TypeError, ValueError) as flaw:
        raise Unreadable(f"no contract: {flaw!r}") from flaw


def contracts(rows: list[Any], *, contract_ids: Sequence[str]) -> dict[str, Contract]:
    """Those of the contracts that the rows of an answer tell of in words that we know."""
    found = {}
    for contract_id in contract_ids:
        try:
            one = contract(rows, contract_id=contract_id)
        except Unreadable:
            continue
        if one:
            found[contract_id] = one
    return found


def dollars(amount: int) -> Decimal:
    return Decimal(amount) / DOLLAR


def stroops(number: object) -> int:
    """Raises `ValueError` unless it is a number of exact stroops."""
    return _exactly(number, DOLLAR)


def _contract(row: Any) -> Contract:
    if row["trustline"]["address"] not in (network().usdc_issuer, network().usdc_contract):
        raise ValueError("it holds another asset")
    kind = _kind(row)
    milestones = tuple(_MILESTONES[kind](each, row) for each in row["milestones"])
    roles = {ours: str(row["roles"][theirs]) for theirs, ours in _ROLES.items()}
    return Contract(
        contract_id=row["contractId"],
        kind=kind,
        engagement_id=str(row["engagementId"]),
        amount=_amount(kind, row, milestones),
        balance=stroops(row["balance"]),
        platform_fee_bps=_exactly(row["platformFee"], BPS_PER_PERCENT),
        roles=Roles(**roles, receiver=_receiver(kind, row)),
        milestones=milestones,
    )


def _kind(row: Any) -> ContractKind:
    """Raises `ValueError` for a kind of contract that did not exist when this was written."""
    told = str(row["type"]).casefold()
    for kind, word in _KINDS.items():
        if told == word:
            return kind
    raise ValueError(f"its type is {told[:40]}")


def _amount(kind: ContractKind, row: Any, milestones: tuple[ContractMilestone, ...]) -> int:
    if kind is ContractKind.SINGLE_RELEASE:
        return stroops(row["amount"])
    return sum(each.amount for each in milestones)


def _receiver(kind: ContractKind, row: Any) -> str:
    return str(row["roles"]["receiver"]) if kind is ContractKind.SINGLE_RELEASE else ""


def _milestone_of_single(row: Any, contract: Any) -> ContractMilestone:
    """Amount and flags are the contract's own: all is settled at once."""
    flags = {**contract["flags"], "approved": row.get("approved", False)}
    return _milestone(
        row, amount=contract["amount"], receiver=contract["roles"]["receiver"], flags=flags
    )


def _milestone_of_multi(row: Any, _: Any) -> ContractMilestone:
    """Amount and flags are its own. The flags were seen beside its members, and in `flags`."""
    flags = {**row, **(row.get("flags") or {})}
    return _milestone(row, amount=row["amount"], receiver=row["receiver"], flags=flags)


_MILESTONES = {
    ContractKind.SINGLE_RELEASE: _milestone_of_single,
    ContractKind.MULTI_RELEASE: _milestone_of_multi,
}


def _milestone(row: Any, *, amount: Any, receiver: Any, flags: Any) -> ContractMilestone:
    return ContractMilestone(
        status=str(row.get("status") or ""),
        evidence=str(row.get("evidence") or ""),
        amount=stroops(amount),
        receiver=str(receiver),
        approved=_flag(flags, "approved"),
        disputed=_flag(flags, "disputed"),
        released=_flag(flags, "released"),
        resolved=_flag(flags, "resolved"),
    )


def _flag(row: Any, name: str) -> bool:
    """A flag that is absent is not set; anything but a boolean is no flag."""
    value = row.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}")
    return value


def _exactly(number: object, scale: int) -> int:
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        raise ValueError(f"{number!r} is no number")
    scaled = Decimal(number) * scale
    if scaled != (whole := int(scaled)) or not 0 <= whole <= LARGEST:
        raise ValueError(f"{number!r} is no amount")
    return whole


def _terms(terms: DeployEscrow) -> dict[str, Any]:
    return {
        "signer": terms.signer,
        "engagementId": terms.engagement_id,
        "title": terms.title,
        "description": terms.description,
        "platformFee": Decimal(terms.platform_fee_bps) / BPS_PER_PERCENT,
        "trustline": {"address": network().usdc_issuer, "symbol": network().usdc.code},
        **_terms_of_kind(terms),
    }


def _terms_of_kind(terms: DeployEscrow) -> dict[str, Any]:
    """Amount and receiver: of the whole, or of each milestone, and never of both."""
    roles = {theirs: getattr(terms.roles, ours) for theirs, ours in _ROLES.items()}
    if terms.kind is ContractKind.SINGLE_RELEASE:
        return {
            "amount": dollars(terms.amount),
            "roles": {**roles, "receiver": terms.roles.receiver},
            "milestones": [{"description": each.description} for each in terms.milestones],
        }
    milestones = [
        {
            "description": each.description,
            "amount": dollars(each.amount),
            "receiver": each.receiver,
        }
        for each in terms.milestones
    ]
    return {"roles": roles, "milestones": milestones}


def _details(intent: EscrowAct) -> dict[str, Any]:
    """What an act says besides the contract, the signer and, in multi-release, the milestone."""
    match intent:
        case FundEscrow():
            return {"amount": dollars(intent.amount)}
        case MarkMilestoneDone():
            return {"newStatus": intent.status, "newEvidence": intent.evidence, **_index(intent)}
        case ApproveMilestone():
            return _index(intent)
        case ResolveDispute() | WithdrawRemaining():
            return {"distributions": [_share(each) for each in intent.shares]}
    return {}


def _index(intent: Any) -> dict[str, str]:
    return {"milestoneIndex": str(intent.index)}


def _share(share: Share) -> dict[str, Any]:
    return {"address": share.address, "amount": dollars(share.amount)}
