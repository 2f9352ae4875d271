"""The transactions that we build ourselves, with time bounds from the product's clock."""

from datetime import UTC, datetime, timedelta

from stellar_sdk import Account, HashMemo, IdMemo, Memo, TextMemo, TransactionBuilder

from integrations.providers.intents import MemoType, OpenWallet, PayUsdc, TrustUsdc
from integrations.providers.stellar.networks import network
from integrations.providers.stellar.unsigned import Unsigned
from ledger import money

# Stroops of XLM per operation, the least that is allowed: what is offered stands on the fee bump
# around it, which may be raised and never lowered below what it wraps.
BASE_FEE = 100
LIFE = timedelta(seconds=120)


def open_wallet(intent: OpenWallet, *, sequence: int, now: datetime) -> Unsigned:
    """An account with 0 XLM and a USDC trustline; `intent.signer` locks up the reserves for it."""
    builder = (
        _begin(intent.signer, sequence)
        .append_begin_sponsoring_future_reserves_op(intent.address)
        .append_create_account_op(intent.address, "0")
        .append_change_trust_op(network().usdc, source=intent.address)
        .append_end_sponsoring_future_reserves_op(source=intent.address)
    )
    return _bounded(builder, now)


def trust_usdc(intent: TrustUsdc, *, sequence: int, now: datetime) -> Unsigned:
    """A USDC trustline for an account that exists; `intent.signer` locks up its reserve."""
    builder = (
        _begin(intent.signer, sequence)
        .append_begin_sponsoring_future_reserves_op(intent.address)
        .append_change_trust_op(network().usdc, source=intent.address)
        .append_end_sponsoring_future_reserves_op(source=intent.address)
    )
    return _bounded(builder, now)


def pay_usdc(intent: PayUsdc, *, sequence: int, now: datetime) -> Unsigned:
    """One payment of USDC, with the memo that the recipient asked for."""
    amount = money.text(intent.amount)
    builder = _begin(intent.signer, sequence).append_payment_op(
        intent.destination, network().usdc, amount
    )
    if intent.memo:
        builder.add_memo(_memo(intent))
    return _bounded(builder, now)


def _memo(intent: PayUsdc) -> Memo:
    match intent.memo_type:
        case MemoType.ID:
            return IdMemo(int(intent.memo))
        case MemoType.HASH:
            return HashMemo(intent.memo)
        case MemoType.TEXT:
            return TextMemo(intent.memo)


def _begin(source: str, sequence: int) -> TransactionBuilder:
    account = Account(source, sequence - 1)
    return TransactionBuilder(account, network().passphrase, base_fee=BASE_FEE)


def _bounded(builder: TransactionBuilder, now: datetime) -> Unsigned:
    max_time = datetime.fromtimestamp(int((now + LIFE).timestamp()), UTC)
    builder.add_time_bounds(0, int(max_time.timestamp()))
    return Unsigned(envelope=builder.build(), max_time=max_time)
