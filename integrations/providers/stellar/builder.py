"""The transactions that we build ourselves, with time bounds from the product's clock."""

from datetime import UTC, datetime, timedelta

from stellar_sdk import Account, TransactionBuilder

from integrations.providers.intents import OpenWallet
from integrations.providers.stellar.networks import network
from integrations.providers.stellar.unsigned import Unsigned

BID = 10_000  # stroops of XLM per operation; the network charges only what clears
LIFE = timedelta(seconds=120)


def open_wallet(intent: OpenWallet, *, sequence: int, now: datetime) -> Unsigned:
    """An account with 0 XLM and a USDC trustline; `intent.signer` locks up the reserves for it."""
    max_time = datetime.fromtimestamp(int((now + LIFE).timestamp()), UTC)
    ours = network()
    builder = (
        TransactionBuilder(Account(intent.signer, sequence - 1), ours.passphrase, base_fee=BID)
        .append_begin_sponsoring_future_reserves_op(intent.address)
        .append_create_account_op(intent.address, "0")
        .append_change_trust_op(ours.usdc, source=intent.address)
        .append_end_sponsoring_future_reserves_op(source=intent.address)
        .add_time_bounds(0, int(max_time.timestamp()))
    )
    return Unsigned(envelope=builder.build(), max_time=max_time)
