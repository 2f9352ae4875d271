"""An escrow of either kind as its contract stores it, and its shape as a contract value."""

from dataclasses import dataclass, field, replace

from stellar_sdk import scval
from stellar_sdk.xdr import SCVal

from integrations.simulators.models import StellarContract

SINGLE_RELEASE = "single-release"
MULTI_RELEASE = "multi-release"
ROLES = (
    "approver",
    "dispute_resolver",
    "platform_address",
    "release_signer",
    "service_provider",
)
FLAGS = ("disputed", "released", "resolved")


def no_flags() -> dict[str, bool]:
    return dict.fromkeys(FLAGS, False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """`amount`, `receiver` and `flags` count in a multi-release contract only."""

    description: str
    status: str = "pending"
    evidence: str = ""
    approved: bool = False
    amount: int = 0
    receiver: str = ""
    flags: dict[str, bool] = field(default_factory=no_flags)

    def with_flags(self, **changes: bool) -> "Milestone":
        return replace(self, flags={**self.flags, **changes})


@dataclass(frozen=True, slots=True, kw_only=True)
class Escrow:
    """`amount` is in stroops, `platform_fee` in basis points, `token` the contract of the asset.

    `amount`, `flags` and the role `receiver` count in a single-release contract only.
    """

    kind: str
    engagement_id: str
    title: str
    description: str
    amount: int = 0
    platform_fee: int
    receiver_memo: int = 0
    roles: dict[str, str]
    flags: dict[str, bool] = field(default_factory=no_flags)
    milestones: tuple[Milestone, ...]
    token: str

    def with_flags(self, **changes: bool) -> "Escrow":
        return replace(self, flags={**self.flags, **changes})

    def with_milestone(self, index: int, milestone: Milestone) -> "Escrow":
        before, after = self.milestones[:index], self.milestones[index + 1 :]
        return replace(self, milestones=(*before, milestone, *after))


def to_value(escrow: Escrow) -> SCVal:
    single = escrow.kind == SINGLE_RELEASE
    milestone_value = _milestone_of_single if single else _milestone_of_multi
    members = {
        "description": scval.to_string(escrow.description),
        "engagement_id": scval.to_string(escrow.engagement_id),
        "milestones": scval.to_vec([milestone_value(each) for each in escrow.milestones]),
        "platform_fee": scval.to_uint32(escrow.platform_fee),
        "receiver_memo": scval.to_int128(escrow.receiver_memo),
        "roles": scval.to_struct({r: scval.to_address(a) for r, a in escrow.roles.items()}),
        "title": scval.to_string(escrow.title),
        "trustline": scval.to_struct({"address": scval.to_address(escrow.token)}),
    }
    if single:
        members |= {"amount": scval.to_int128(escrow.amount), "flags": _flags_value(escrow.flags)}
    return scval.to_struct(members)


def from_value(value: SCVal, *, kind: str) -> Escrow:
    """Raises `ValueError` or `KeyError` for a value of another shape."""
    members = scval.from_struct(value)
    roles = scval.from_struct(members["roles"])
    named = (*ROLES, "receiver") if kind == SINGLE_RELEASE else ROLES
    return Escrow(
        kind=kind,
        engagement_id=_text(members["engagement_id"]),
        title=_text(members["title"]),
        description=_text(members["description"]),
        platform_fee=scval.from_uint32(members["platform_fee"]),
        receiver_memo=scval.from_int128(members["receiver_memo"]),
        roles={role: _address(roles[role]) for role in named},
        milestones=tuple(_milestone(each, kind) for each in scval.from_vec(members["milestones"])),
        token=_address(scval.from_struct(members["trustline"])["address"]),
        **(_whole(members) if kind == SINGLE_RELEASE else {}),
    )


def stored(contract: StellarContract) -> Escrow:
    """What a contract's storage says."""
    return snapshot(contract.storage, kind=contract.program)


def snapshot(storage: str, *, kind: str) -> Escrow:
    """What a contract's storage said (base64 XDR)."""
    return from_value(SCVal.from_xdr(storage), kind=kind)


def _whole(members: dict[str, SCVal]) -> dict[str, object]:
    """What a single-release contract settles at once."""
    return {"amount": scval.from_int128(members["amount"]), "flags": _flags(members["flags"])}


def _milestone_of_single(milestone: Milestone) -> SCVal:
    return scval.to_struct({**_words(milestone), "approved": scval.to_bool(milestone.approved)})


def _milestone_of_multi(milestone: Milestone) -> SCVal:
    return scval.to_struct(
        {
            **_words(milestone),
            "amount": scval.to_int128(milestone.amount),
            "receiver": scval.to_address(milestone.receiver),
            "flags": _flags_value({"approved": milestone.approved, **milestone.flags}),
        }
    )


def _words(milestone: Milestone) -> dict[str, SCVal]:
    return {
        "description": scval.to_string(milestone.description),
        "evidence": scval.to_string(milestone.evidence),
        "status": scval.to_string(milestone.status),
    }


def _milestone(value: SCVal, kind: str) -> Milestone:
    members = scval.from_struct(value)
    own = {} if kind == SINGLE_RELEASE else _own(members)
    flags = members if kind == SINGLE_RELEASE else scval.from_struct(members["flags"])
    return Milestone(
        description=_text(members["description"]),
        status=_text(members["status"]),
        evidence=_text(members["evidence"]),
        approved=scval.from_bool(flags["approved"]),
        **own,
    )


def _own(members: dict[str, SCVal]) -> dict[str, object]:
    """What each milestone of a multi-release contract settles by itself."""
    return {
        "amount": scval.from_int128(members["amount"]),
        "receiver": _address(members["receiver"]),
        "flags": _flags(members["flags"]),
    }


def _flags_value(flags: dict[str, bool]) -> SCVal:
    return scval.to_struct({name: scval.to_bool(flag) for name, flag in flags.items()})


def _flags(value: SCVal) -> dict[str, bool]:
    found = scval.from_struct(value)
    return {flag: scval.from_bool(found[flag]) for flag in FLAGS}


def _address(value: SCVal) -> str:
    return scval.from_address(value).address


def _text(value: SCVal) -> str:
    text = scval.from_string(value)
    return text.decode() if isinstance(text, bytes) else text
