"""A single-release escrow as its contract stores it, and its shape as a contract value."""

from dataclasses import dataclass, replace

from stellar_sdk import scval
from stellar_sdk.xdr import SCVal

ROLES = (
    "approver",
    "dispute_resolver",
    "platform_address",
    "receiver",
    "release_signer",
    "service_provider",
)
FLAGS = ("disputed", "released", "resolved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    description: str
    status: str = "pending"
    evidence: str = ""
    approved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Escrow:
    """`amount` is in stroops, `platform_fee` in basis points, `token` the contract of the asset."""

    engagement_id: str
    title: str
    description: str
    amount: int
    platform_fee: int
    receiver_memo: int = 0
    roles: dict[str, str]
    flags: dict[str, bool]
    milestones: tuple[Milestone, ...]
    token: str

    def with_flags(self, **changes: bool) -> "Escrow":
        return replace(self, flags={**self.flags, **changes})

    def with_milestone(self, index: int, milestone: Milestone) -> "Escrow":
        before, after = self.milestones[:index], self.milestones[index + 1 :]
        return replace(self, milestones=(*before, milestone, *after))


def to_value(escrow: Escrow) -> SCVal:
    return scval.to_struct(
        {
            "amount": scval.to_int128(escrow.amount),
            "description": scval.to_string(escrow.description),
            "engagement_id": scval.to_string(escrow.engagement_id),
            "flags": scval.to_struct({f: scval.to_bool(escrow.flags[f]) for f in FLAGS}),
            "milestones": scval.to_vec([_milestone_value(each) for each in escrow.milestones]),
            "platform_fee": scval.to_uint32(escrow.platform_fee),
            "receiver_memo": scval.to_int128(escrow.receiver_memo),
            "roles": scval.to_struct({r: scval.to_address(escrow.roles[r]) for r in ROLES}),
            "title": scval.to_string(escrow.title),
            "trustline": scval.to_struct({"address": scval.to_address(escrow.token)}),
        }
    )


def from_value(value: SCVal) -> Escrow:
    """Raises `ValueError` or `KeyError` for a value of another shape."""
    members = scval.from_struct(value)
    roles, flags = scval.from_struct(members["roles"]), scval.from_struct(members["flags"])
    return Escrow(
        engagement_id=_text(members["engagement_id"]),
        title=_text(members["title"]),
        description=_text(members["description"]),
        amount=scval.from_int128(members["amount"]),
        platform_fee=scval.from_uint32(members["platform_fee"]),
        receiver_memo=scval.from_int128(members["receiver_memo"]),
        roles={role: scval.from_address(roles[role]).address for role in ROLES},
        flags={flag: scval.from_bool(flags[flag]) for flag in FLAGS},
        milestones=tuple(map(_milestone, scval.from_vec(members["milestones"]))),
        token=scval.from_address(scval.from_struct(members["trustline"])["address"]).address,
    )


def stored(storage: str) -> Escrow:
    """What a contract's storage (base64 XDR) says."""
    return from_value(SCVal.from_xdr(storage))


def _milestone_value(milestone: Milestone) -> SCVal:
    return scval.to_struct(
        {
            "approved": scval.to_bool(milestone.approved),
            "description": scval.to_string(milestone.description),
            "evidence": scval.to_string(milestone.evidence),
            "status": scval.to_string(milestone.status),
        }
    )


def _milestone(value: SCVal) -> Milestone:
    members = scval.from_struct(value)
    return Milestone(
        description=_text(members["description"]),
        status=_text(members["status"]),
        evidence=_text(members["evidence"]),
        approved=scval.from_bool(members["approved"]),
    )


def _text(value: SCVal) -> str:
    text = scval.from_string(value)
    return text.decode() if isinstance(text, bytes) else text
