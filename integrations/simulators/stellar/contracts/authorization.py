"""Who agreed to which calls: as submitted with a transaction, or recorded in a simulation.

An agreement is a tree. Its root is a call; its branches are the calls that this call may make in
the name of the same address. Only source-account credentials count: whoever is the operation's
source agrees by signing the transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from stellar_sdk import xdr
from stellar_sdk.xdr import SorobanCredentialsType as Credentials

from integrations.simulators.stellar.contracts.calls import Call, Trap


class Authorization(Protocol):
    def require(self, call: Call, address: str) -> None:
        """Note in `call.authorised` what `address` agreed to; trap if it did not."""


class Submitted:
    """The trees that came with the operation."""

    def __init__(
        self, entries: Sequence[xdr.SorobanAuthorizationEntry] | None, *, source: str
    ) -> None:
        self._source = source
        self._roots = [
            entry.root_invocation
            for entry in entries or []
            if entry.credentials.type == Credentials.SOROBAN_CREDENTIALS_SOURCE_ACCOUNT
        ]

    def require(self, call: Call, address: str) -> None:
        parent = _agreement_above(call, address)
        candidates = parent.sub_invocations if parent else self._roots_of(address)
        for node in candidates:
            if node.function.contract_fn == call.arguments:
                call.authorised[address] = node
                if parent is None:
                    self._roots.remove(node)
                return
        raise Trap("HostError: Error(Auth, InvalidAction)")

    def _roots_of(self, address: str) -> list[xdr.SorobanAuthorizedInvocation]:
        return self._roots if address == self._source else []


@dataclass(eq=False)
class Agreement:
    call: xdr.InvokeContractArgs
    branches: list[Agreement] = field(default_factory=list)

    def to_xdr_object(self) -> xdr.SorobanAuthorizedInvocation:
        return xdr.SorobanAuthorizedInvocation(
            function=xdr.SorobanAuthorizedFunction(
                xdr.SorobanAuthorizedFunctionType.SOROBAN_AUTHORIZED_FUNCTION_TYPE_CONTRACT_FN,
                contract_fn=self.call,
            ),
            sub_invocations=[branch.to_xdr_object() for branch in self.branches],
        )


class Recorded:
    """Everybody agrees; `entries` is what the source account would have to sign."""

    def __init__(self) -> None:
        self._roots: list[Agreement] = []

    def require(self, call: Call, address: str) -> None:
        agreement = Agreement(call.arguments)
        parent = _agreement_above(call, address)
        (parent.branches if parent else self._roots).append(agreement)
        call.authorised[address] = agreement

    def entries(self) -> list[xdr.SorobanAuthorizationEntry]:
        source = xdr.SorobanCredentials(Credentials.SOROBAN_CREDENTIALS_SOURCE_ACCOUNT)
        return [xdr.SorobanAuthorizationEntry(source, root.to_xdr_object()) for root in self._roots]


def _agreement_above(call: Call, address: str) -> Any:
    """What `address` agreed to in the nearest call that led to this one."""
    above = call.caller
    while above is not None:
        if address in above.authorised:
            return above.authorised[address]
        above = above.caller
    return None
