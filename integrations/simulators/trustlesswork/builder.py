"""Unsigned transactions: a contract call is simulated, and what it needs is written around it."""

from stellar_sdk import (
    InvokeHostFunction,
    Preconditions,
    SorobanDataBuilder,
    TimeBounds,
    TransactionEnvelope,
    xdr,
)
from stellar_sdk.transaction import Transaction

from integrations.providers.stellar.networks import network
from integrations.simulators.models import StellarAccount
from integrations.simulators.stellar import ledgers
from integrations.simulators.stellar.contracts.authorization import Recorded
from integrations.simulators.stellar.contracts.calls import call_of
from integrations.simulators.stellar.contracts.host import Host
from integrations.simulators.stellar.fees import BASE_FEE
from integrations.simulators.stellar.state import State
from integrations.simulators.trustlesswork import lies
from integrations.simulators.trustlesswork.calls import ContractCall
from integrations.simulators.trustlesswork.refusals import ApiRefusal

VALID_FOR = 300  # seconds
RESOURCE_FEE = 90_000  # stroops: about what such a call costs on the real network


def unsigned(call: ContractCall) -> str:
    """The transaction that its signer would sign, as base64 XDR. Raises `ApiRefusal` or `Trap`."""
    signer = StellarAccount.objects.filter(address=call.signer).first()
    if signer is None:
        raise ApiRefusal(f"Account not found: {call.signer}")
    operation = _simulated(call)
    expires = int(ledgers.upcoming().closed_at.timestamp()) + VALID_FOR
    transaction = Transaction(
        source=call.signer,
        sequence=signer.sequence + 1,
        fee=BASE_FEE + RESOURCE_FEE,
        operations=[operation],
        preconditions=Preconditions(time_bounds=TimeBounds(0, expires)),
        soroban_data=SorobanDataBuilder().set_resource_fee(RESOURCE_FEE).build(),
    )
    return lies.told(TransactionEnvelope(transaction, network().passphrase)).to_xdr()


def _simulated(call: ContractCall) -> InvokeHostFunction:
    """The operation with the agreements that its run asked for; the run itself is forgotten."""
    recorded = Recorded()
    arguments = call_of(call.contract, call.function, call.arguments)
    Host(state=State(ledger=ledgers.upcoming()), authorization=recorded).invoke(arguments)
    return InvokeHostFunction(
        host_function=xdr.HostFunction(
            xdr.HostFunctionType.HOST_FUNCTION_TYPE_INVOKE_CONTRACT, invoke_contract=arguments
        ),
        auth=recorded.entries(),
    )
