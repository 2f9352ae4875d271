"""Contract calls as the bytes that the network reads, and where a deployment will be."""

import hashlib

from stellar_sdk import Address, StrKey, xdr

from integrations.providers.stellar.networks import Network
from integrations.providers.trustlesswork.abi import Call


def arguments_of(call: Call) -> xdr.InvokeContractArgs:
    """Contract, function and arguments."""
    return xdr.InvokeContractArgs(
        contract_address=Address(call.contract_id).to_xdr_sc_address(),
        function_name=xdr.SCSymbol(call.function.encode()),
        args=list(call.arguments),
    )


def authorisation_of(call: Call) -> xdr.SorobanAuthorizationEntry:
    """What the source account's signature permits: this call, and the calls below it."""
    return xdr.SorobanAuthorizationEntry(
        credentials=xdr.SorobanCredentials(
            xdr.SorobanCredentialsType.SOROBAN_CREDENTIALS_SOURCE_ACCOUNT
        ),
        root_invocation=_tree(call),
    )


def deployed_contract(network: Network, *, salt: bytes) -> str:
    """The id of the contract that the factory deploys with `salt`."""
    from_factory = xdr.ContractIDPreimageFromAddress(
        address=Address(network.escrow_factory).to_xdr_sc_address(), salt=xdr.Uint256(salt)
    )
    preimage = xdr.HashIDPreimage(
        xdr.EnvelopeType.ENVELOPE_TYPE_CONTRACT_ID,
        contract_id=xdr.HashIDPreimageContractID(
            network_id=xdr.Hash(hashlib.sha256(network.passphrase.encode()).digest()),
            contract_id_preimage=xdr.ContractIDPreimage(
                xdr.ContractIDPreimageType.CONTRACT_ID_PREIMAGE_FROM_ADDRESS,
                from_address=from_factory,
            ),
        ),
    )
    return str(StrKey.encode_contract(hashlib.sha256(preimage.to_xdr_bytes()).digest()))


def _tree(call: Call) -> xdr.SorobanAuthorizedInvocation:
    return xdr.SorobanAuthorizedInvocation(
        function=xdr.SorobanAuthorizedFunction(
            xdr.SorobanAuthorizedFunctionType.SOROBAN_AUTHORIZED_FUNCTION_TYPE_CONTRACT_FN,
            contract_fn=arguments_of(call),
        ),
        sub_invocations=[_tree(child) for child in call.children],
    )
