"""The signer: the only module in which a private key is ever readable."""

from dataclasses import asdict, dataclass, field

from stellar_sdk import (
    FeeBumpTransactionEnvelope,
    Keypair,
    TransactionBuilder,
    TransactionEnvelope,
)

from integrations.providers.intents import Intent, PayFees
from integrations.providers.models import Signing, Wallet
from integrations.providers.stellar import keyring, limits
from integrations.providers.stellar.key_wrappers import CannotOpen
from integrations.providers.stellar.networks import network
from integrations.providers.stellar.unsigned import Unsigned
from ledger import clock
from ledger.findings import find

SIGNED = "signed"


class Corrupted(Exception):
    """The sealed key of a wallet does not open to the wallet's address; the wallet is frozen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bump:
    """A signed fee bump; `fee` is the most that it may cost, in stroops of XLM."""

    hash: str
    fee: int
    envelope_xdr: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signed transaction, and the first fee bump around it."""

    inner_hash: str
    bump: Bump
    envelope_xdr: str = field(repr=False)


def new_key(*, wallet: str) -> tuple[str, bytes]:
    """A fresh random key for the wallet with this id: its address, and the key sealed."""
    return _sealed(Keypair.random(), wallet)


def known_key(secret: str, *, wallet: str) -> tuple[str, bytes]:
    """A key that we were given (`S…`): its address, and the key sealed."""
    return _sealed(Keypair.from_secret(secret), wallet)


def sign(
    unsigned: Unsigned, *, intent: Intent, wallets: list[Wallet], payer: Wallet, bid: int
) -> Signed:
    """Sign with the key of each of `wallets`, the source's first; `payer` pays the fee.

    `bid` is what an operation may cost, in stroops of XLM. Every use of a key is written down.
    Raises `Corrupted`, and `limits.Exceeded` for more than the wallet has.
    """
    limits.check(intent, wallet=wallets[0])
    envelope = unsigned.envelope
    inner_hash = envelope.hash_hex()
    for wallet in wallets:
        envelope.sign(_open(wallet, wallet.sealed_key))
        _write_down(wallet, intent, inner_hash)
    bump = _bump(envelope, payer, bid)
    _write_down(payer, intent, bump.hash)
    return Signed(inner_hash=inner_hash, envelope_xdr=envelope.to_xdr(), bump=bump)


def pay_fees(intent: PayFees, *, signed_xdr: str, payer: Wallet) -> Bump:
    """One more fee bump around a transaction that this signer has signed, unchanged.

    Raises `Corrupted`, and `ValueError` if it is not the transaction that `intent` names.
    """
    envelope = TransactionEnvelope.from_xdr(signed_xdr, network().passphrase)
    if envelope.hash_hex() != intent.inner_hash:
        raise ValueError(f"{intent.submission} is not the transaction {intent.inner_hash}")
    bump = _bump(envelope, payer, intent.bid)
    _write_down(payer, intent, bump.hash)
    return bump


def rewrapped(wallet: Wallet) -> bytes:
    """The sealed key of a wallet, wrapped by the keyring's first key, and seen to open.

    Raises `Corrupted`.
    """
    _open(wallet, wallet.sealed_key)
    sealed = keyring.rewrap(wallet.sealed_key, owner=_owner(wallet.id, wallet.address))
    _open(wallet, sealed)
    return sealed


def refuse(wallet: Wallet, *, intent: Intent, why: str) -> None:
    """Write down that a key was kept from being used."""
    _write_down(wallet, intent, "", verdict=why)


def _bump(envelope: TransactionEnvelope, payer: Wallet, bid: int) -> Bump:
    inner = envelope.transaction
    resources = inner.soroban_data.resource_fee.int64 if inner.soroban_data else 0
    bid_within = -(-(inner.fee - resources) // len(inner.operations))  # per operation, rounded up
    bump: FeeBumpTransactionEnvelope = TransactionBuilder.build_fee_bump_transaction(
        payer.address, max(bid, bid_within), envelope, network().passphrase
    )
    bump.sign(_open(payer, payer.sealed_key))
    fee = int(bump.transaction.fee)
    return Bump(hash=bump.hash_hex(), fee=fee, envelope_xdr=bump.to_xdr())


def _open(wallet: Wallet, sealed: bytes | memoryview) -> Keypair:
    try:
        seed = keyring.unseal(sealed, owner=_owner(wallet.id, wallet.address))
    except CannotOpen as flaw:
        raise _freeze(wallet, str(flaw)) from flaw
    pair = Keypair.from_raw_ed25519_seed(seed)
    if pair.public_key != wallet.address:
        raise _freeze(wallet, f"the sealed key is that of {pair.public_key}")
    return pair


def _freeze(wallet: Wallet, why: str) -> Corrupted:
    rows = Wallet.across_books.filter(pk=wallet.pk, frozen_at=None)
    rows.update(frozen_at=clock.now())
    find(
        book=wallet.book_id,
        kind="wallet_key_does_not_open",
        subject=wallet.id,
        trail=wallet.trail,
        expected={"address": wallet.address},
        observed={"why": why},
    )
    return Corrupted(f"{wallet.id}: {why}")


def _sealed(pair: Keypair, wallet: str) -> tuple[str, bytes]:
    owner = _owner(wallet, pair.public_key)
    return pair.public_key, keyring.seal(pair.raw_secret_key(), owner=owner)


def _owner(wallet: str, address: str) -> tuple[str, ...]:
    return ("wallet", wallet, address)


def _write_down(
    wallet: Wallet, intent: Intent | PayFees, tx_hash: str, *, verdict: str = SIGNED
) -> None:
    Signing.across_books.create(
        book_id=wallet.book_id,
        wallet=wallet,
        intent={"intent": type(intent).__name__, **asdict(intent)},
        tx_hash=tx_hash,
        verdict=verdict,
    )
