"""One contract call in progress, and the ways in which it ends early."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stellar_sdk import Address, scval, xdr

from integrations.simulators.stellar.state import State

if TYPE_CHECKING:
    from integrations.simulators.stellar.contracts.host import Host


class Trap(Exception):
    """The call failed, and everything that it did is undone. The text is the host's."""


@dataclass(eq=False)
class Call:
    """A contract's view of the world: its storage, its caller and its tokens."""

    host: Host
    arguments: xdr.InvokeContractArgs
    caller: Call | None
    # Per address that authorised this call: the node of the tree it signed (see authorization).
    authorised: dict[str, Any] = field(default_factory=dict)

    @property
    def contract(self) -> str:
        return Address.from_xdr_sc_address(self.arguments.contract_address).address

    @property
    def state(self) -> State:
        return self.host.state

    def require_auth(self, address: str) -> None:
        """Traps unless `address` agreed to this very call. A contract agrees to its own calls."""
        if self.caller is None or self.caller.contract != address:
            self.host.authorization.require(self, address)

    def invoke(self, contract: str, function: str, *arguments: xdr.SCVal) -> xdr.SCVal:
        """Call another contract."""
        return self.host.invoke(call_of(contract, function, arguments), caller=self)


@dataclass(frozen=True, init=False)
class Function:
    """A contract's function: what runs, and its parameters by name in the order of the ABI."""

    run: Callable[..., xdr.SCVal | None]
    parameters: dict[str, Callable[[xdr.SCVal], Any]]

    def __init__(
        self, run: Callable[..., xdr.SCVal | None], **parameters: Callable[[xdr.SCVal], Any]
    ) -> None:
        object.__setattr__(self, "run", run)
        object.__setattr__(self, "parameters", parameters)

    def decode(self, arguments: Sequence[xdr.SCVal]) -> dict[str, Any]:
        """Raises `Trap` for another number of arguments, or for another type."""
        if len(arguments) != len(self.parameters):
            raise Trap("HostError: Error(WasmVm, UnexpectedSize)")
        try:
            return {
                name: read(argument)
                for (name, read), argument in zip(self.parameters.items(), arguments, strict=True)
            }
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Trap("HostError: Error(Value, UnexpectedType)") from error


Program = dict[str, Function]


def address(value: xdr.SCVal) -> str:
    return scval.from_address(value).address


def as_given(value: xdr.SCVal) -> xdr.SCVal:
    return value


def call_of(contract: str, function: str, arguments: Sequence[xdr.SCVal]) -> xdr.InvokeContractArgs:
    return xdr.InvokeContractArgs(
        contract_address=Address(contract).to_xdr_sc_address(),
        function_name=xdr.SCSymbol(function.encode()),
        args=list(arguments),
    )
