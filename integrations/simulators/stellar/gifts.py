"""Signed transactions that the sandbox sends by itself: Friendbot's, and a stranger's payments."""

from stellar_sdk import Account as Source
from stellar_sdk import CreateAccount, Keypair, Payment, TransactionBuilder
from stellar_sdk.operation import Operation

from integrations.providers.stellar.networks import network
from integrations.simulators.models import StellarAccount, StellarTransaction
from integrations.simulators.stellar import genesis, ledgers, submission
from integrations.simulators.stellar.amounts import as_amount

FRIENDBOT_GIVES = 10_000 * 10_000_000
_VALID_FOR = 300  # seconds


def from_friendbot(address: str) -> str:
    """The signed envelope that opens `address` with 10 000 XLM."""
    genesis.begin()
    gift = CreateAccount(destination=address, starting_balance=as_amount(FRIENDBOT_GIVES))
    return _signed(genesis.root_key(), gift)


def pay_from_stranger(destination: str, *, amount: int) -> StellarTransaction:
    """A payment of USDC (in stroops) from an account that is not ours, signed and applied.

    Raises `ValueError` if the chain refuses it, as where `destination` has no trustline.
    """
    genesis.begin()
    payment = Payment(destination, network().usdc, as_amount(amount))
    with ledgers.serial_chain():
        paid = submission.submit(_signed(genesis.STRANGER, payment))
        if not paid.successful:
            raise ValueError(f"the stranger's payment failed: {paid.result_codes}")
    return paid


def _signed(key: Keypair, operation: Operation) -> str:
    sender = StellarAccount.objects.get(address=key.public_key)
    expires = int(ledgers.latest().closed_at.timestamp()) + _VALID_FOR
    envelope = (
        TransactionBuilder(Source(sender.address, sender.sequence), network().passphrase)
        .append_operation(operation)
        .add_time_bounds(0, expires)
        .build()
    )
    envelope.sign(key)
    return envelope.to_xdr()
