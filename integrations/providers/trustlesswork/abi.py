"""How Trustless Work's contracts are called: one table of call shapes per version of their code."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    WithdrawRemaining,
)
from integrations.providers.ports import ContractKind
from integrations.providers.stellar.networks import NETWORKS, Network
from integrations.providers.trustlesswork import structs

SALT_PLACE = 2  # among the arguments of a deployment; Trustless Work chooses the salt


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One contract call, and the calls below it that the caller's signature covers."""

    contract_id: str
    function: str
    arguments: Sequence[SCVal]
    children: tuple["Call", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Abi:
    """One version of the code: who deploys it, what it stores, and the call for each act."""

    factory_function: str
    struct: Callable[[DeployEscrow, Network], SCVal]
    # Act → function and the names of its arguments, in order.
    acts: Mapping[type[EscrowAct], tuple[str, str]]


SINGLE_RELEASE_V1 = Abi(
    factory_function="tw_new_single_release_escrow",
    struct=structs.single_release,
    acts={
        FundEscrow: ("fund_escrow", "signer terms amount"),
        MarkMilestoneDone: ("change_milestone_status", "index status evidence signer"),
        ApproveMilestone: ("approve_milestone", "index signer"),
        ReleaseEscrow: ("release_funds", "signer fee_to"),
        DisputeEscrow: ("dispute_escrow", "signer"),
        ResolveDispute: ("resolve_dispute", "signer fee_to shares"),
    },
)
MULTI_RELEASE_V1 = Abi(
    factory_function="tw_new_multi_release_escrow",
    struct=structs.multi_release,
    acts={
        FundEscrow: ("fund_escrow", "signer terms amount"),
        MarkMilestoneDone: ("change_milestone_status", "index status evidence signer"),
        ApproveMilestone: ("approve_milestone", "index signer"),
        ReleaseEscrow: ("release_milestone_funds", "signer fee_to index_u32"),
        DisputeEscrow: ("dispute_milestone", "index_u32 signer"),
        ResolveDispute: ("resolve_milestone_dispute", "signer index_u32 fee_to shares"),
        WithdrawRemaining: ("withdraw_remaining_funds", "signer fee_to shares"),
    },
)

# By the hash of the contract's code: a version is added with fixtures recorded from it.
_SIMULATED = NETWORKS["simulated"]
ABIS: Mapping[str, Abi] = {
    _SIMULATED.escrow_wasm_hash: SINGLE_RELEASE_V1,
    _SIMULATED.multi_escrow_wasm_hash: MULTI_RELEASE_V1,
}

_SETTINGS = {
    ContractKind.SINGLE_RELEASE: "TRUSTLESS_WORK_WASM_HASH",
    ContractKind.MULTI_RELEASE: "TRUSTLESS_WORK_MULTI_WASM_HASH",
}


def call(intent: EscrowIntent, *, network: Network, salt: bytes) -> Call:
    """The call that carries out `intent`; only a deployment has a salt.

    Raises `ImproperlyConfigured` unless the code that `network` pins is known.
    """
    version = abi(network, intent.kind)
    if isinstance(intent, DeployEscrow):
        return _deploy(intent, version, network, salt)
    function, arguments = version.acts[type(intent)]
    return Call(
        contract_id=intent.contract_id,
        function=function,
        arguments=[_ARGUMENTS[name](intent, network, version) for name in arguments.split()],
        children=(_transfer(intent, network),) if isinstance(intent, FundEscrow) else (),
    )


def abi(network: Network, kind: ContractKind) -> Abi:
    """The call shapes of the code that `network` pins; for any other, nothing is signed."""
    code = network.escrow_code(kind)
    known = ABIS.get(code)
    if known is None or not network.escrow_factory or not network.protocol_fee_address:
        raise ImproperlyConfigured(
            "Escrows need TRUSTLESS_WORK_FACTORY, TRUSTLESS_WORK_FEE_ADDRESS and a"
            f" {_SETTINGS[kind]} with known call shapes, not '{code}'"
        )
    return known


def _deploy(intent: DeployEscrow, version: Abi, network: Network, salt: bytes) -> Call:
    return Call(
        contract_id=network.escrow_factory,
        function=version.factory_function,
        arguments=[
            scval.to_address(intent.signer),
            scval.to_bytes(bytes.fromhex(network.escrow_code(intent.kind))),
            scval.to_bytes(salt),
            scval.to_symbol("initialize_escrow"),
            scval.to_vec([version.struct(intent, network)]),
            scval.to_vec([]),
        ],
    )


def _transfer(intent: FundEscrow, network: Network) -> Call:
    return Call(
        contract_id=network.usdc_contract,
        function="transfer",
        arguments=[
            scval.to_address(intent.signer),
            scval.to_address(intent.contract_id),
            scval.to_int128(intent.amount),
        ],
    )


def _shares(intent: Any, _: Network, __: Abi) -> SCVal:
    """A map by address, in the order that the chain wants; a repeated address would collapse."""
    return scval.to_map(
        {scval.to_address(share.address): scval.to_int128(share.amount) for share in intent.shares}
    )


_ARGUMENTS: Mapping[str, Callable[[Any, Network, Abi], SCVal]] = {
    "signer": lambda intent, _, __: scval.to_address(intent.signer),
    "amount": lambda intent, _, __: scval.to_int128(intent.amount),
    "terms": lambda intent, network, version: version.struct(intent.terms, network),
    "index": lambda intent, _, __: scval.to_int128(intent.index),
    "index_u32": lambda intent, _, __: scval.to_uint32(intent.index),
    "status": lambda intent, _, __: scval.to_string(intent.status),
    "evidence": lambda intent, _, __: scval.to_string(intent.evidence),
    # The caller names who gets the protocol's fee: hence the pinned address.
    "fee_to": lambda _, network, __: scval.to_address(network.protocol_fee_address),
    "shares": _shares,
}
