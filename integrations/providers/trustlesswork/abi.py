"""How Trustless Work's contracts are called: one table of call shapes per version of their code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from django.core.exceptions import ImproperlyConfigured
from stellar_sdk import scval
from stellar_sdk.xdr import SCVal

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
from integrations.providers.ports import Roles
from integrations.providers.stellar.networks import NETWORKS, Network

SALT_PLACE = 2  # among the arguments of a deployment; Trustless Work chooses the salt


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One contract call, and the calls below it that the caller's signature covers."""

    contract_id: str
    function: str
    arguments: Sequence[SCVal]
    children: tuple["Call", ...] = ()


class Abi(Protocol):
    def call(self, intent: EscrowIntent, *, network: Network, salt: bytes) -> Call:
        """The call that carries out `intent`; only a deployment has a salt."""


class SingleReleaseV1:
    """The single-release contract of the first API version."""

    def call(  # noqa: PLR0911 – one line per act
        self, intent: EscrowIntent, *, network: Network, salt: bytes
    ) -> Call:
        match intent:
            case DeployEscrow():
                return _deploy(intent, network, salt)
            case FundEscrow():
                return _fund(intent, network)
            case MarkMilestoneDone():
                return _mark_done(intent)
            case ApproveMilestone():
                index, approver = scval.to_int128(intent.index), scval.to_address(intent.signer)
                return _on(intent, "approve_milestone", index, approver)
            case ReleaseEscrow():
                # The caller names who gets the protocol's fee: hence the pinned address.
                fee_to = scval.to_address(network.protocol_fee_address)
                return _on(intent, "release_funds", scval.to_address(intent.signer), fee_to)
            case DisputeEscrow():
                return _on(intent, "dispute_escrow", scval.to_address(intent.signer))
            case ResolveDispute():
                return _resolve(intent, network)
            case _:
                assert_never(intent)


# By the hash of the contract's code: a version is added with fixtures recorded from it.
ABIS: Mapping[str, Abi] = {NETWORKS["simulated"].escrow_wasm_hash: SingleReleaseV1()}


_NO = scval.to_bool(data=False)


def abi(network: Network) -> Abi:
    """The call shapes of the code that `network` pins; for any other, nothing is signed."""
    known = ABIS.get(network.escrow_wasm_hash)
    if known is None or not network.escrow_factory or not network.protocol_fee_address:
        raise ImproperlyConfigured(
            "Escrows need TRUSTLESS_WORK_FACTORY, TRUSTLESS_WORK_FEE_ADDRESS and a"
            f" TRUSTLESS_WORK_WASM_HASH with known call shapes, not '{network.escrow_wasm_hash}'"
        )
    return known


def _deploy(intent: DeployEscrow, network: Network, salt: bytes) -> Call:
    return Call(
        contract_id=network.escrow_factory,
        function="tw_new_single_release_escrow",
        arguments=[
            scval.to_address(intent.signer),
            scval.to_bytes(bytes.fromhex(network.escrow_wasm_hash)),
            scval.to_bytes(salt),
            scval.to_symbol("initialize_escrow"),
            scval.to_vec([_escrow(intent, network)]),
            scval.to_vec([]),
        ],
    )


def _fund(intent: FundEscrow, network: Network) -> Call:
    signer, amount = scval.to_address(intent.signer), scval.to_int128(intent.amount)
    transfer = Call(
        contract_id=network.usdc_contract,
        function="transfer",
        arguments=[signer, scval.to_address(intent.contract_id), amount],
    )
    return Call(
        contract_id=intent.contract_id,
        function="fund_escrow",
        arguments=[signer, _escrow(intent.terms, network), amount],
        children=(transfer,),
    )


def _mark_done(intent: MarkMilestoneDone) -> Call:
    return _on(
        intent,
        "change_milestone_status",
        scval.to_int128(intent.index),
        scval.to_string(intent.status),
        scval.to_string(intent.evidence),
        scval.to_address(intent.signer),
    )


def _resolve(intent: ResolveDispute, network: Network) -> Call:
    shares = {
        scval.to_address(share.address): scval.to_int128(share.amount) for share in intent.shares
    }
    return _on(
        intent,
        "resolve_dispute",
        scval.to_address(intent.signer),
        scval.to_address(network.protocol_fee_address),
        scval.to_map(shares),
    )


def _on(intent: EscrowAct, function: str, *arguments: SCVal) -> Call:
    return Call(contract_id=intent.contract_id, function=function, arguments=arguments)


def _escrow(terms: DeployEscrow, network: Network) -> SCVal:
    """The contract's own record of the terms, as it is when nothing has happened yet."""
    flags = dict.fromkeys(("disputed", "released", "resolved"), _NO)
    return scval.to_struct(
        {
            "amount": scval.to_int128(terms.amount),
            "description": scval.to_string(terms.description),
            "engagement_id": scval.to_string(terms.engagement_id),
            "flags": scval.to_struct(flags),
            "milestones": scval.to_vec([_milestone(each.description) for each in terms.milestones]),
            "platform_fee": scval.to_uint32(terms.platform_fee_bps),
            "receiver_memo": scval.to_int128(0),
            "roles": _roles(terms.roles),
            "title": scval.to_string(terms.title),
            "trustline": scval.to_struct({"address": scval.to_address(network.usdc_contract)}),
        }
    )


def _milestone(description: str) -> SCVal:
    return scval.to_struct(
        {
            "approved": _NO,
            "description": scval.to_string(description),
            "evidence": scval.to_string(""),
            "status": scval.to_string("pending"),
        }
    )


def _roles(roles: Roles) -> SCVal:
    return scval.to_struct(
        {
            "approver": scval.to_address(roles.approver),
            "dispute_resolver": scval.to_address(roles.dispute_resolver),
            "platform_address": scval.to_address(roles.platform_address),
            "receiver": scval.to_address(roles.receiver),
            "release_signer": scval.to_address(roles.release_signer),
            "service_provider": scval.to_address(roles.service_provider),
        }
    )
