"""What each build endpoint takes, and the contract call that it stands for."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stellar_sdk import Asset, scval
from stellar_sdk.xdr import SCVal

from integrations.providers.stellar.networks import network
from integrations.simulators.models import StellarContract, StellarTrustline
from integrations.simulators.stellar.contracts.calls import Trap
from integrations.simulators.trustlesswork import terms
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
from integrations.simulators.trustlesswork.refusals import ApiRefusal
from integrations.simulators.trustlesswork.terms import Escrow, Milestone


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCall:
    signer: str
    contract: str
    function: str
    arguments: list[SCVal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An endpoint: the shape of its body, and the call that it builds."""

    shape: Shape
    call: Callable[[dict[str, Any]], ContractCall]


def _deploy(body: dict[str, Any]) -> ContractCall:
    for role in ("receiver", "platformAddress"):
        _require_trustline(role, body["roles"][role])
    return ContractCall(
        signer=body["signer"],
        contract=network().escrow_factory,
        function="tw_new_single_release_escrow",
        arguments=[
            scval.to_address(body["signer"]),
            scval.to_bytes(bytes.fromhex(network().escrow_wasm_hash)),
            scval.to_bytes(secrets.token_bytes(32)),
            scval.to_symbol("initialize_escrow"),
            scval.to_vec([terms.to_value(_terms(body))]),
            scval.to_vec([]),
        ],
    )


def _fund(body: dict[str, Any]) -> ContractCall:
    return _call(
        body,
        "fund_escrow",
        signer=body["signer"],
        arguments=[
            scval.to_address(body["signer"]),
            terms.to_value(terms.stored(_contract(body).storage)),
            scval.to_int128(body["amount"]),
        ],
    )


def _change_status(body: dict[str, Any]) -> ContractCall:
    return _call(
        body,
        "change_milestone_status",
        signer=body["serviceProvider"],
        arguments=[
            scval.to_int128(body["milestoneIndex"]),
            scval.to_string(body["newStatus"]),
            scval.to_string(body["newEvidence"]),
            scval.to_address(body["serviceProvider"]),
        ],
    )


def _approve(body: dict[str, Any]) -> ContractCall:
    return _call(
        body,
        "approve_milestone",
        signer=body["approver"],
        arguments=[scval.to_int128(body["milestoneIndex"]), scval.to_address(body["approver"])],
    )


def _release(body: dict[str, Any]) -> ContractCall:
    return _call(
        body,
        "release_funds",
        signer=body["releaseSigner"],
        arguments=[
            scval.to_address(body["releaseSigner"]),
            scval.to_address(network().protocol_fee_address),
        ],
    )


def _dispute(body: dict[str, Any]) -> ContractCall:
    return _call(
        body,
        "dispute_escrow",
        signer=body["signer"],
        arguments=[scval.to_address(body["signer"])],
    )


def _resolve(body: dict[str, Any]) -> ContractCall:
    # A map on the chain: of a repeated address the last amount counts.
    shares = {each["address"]: each["amount"] for each in body["distributions"]}
    return _call(
        body,
        "resolve_dispute",
        signer=body["disputeResolver"],
        arguments=[
            scval.to_address(body["disputeResolver"]),
            scval.to_address(network().protocol_fee_address),
            scval.to_map(
                {scval.to_address(who): scval.to_int128(amount) for who, amount in shares.items()}
            ),
        ],
    )


def _call(
    body: dict[str, Any], function: str, *, signer: str, arguments: list[SCVal]
) -> ContractCall:
    return ContractCall(
        signer=signer,
        contract=_contract(body).address,
        function=function,
        arguments=arguments,
    )


def _contract(body: dict[str, Any]) -> StellarContract:
    contract = StellarContract.objects.filter(address=body["contractId"]).first()
    if contract is None:
        raise ApiRefusal("Escrow not found")
    return contract


def _terms(body: dict[str, Any]) -> Escrow:
    roles = body["roles"]
    return Escrow(
        engagement_id=body["engagementId"],
        title=body["title"],
        description=body["description"],
        amount=body["amount"],
        platform_fee=body["platformFee"],
        roles={ROLES[name]: address for name, address in roles.items()},
        flags=dict.fromkeys(terms.FLAGS, False),
        milestones=tuple(Milestone(description=each["description"]) for each in body["milestones"]),
        token=_token(body["trustline"]),
    )


def _token(trustline: dict[str, str]) -> str:
    usdc = network().usdc
    if Asset(trustline["symbol"], trustline["address"]) != usdc:
        raise Trap("HostError: Error(Storage, MissingValue)")
    return network().usdc_contract


def _require_trustline(role: str, address: str) -> None:
    """The API asks this, the contract does not."""
    usdc = network().usdc
    trusts = StellarTrustline.objects.filter(
        account_id=address, asset_code=usdc.code, asset_issuer=usdc.issuer
    )
    if not trusts.exists():
        raise ApiRefusal(f"The {role} {address} has no trustline for the escrow's asset")


# The API's names of the roles, and the contract's.
ROLES = {
    "approver": "approver",
    "serviceProvider": "service_provider",
    "platformAddress": "platform_address",
    "releaseSigner": "release_signer",
    "disputeResolver": "dispute_resolver",
    "receiver": "receiver",
}
_DEPLOY: Shape = {
    "signer": account,
    "engagementId": text,
    "title": text_up_to(100),
    "description": text_up_to(500),
    "roles": members({role: account for role in ROLES}),
    "amount": stroops,
    "platformFee": basis_points,
    "milestones": several(members({"description": text})),
    "trustline": members({"address": account, "symbol": text}),
}
_SHARE: Shape = {"address": account, "amount": stroops}

ACTS: dict[str, Act] = {
    "deployer/single-release": Act(shape=_DEPLOY, call=_deploy),
    "escrow/single-release/fund-escrow": Act(
        shape={"contractId": text, "signer": account, "amount": stroops}, call=_fund
    ),
    "escrow/single-release/change-milestone-status": Act(
        shape={
            "contractId": text,
            "milestoneIndex": index,
            "newStatus": text,
            "newEvidence": text,
            "serviceProvider": account,
        },
        call=_change_status,
    ),
    "escrow/single-release/approve-milestone": Act(
        shape={"contractId": text, "milestoneIndex": index, "approver": account}, call=_approve
    ),
    "escrow/single-release/release-funds": Act(
        shape={"contractId": text, "releaseSigner": account}, call=_release
    ),
    "escrow/single-release/dispute-escrow": Act(
        shape={"contractId": text, "signer": account}, call=_dispute
    ),
    "escrow/single-release/resolve-dispute": Act(
        shape={
            "contractId": text,
            "disputeResolver": account,
            "distributions": several(members(_SHARE)),
        },
        call=_resolve,
    ),
}
