"""The contract that deploys escrows: one function per kind of escrow."""

from types import ModuleType
from typing import Any

from stellar_sdk import Address, StrKey, scval, xdr
from stellar_sdk.utils import sha256
from stellar_sdk.xdr import SCVal

from integrations.providers.stellar.networks import network
from integrations.simulators.stellar.contracts.calls import Call, Function, Program, Trap, address
from integrations.simulators.trustlesswork import multi_release, single_release


def new_single_release_escrow(call: Call, **given: Any) -> SCVal:
    return _new(call, program=single_release, code=network().escrow_wasm_hash, **given)


def new_multi_release_escrow(call: Call, **given: Any) -> SCVal:
    return _new(call, program=multi_release, code=network().multi_escrow_wasm_hash, **given)


def contract_id(*, salt: bytes) -> str:
    """The address of what the factory deploys with `salt` (CAP-46)."""
    preimage = xdr.HashIDPreimage(
        xdr.EnvelopeType.ENVELOPE_TYPE_CONTRACT_ID,
        contract_id=xdr.HashIDPreimageContractID(
            network_id=xdr.Hash(sha256(network().passphrase.encode())),
            contract_id_preimage=xdr.ContractIDPreimage(
                xdr.ContractIDPreimageType.CONTRACT_ID_PREIMAGE_FROM_ADDRESS,
                from_address=xdr.ContractIDPreimageFromAddress(
                    address=Address(network().escrow_factory).to_xdr_sc_address(),
                    salt=xdr.Uint256(salt),
                ),
            ),
        ),
    )
    return StrKey.encode_contract(sha256(preimage.to_xdr_bytes()))


def _new(
    call: Call,
    *,
    program: ModuleType,
    code: str,
    signer: str,
    wasm_hash: bytes,
    salt: bytes,
    init_fn: str,
    init_args: list[SCVal],
    constructor_args: list[SCVal],
) -> SCVal:
    call.require_auth(signer)
    known_code = wasm_hash.hex() == code
    if not known_code or init_fn != "initialize_escrow" or constructor_args or len(init_args) != 1:
        raise Trap("HostError: Error(Storage, MissingValue)")
    contract = contract_id(salt=salt)
    try:
        program.initialize(call, contract=contract, signer=signer, value=init_args[0])
    except (ValueError, KeyError) as error:  # the struct has another shape
        raise Trap("HostError: Error(Value, UnexpectedType)") from error
    return scval.to_address(contract)


def _bytes32(value: SCVal) -> bytes:
    found = scval.from_bytes(value)
    if len(found) != 32:
        raise ValueError("not 32 bytes")
    return found


_PARAMETERS = {
    "signer": address,
    "wasm_hash": _bytes32,
    "salt": _bytes32,
    "init_fn": scval.from_symbol,
    "init_args": scval.from_vec,
    "constructor_args": scval.from_vec,
}
PROGRAM: Program = {
    "tw_new_single_release_escrow": Function(new_single_release_escrow, **_PARAMETERS),
    "tw_new_multi_release_escrow": Function(new_multi_release_escrow, **_PARAMETERS),
}
