"""Signed transactions that the sandbox sends by itself: Friendbot's, a stranger's, the issuer's."""

from collections.abc import Mapping

from stellar_sdk import Account as Source
from stellar_sdk import (
    AccountMerge,
    Address,
    Asset,
    Claimant,
    Clawback,
    CreateAccount,
    CreateClaimableBalance,
    InvokeHostFunction,
    Keypair,
    Memo,
    PathPaymentStrictReceive,
    Payment,
    SorobanDataBuilder,
    TextMemo,
    TransactionBuilder,
    scval,
    xdr,
)
from stellar_sdk.operation import Operation

from integrations.providers.stellar.networks import network
from integrations.simulators.models import StellarAccount, StellarTransaction
from integrations.simulators.stellar import exchange, fees, genesis, ledgers, submission
from integrations.simulators.stellar.amounts import as_amount
from integrations.simulators.stellar.contracts.calls import call_of
from integrations.simulators.stellar.validation import Rejected

FRIENDBOT_GIVES = 10_000 * 10_000_000
_VALID_FOR = 300  # seconds
_RESOURCE_FEE = 50_000  # stroops, of a contract call
_STRANGER = genesis.STRANGER


class Refused(ValueError):
    """The chain refused what the sandbox tried; the text is its result codes."""


def from_friendbot(address: str) -> str:
    """The signed envelope that opens `address` with 10 000 XLM."""
    genesis.begin()
    gift = CreateAccount(destination=address, starting_balance=as_amount(FRIENDBOT_GIVES))
    return _signed(genesis.root_key(), gift)


def pay_from_stranger(
    destination: str, *, amount: int, asset: Asset | None = None, memo: str = ""
) -> StellarTransaction:
    """A payment, of USDC unless told otherwise, from an account that is not ours.

    `amount` is in stroops, `destination` may be muxed, `memo` is a text. Raises `Refused`, as
    where `destination` has no trustline.
    """
    payment = Payment(destination, asset or network().usdc, as_amount(amount))
    return _sent(_STRANGER, payment, memo=TextMemo(memo) if memo else None)


def pay_foreign(destination: str, *, amount: int, code: str) -> StellarTransaction:
    """A payment of a stranger's own asset, which may call itself USDC. Raises `Refused`.

    The account is made to trust the asset first: nothing arrives where it is not trusted.
    """
    foreign = Asset(code, _STRANGER.public_key)
    genesis.begin()
    genesis.trust(destination, asset=foreign)
    return pay_from_stranger(destination, amount=amount, asset=foreign)


def pay_several(amounts: Mapping[str, int]) -> StellarTransaction:
    """One transaction that pays USDC to each of several accounts. Raises `Refused`."""
    usdc = network().usdc
    payments = [Payment(address, usdc, as_amount(amount)) for address, amount in amounts.items()]
    return _sent(_STRANGER, *payments)


def pay_by_path(destination: str, *, amount: int) -> StellarTransaction:
    """XLM leaves the stranger, and `amount` of USDC arrives. Raises `Refused`."""
    dearest = as_amount(amount * exchange.XLM_PER_USDC)
    usdc, xlm = network().usdc, Asset.native()
    path = PathPaymentStrictReceive(destination, xlm, dearest, usdc, as_amount(amount), [])
    return _sent(_STRANGER, path)


def pay_by_contract(destination: str, *, amount: int) -> StellarTransaction:
    """A transfer by the USDC contract, to an account or to a contract. Raises `Refused`."""
    arguments = [
        scval.to_address(_STRANGER.public_key),
        scval.to_address(Address(destination)),
        scval.to_int128(amount),
    ]
    return _sent(_STRANGER, _agreed_call(network().usdc_contract, "transfer", arguments))


def pay_by_merge(destination: str, *, xlm: int) -> StellarTransaction:
    """An account that ends, and leaves its XLM (stroops) to `destination`. Raises `Refused`."""
    genesis.begin()
    ending = Keypair.random()
    with ledgers.serial_chain():
        _sent(_STRANGER, CreateAccount(ending.public_key, as_amount(xlm + fees.base_fee())))
        # An account can only end in a ledger later than the one that it began in.
        return _sent(ending, AccountMerge(destination))


def lay_ready(destination: str, *, amount: int) -> StellarTransaction:
    """A claimable balance of USDC for `destination`, which may leave it there. Raises `Refused`."""
    ready = CreateClaimableBalance(network().usdc, as_amount(amount), [Claimant(destination)])
    return _sent(_STRANGER, ready)


def claw_back(holder: str, *, amount: int) -> StellarTransaction:
    """The issuer takes USDC (stroops) back from an account. Raises `Refused`."""
    return _sent(genesis.ISSUER, Clawback(network().usdc, holder, as_amount(amount)))


def _sent(key: Keypair, *operations: Operation, memo: Memo | None = None) -> StellarTransaction:
    genesis.begin()
    with ledgers.serial_chain():
        try:
            sent = submission.submit(_signed(key, *operations, memo=memo))
        except Rejected as rejected:
            raise Refused(f"the chain refuses: {rejected}") from rejected
        if not sent.successful:
            raise Refused(f"the chain refuses: {sent.result_codes}")
    return sent


def _signed(key: Keypair, *operations: Operation, memo: Memo | None = None) -> str:
    sender = StellarAccount.objects.get(address=key.public_key)
    expires = int(ledgers.latest().closed_at.timestamp()) + _VALID_FOR
    source = Source(sender.address, sender.sequence)
    builder = TransactionBuilder(source, network().passphrase, base_fee=fees.base_fee())
    for operation in operations:
        builder.append_operation(operation)
        if isinstance(operation, InvokeHostFunction):
            resources = SorobanDataBuilder().set_resource_fee(_RESOURCE_FEE).build()
            builder.set_soroban_data(resources)
    if memo is not None:
        builder.add_memo(memo)
    envelope = builder.add_time_bounds(0, expires).build()
    envelope.sign(key)
    return envelope.to_xdr()


def _agreed_call(contract: str, function: str, arguments: list[xdr.SCVal]) -> InvokeHostFunction:
    """A call to which the source account agrees by signing the transaction."""
    call = call_of(contract, function, arguments)
    agreed = xdr.SorobanAuthorizedFunction(
        xdr.SorobanAuthorizedFunctionType.SOROBAN_AUTHORIZED_FUNCTION_TYPE_CONTRACT_FN,
        contract_fn=call,
    )
    by_source = xdr.SorobanCredentials(
        xdr.SorobanCredentialsType.SOROBAN_CREDENTIALS_SOURCE_ACCOUNT
    )
    return InvokeHostFunction(
        xdr.HostFunction(
            xdr.HostFunctionType.HOST_FUNCTION_TYPE_INVOKE_CONTRACT, invoke_contract=call
        ),
        auth=[
            xdr.SorobanAuthorizationEntry(by_source, xdr.SorobanAuthorizedInvocation(agreed, []))
        ],
    )
