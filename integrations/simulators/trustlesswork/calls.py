"""From the body of a build request to the contract call that it stands for."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stellar_sdk import Asset, scval
from stellar_sdk.xdr import SCVal

from integrations.providers.stellar.networks import network
from integrations.simulators.models import StellarContract, StellarTrustline
from integrations.simulators.stellar.contracts.calls import Trap
from integrations.simulators.trustlesswork import records, terms
from integrations.simulators.trustlesswork.records import ROLES
from integrations.simulators.trustlesswork.refusals import ApiRefusal
from integrations.simulators.trustlesswork.terms import Escrow, Milestone

Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCall:
    signer: str
    contract: str
    function: str
    arguments: list[SCVal]


def deployment_of_single(body: Body) -> ContractCall:
    _require_trustlines(body, receivers=[body["roles"]["receiver"]])
    milestones = tuple(Milestone(description=each["description"]) for each in body["milestones"])
    escrow = _terms(body, terms.SINGLE_RELEASE, milestones, amount=body["amount"])
    code = network().escrow_wasm_hash
    return _deployment(body, "tw_new_single_release_escrow", code, escrow)


def deployment_of_multi(body: Body) -> ContractCall:
    _require_trustlines(body, receivers=[each["receiver"] for each in body["milestones"]])
    escrow = _terms(body, terms.MULTI_RELEASE, tuple(Milestone(**it) for it in body["milestones"]))
    code = network().multi_escrow_wasm_hash
    return _deployment(body, "tw_new_multi_release_escrow", code, escrow)


def funding(body: Body) -> ContractCall:
    contract = _contract(body)
    arguments = [
        scval.to_address(body["signer"]),
        terms.to_value(terms.stored(contract)),
        scval.to_int128(body["amount"]),
    ]
    return _on(contract, body["signer"], "fund_escrow", arguments)


def act(function: str, *, signer: str, arguments: str) -> Callable[[Body], ContractCall]:
    """What calls `function` with these arguments, signed by whom the member `signer` names."""

    def call(body: Body) -> ContractCall:
        read = {"signer": scval.to_address(body[signer])}
        values = [read.get(name) or _ARGUMENTS[name](body) for name in arguments.split()]
        return _on(_contract(body), body[signer], function, values)

    return call


def _deployment(body: Body, function: str, code: str, escrow: Escrow) -> ContractCall:
    return ContractCall(
        signer=body["signer"],
        contract=network().escrow_factory,
        function=function,
        arguments=[
            scval.to_address(body["signer"]),
            scval.to_bytes(bytes.fromhex(code)),
            scval.to_bytes(secrets.token_bytes(32)),
            scval.to_symbol("initialize_escrow"),
            scval.to_vec([terms.to_value(escrow)]),
            scval.to_vec([]),
        ],
    )


def _on(
    contract: StellarContract, signer: str, function: str, arguments: list[SCVal]
) -> ContractCall:
    return ContractCall(
        signer=signer, contract=contract.address, function=function, arguments=arguments
    )


def _contract(body: Body) -> StellarContract:
    contract = StellarContract.objects.filter(address=body["contractId"]).first()
    if contract is None or not records.is_indexed(contract):
        raise ApiRefusal("Escrow not found")
    return contract


def _terms(body: Body, kind: str, milestones: tuple[Milestone, ...], *, amount: int = 0) -> Escrow:
    names = {theirs: ours for ours, theirs in ROLES.items()}
    return Escrow(
        kind=kind,
        engagement_id=body["engagementId"],
        title=body["title"],
        description=body["description"],
        amount=amount,
        platform_fee=body["platformFee"],
        roles={names[name]: address for name, address in body["roles"].items()},
        milestones=milestones,
        token=_token(body["trustline"]),
    )


def _token(trustline: dict[str, str]) -> str:
    usdc = network().usdc
    if Asset(trustline["symbol"], trustline["address"]) != usdc:
        raise Trap("HostError: Error(Storage, MissingValue)")
    return network().usdc_contract


def _require_trustlines(body: Body, *, receivers: list[str]) -> None:
    """The API asks this, the contract does not."""
    parties = [*(("receiver", each) for each in receivers)]
    parties.append(("platformAddress", body["roles"]["platformAddress"]))
    usdc = network().usdc
    for role, address in parties:
        trusts = StellarTrustline.objects.filter(
            account_id=address, asset_code=usdc.code, asset_issuer=usdc.issuer
        )
        if not trusts.exists():
            raise ApiRefusal(f"The {role} {address} has no trustline for the escrow's asset")


def _shares(body: Body) -> SCVal:
    """A map on the chain: of a repeated address the last amount counts."""
    shares = {each["address"]: each["amount"] for each in body["distributions"]}
    return scval.to_map(
        {scval.to_address(who): scval.to_int128(amount) for who, amount in shares.items()}
    )


_ARGUMENTS: dict[str, Callable[[Body], SCVal]] = {
    "index": lambda body: scval.to_int128(body["milestoneIndex"]),
    "index_u32": lambda body: scval.to_uint32(body["milestoneIndex"]),
    "status": lambda body: scval.to_string(body["newStatus"]),
    "evidence": lambda body: scval.to_string(body["newEvidence"]),
    "protocol": lambda _: scval.to_address(network().protocol_fee_address),
    "shares": _shares,
}
