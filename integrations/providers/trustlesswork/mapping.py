"""Trustless Work's words and numbers, turned into ours and back: the only file that knows both.

Their amounts are whole dollars as JSON numbers and their platform fee is a percentage; ours are
stroops and basis points.
"""

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
)
from integrations.providers.ports import Contract, ContractKind, ContractMilestone, Roles
from integrations.providers.stellar.networks import network
from ledger.money import DOLLAR, LARGEST

BPS_PER_PERCENT = 100
ESCROW_UNKNOWN = "ESCROW_UNKNOWN"

# A fragment of what they say → our word. The first that fits counts; numbers and HTTP statuses
# differ between their revisions, and so does the rest of the sentence.
REFUSALS = (
    ("escrow not found", ESCROW_UNKNOWN),
    ("amount cannot be", "AMOUNT_NOT_POSITIVE"),
    ("already initialized", "ALREADY_DEPLOYED"),
    ("platform fee cannot exceed", "PLATFORM_FEE_TOO_HIGH"),
    ("without milestone", "NO_MILESTONES"),
    ("cannot define more than", "TOO_MANY_MILESTONES"),
    ("flags (approved", "FLAGS_NOT_FALSE"),
    ("properties do not match", "TERMS_DIFFER"),
    ("insufficient funds to fund", "INSUFFICIENT_FUNDS"),
    ("only the service provider", "WRONG_SIGNER"),
    ("only the approver", "WRONG_SIGNER"),
    ("only the release signer", "WRONG_SIGNER"),
    ("only the dispute resolver", "WRONG_SIGNER"),
    ("invalid milestone index", "NO_SUCH_MILESTONE"),
    ("already been approved", "ALREADY_APPROVED"),
    ("status cannot be empty", "STATUS_EMPTY"),
    ("funds have been released", "ALREADY_RELEASED"),
    ("already resolved", "ALREADY_RESOLVED"),
    ("must be completed to release", "NOT_APPROVED"),
    ("opened for dispute", "IN_DISPUTE"),
    ("already in dispute", "IN_DISPUTE"),
    ("balance must be equal to the amount", "BALANCE_TOO_LOW"),
)

_ROLES = {
    "approver": "approver",
    "serviceProvider": "service_provider",
    "platformAddress": "platform_address",
    "releaseSigner": "release_signer",
    "disputeResolver": "dispute_resolver",
    "receiver": "receiver",
}


class Unreadable(Exception):
    """The answer is not what their reference promises."""


def request(intent: EscrowIntent) -> tuple[str, dict[str, Any]]:  # noqa: PLR0911 – one per act
    """Path and body that ask for the transaction of `intent`."""
    match intent:
        case DeployEscrow():
            return "/deployer/single-release", _terms(intent)
        case FundEscrow():
            amount = {"signer": intent.signer, "amount": dollars(intent.amount)}
            return _act(intent, "fund-escrow", amount)
        case MarkMilestoneDone():
            words = {"newStatus": intent.status, "newEvidence": intent.evidence}
            which = {"milestoneIndex": str(intent.index), "serviceProvider": intent.signer}
            return _act(intent, "change-milestone-status", which | words)
        case ApproveMilestone():
            which = {"milestoneIndex": str(intent.index), "approver": intent.signer}
            return _act(intent, "approve-milestone", which)
        case ReleaseEscrow():
            return _act(intent, "release-funds", {"releaseSigner": intent.signer})
        case DisputeEscrow():
            return _act(intent, "dispute-escrow", {"signer": intent.signer})
        case ResolveDispute():
            shares = [{"address": it.address, "amount": dollars(it.amount)} for it in intent.shares]
            resolution = {"disputeResolver": intent.signer, "distributions": shares}
            return _act(intent, "resolve-dispute", resolution)


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


def message(body: Any) -> str:
    """What an error says, as one line; `message` may be a list."""
    said = body.get("message") or body.get("detail") or "" if isinstance(body, dict) else ""
    return "; ".join(map(str, said)) if isinstance(said, list) else str(said)


def refusal(text: str) -> str:
    """Our word for what they said; empty if we do not know the sentence."""
    said = text.casefold()
    return next((word for fragment, word in REFUSALS if fragment in said), "")


def dollars(amount: int) -> Decimal:
    return Decimal(amount) / DOLLAR


def stroops(number: object) -> int:
    """Raises `ValueError` unless it is a number of exact stroops."""
    return _exactly(number, DOLLAR)


def _contract(row: Any) -> Contract:
    if row["trustline"]["address"] not in (network().usdc_issuer, network().usdc_contract):
        raise ValueError("it holds another asset")
    return Contract(
        contract_id=row["contractId"],
        kind=ContractKind.SINGLE_RELEASE,
        engagement_id=str(row["engagementId"]),
        amount=stroops(row["amount"]),
        balance=stroops(row["balance"]),
        platform_fee_bps=_exactly(row["platformFee"], BPS_PER_PERCENT),
        roles=Roles(**{ours: str(row["roles"][theirs]) for theirs, ours in _ROLES.items()}),
        milestones=tuple(_milestone(each, row) for each in row["milestones"]),
    )


def _milestone(row: Any, contract: Any) -> ContractMilestone:
    """Amount and flags are the contract's own where all is settled at once."""
    return ContractMilestone(
        status=str(row.get("status") or ""),
        evidence=str(row.get("evidence") or ""),
        approved=_flag(row, "approved"),
        amount=stroops(contract["amount"]),
        receiver=str(contract["roles"]["receiver"]),
        disputed=_flag(contract["flags"], "disputed"),
        released=_flag(contract["flags"], "released"),
        resolved=_flag(contract["flags"], "resolved"),
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
    roles = {theirs: getattr(terms.roles, ours) for theirs, ours in _ROLES.items()}
    return {
        "signer": terms.signer,
        "engagementId": terms.engagement_id,
        "title": terms.title,
        "description": terms.description,
        "roles": roles,
        "amount": dollars(terms.amount),
        "platformFee": Decimal(terms.platform_fee_bps) / BPS_PER_PERCENT,
        "milestones": [{"description": each.description} for each in terms.milestones],
        "trustline": {"address": network().usdc_issuer, "symbol": network().usdc.code},
    }


def _act(intent: EscrowAct, name: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"/escrow/single-release/{name}", {"contractId": intent.contract_id, **body}
