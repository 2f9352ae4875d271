"""The pretended network as a client sees it: through HTTP, with the SDK, signing for itself."""

from dataclasses import dataclass
from typing import Any

import pytest
from stellar_sdk import (
    Address,
    FeeBumpTransactionEnvelope,
    Keypair,
    Server,
    SorobanDataBuilder,
    TransactionBuilder,
    TransactionEnvelope,
    scval,
    xdr,
)
from stellar_sdk.client.requests_client import RequestsClient
from stellar_sdk.exceptions import BadRequestError
from stellar_sdk.operation import Operation

from integrations.providers.stellar.networks import network
from integrations.simulators.stellar import genesis
from integrations.simulators.stellar.amounts import to_stroops
from ledger import clock

UNIT = 10_000_000  # stroops in one XLM, or in one dollar


@dataclass
class Client:
    """The SDK's client of the pretended Horizon, and what tests do with it."""

    server: Server

    def build(
        self,
        source: Keypair | str,
        *operations: Operation,
        expires_in: int = 60,
        starts_in: int | None = None,
        sequence_skip: int = 0,
    ) -> TransactionEnvelope:
        address = source if isinstance(source, str) else source.public_key
        account = self.server.load_account(address)
        account.sequence += sequence_skip
        builder = TransactionBuilder(account, network().passphrase)
        for operation in operations:
            builder.append_operation(operation)
        now = int(clock.now().timestamp())
        opens = 0 if starts_in is None else now + starts_in
        return builder.add_time_bounds(opens, now + expires_in).build()

    def send(self, source: Keypair, *operations: Operation, also: tuple[Keypair, ...] = ()) -> Any:
        envelope = self.build(source, *operations)
        for key in (source, *also):
            envelope.sign(key)
        return self.submit(envelope)

    def submit(self, envelope: TransactionEnvelope | FeeBumpTransactionEnvelope | str) -> Any:
        return self.server.submit_transaction(envelope, skip_memo_required_check=True)

    def refusal(self, envelope: TransactionEnvelope | FeeBumpTransactionEnvelope) -> Any:
        """The result codes of a submission that must be refused."""
        with pytest.raises(BadRequestError) as refused:
            self.submit(envelope)
        return refused.value.extras["result_codes"]

    def usdc(self, address: str) -> int:
        """In stroops; -1 without a trustline."""
        for line in self.server.accounts().account_id(address).call()["balances"]:
            if line.get("asset_code") == "USDC":
                return to_stroops(line["balance"])
        return -1

    def xlm(self, address: str) -> int:
        balances = self.server.accounts().account_id(address).call()["balances"]
        return to_stroops(balances[-1]["balance"])

    def bumped(
        self, inner: TransactionEnvelope, payer: Keypair, *, base_fee: int = 200
    ) -> FeeBumpTransactionEnvelope:
        envelope = TransactionBuilder.build_fee_bump_transaction(
            payer, base_fee, inner, network().passphrase
        )
        envelope.sign(payer)
        return envelope


def client_of(url: str) -> Client:
    genesis.begin()
    client = RequestsClient(num_retries=0, request_timeout=20, post_timeout=20)
    return Client(Server(f"{url}/simulators/stellar", client))


def wallet(*, xlm: int = 100, usdc: int = 0) -> Keypair:
    """A new account with whole units of XLM and USDC."""
    key = Keypair.random()
    genesis.open_account(key.public_key, xlm=xlm * UNIT, usdc=usdc * UNIT)
    return key


def payments_of(client: Client, key: Keypair) -> list[Any]:
    page = client.server.payments().for_account(key.public_key).limit(200).call()
    return list(page["_embedded"]["records"])


def usdc_transfer(client: Client, sender: Keypair, target: str, amount: int) -> TransactionEnvelope:
    """A call of the USDC contract, unsigned, with the agreement of the sender."""
    arguments = [
        scval.to_address(sender.public_key),
        scval.to_address(target),
        scval.to_int128(amount),
    ]
    return contract_call(client, sender, network().usdc_contract, "transfer", arguments)


def contract_call(
    client: Client, source: Keypair, contract: str, function: str, arguments: list[Any]
) -> TransactionEnvelope:
    account = client.server.load_account(source.public_key)
    now = int(clock.now().timestamp())
    return (
        TransactionBuilder(account, network().passphrase, base_fee=100)
        .append_invoke_contract_function_op(
            contract, function, arguments, auth=[agreement(contract, function, arguments)]
        )
        .set_soroban_data(SorobanDataBuilder().set_resource_fee(50_000).build())
        .add_time_bounds(0, now + 60)
        .build()
    )


def agreement(
    contract: str, function: str, arguments: list[xdr.SCVal]
) -> xdr.SorobanAuthorizationEntry:
    """The source account agrees to one call, and to nothing that it leads to."""
    call = xdr.InvokeContractArgs(
        Address(contract).to_xdr_sc_address(), xdr.SCSymbol(function.encode()), arguments
    )
    authorised = xdr.SorobanAuthorizedFunction(
        xdr.SorobanAuthorizedFunctionType.SOROBAN_AUTHORIZED_FUNCTION_TYPE_CONTRACT_FN,
        contract_fn=call,
    )
    return xdr.SorobanAuthorizationEntry(
        xdr.SorobanCredentials(xdr.SorobanCredentialsType.SOROBAN_CREDENTIALS_SOURCE_ACCOUNT),
        xdr.SorobanAuthorizedInvocation(authorised, []),
    )
