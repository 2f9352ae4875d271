"""The build endpoints: the path of each act, the shape of its body, and the call that it builds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from integrations.simulators.trustlesswork import calls
from integrations.simulators.trustlesswork.bodies import (
    Shape,
    account,
    basis_points,
    index,
    members,
    several,
    stroops,
    text,
    text_up_to,
)
from integrations.simulators.trustlesswork.calls import ContractCall
from integrations.simulators.trustlesswork.records import ROLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    shape: Shape
    call: Callable[[dict[str, Any]], ContractCall]


_ROLES: Shape = {name: account for name in ROLES.values() if name != "receiver"}
_TERMS: Shape = {
    "signer": account,
    "engagementId": text,
    "title": text_up_to(100),
    "description": text_up_to(500),
    "platformFee": basis_points,
    "trustline": members({"address": account, "symbol": text}),
}
_SINGLE_TERMS: Shape = {
    **_TERMS,
    "roles": members({**_ROLES, "receiver": account}),
    "amount": stroops,
    "milestones": several(members({"description": text})),
}
_MULTI_MILESTONE: Shape = {"description": text, "amount": stroops, "receiver": account}
_MULTI_TERMS: Shape = {
    **_TERMS,
    "roles": members(_ROLES),
    "milestones": several(members(_MULTI_MILESTONE)),
}
_CONTRACT: Shape = {"contractId": text}
_MILESTONE: Shape = {**_CONTRACT, "milestoneIndex": index}
_DIVISION: Shape = {
    "disputeResolver": account,
    "distributions": several(members({"address": account, "amount": stroops})),
}

_OF_BOTH: dict[str, Act] = {
    "fund-escrow": Act(
        shape={**_CONTRACT, "signer": account, "amount": stroops}, call=calls.funding
    ),
    "change-milestone-status": Act(
        shape={
            **_MILESTONE,
            "newStatus": text,
            "newEvidence": text,
            "serviceProvider": account,
        },
        call=calls.act(
            "change_milestone_status",
            signer="serviceProvider",
            arguments="index status evidence signer",
        ),
    ),
    "approve-milestone": Act(
        shape={**_MILESTONE, "approver": account},
        call=calls.act("approve_milestone", signer="approver", arguments="index signer"),
    ),
}
_OF_SINGLE: dict[str, Act] = {
    **_OF_BOTH,
    "release-funds": Act(
        shape={**_CONTRACT, "releaseSigner": account},
        call=calls.act("release_funds", signer="releaseSigner", arguments="signer protocol"),
    ),
    "dispute-escrow": Act(
        shape={**_CONTRACT, "signer": account},
        call=calls.act("dispute_escrow", signer="signer", arguments="signer"),
    ),
    "resolve-dispute": Act(
        shape={**_CONTRACT, **_DIVISION},
        call=calls.act(
            "resolve_dispute", signer="disputeResolver", arguments="signer protocol shares"
        ),
    ),
}
_OF_MULTI: dict[str, Act] = {
    **_OF_BOTH,
    "release-milestone-funds": Act(
        shape={**_MILESTONE, "releaseSigner": account},
        call=calls.act(
            "release_milestone_funds",
            signer="releaseSigner",
            arguments="signer protocol index_u32",
        ),
    ),
    "dispute-milestone": Act(
        shape={**_MILESTONE, "signer": account},
        call=calls.act("dispute_milestone", signer="signer", arguments="index_u32 signer"),
    ),
    "resolve-milestone-dispute": Act(
        shape={**_MILESTONE, **_DIVISION},
        call=calls.act(
            "resolve_milestone_dispute",
            signer="disputeResolver",
            arguments="signer index_u32 protocol shares",
        ),
    ),
    "withdraw-remaining-funds": Act(
        shape={**_CONTRACT, **_DIVISION},
        call=calls.act(
            "withdraw_remaining_funds",
            signer="disputeResolver",
            arguments="signer protocol shares",
        ),
    ),
}

ACTS: dict[str, Act] = {
    "deployer/single-release": Act(shape=_SINGLE_TERMS, call=calls.deployment_of_single),
    "deployer/multi-release": Act(shape=_MULTI_TERMS, call=calls.deployment_of_multi),
    **{f"escrow/single-release/{name}": act for name, act in _OF_SINGLE.items()},
    **{f"escrow/multi-release/{name}": act for name, act in _OF_MULTI.items()},
}
