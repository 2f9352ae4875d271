"""Runs contract calls: finds the program behind an address, and keeps what the calls moved."""

from stellar_sdk import scval, xdr

from integrations.providers.stellar.networks import network
from integrations.simulators.stellar.contracts import token
from integrations.simulators.stellar.contracts.authorization import Authorization
from integrations.simulators.stellar.contracts.calls import Call, Program, Trap
from integrations.simulators.stellar.state import State
from integrations.simulators.trustlesswork import factory, multi_release, single_release

# The programs that deployed contracts run, by `StellarContract.program`.
PROGRAMS: dict[str, Program] = {
    single_release.NAME: single_release.PROGRAM,
    multi_release.NAME: multi_release.PROGRAM,
}


class Host:
    def __init__(self, *, state: State, authorization: Authorization) -> None:
        self.state = state
        self.authorization = authorization
        self.balance_changes: list[dict[str, str]] = []

    def invoke(self, arguments: xdr.InvokeContractArgs, *, caller: Call | None = None) -> xdr.SCVal:
        """Raises `Trap`."""
        call = Call(host=self, arguments=arguments, caller=caller)
        function = self._program(call.contract).get(arguments.function_name.sc_symbol.decode())
        if function is None:
            raise Trap("HostError: Error(WasmVm, MissingValue)")
        return function.run(call, **function.decode(arguments.args)) or scval.to_void()

    def _program(self, contract: str) -> Program:
        pinned = network()
        if contract == pinned.usdc_contract:
            return token.PROGRAM
        if contract == pinned.escrow_factory:
            return factory.PROGRAM
        deployed = self.state.contract(contract)
        if deployed is None:
            raise Trap("HostError: Error(Storage, MissingValue)")
        return PROGRAMS[deployed.program]
