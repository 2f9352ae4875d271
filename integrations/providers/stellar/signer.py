"""The signer: the only module in which a private key is ever readable."""

from dataclasses import asdict, dataclass, field

from stellar_sdk import FeeBumpTransactionEnvelope, Keypair, TransactionBuilder

from integrations.providers.intents import Intent
from integrations.providers.models import Signing, Wallet
from integrations.providers.stellar import keyring
from integrations.providers.stellar.builder import BID
from integrations.providers.stellar.networks import network
from integrations.providers.stellar.unsigned import Unsigned
from ledger import clock
from ledger.findings import find

SIGNED = "signed"


class Corrupted(Exception):
    """The sealed key of a wallet does not open to the wallet's address; the wallet is frozen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    inner_hash: str
    outer_hash: str  # of the fee bump; the inner one where there is none
    envelope_xdr: str = field(repr=False)


def new_key(*, wallet: str) -> tuple[str, bytes]:
    """A fresh random key for the wallet with this id: its address, and the key sealed."""
    return _sealed(Keypair.random(), wallet)


def known_key(secret: str, *, wallet: str) -> tuple[str, bytes]:
    """A key that we were given (`S…`): its address, and the key sealed."""
    return _sealed(Keypair.from_secret(secret), wallet)


def sign(unsigned: Unsigned, *, intent: Intent, wallets: list[Wallet], payer: Wallet) -> Signed:
    """Sign with the key of each of `wallets`, the source's first; `payer` pays where it is another.

    Every use of a key is written down. Raises `Corrupted`.
    """
    envelope = unsigned.envelope
    inner_hash = envelope.hash_hex()
    for wallet in wallets:
        envelope.sign(_open(wallet))
        _write_down(wallet, intent, inner_hash)
    if payer.address == unsigned.source:
        return Signed(inner_hash=inner_hash, outer_hash=inner_hash, envelope_xdr=envelope.to_xdr())
    bump = _bump(unsigned, payer)
    bump.sign(_open(payer))
    _write_down(payer, intent, bump.hash_hex())
    return Signed(inner_hash=inner_hash, outer_hash=bump.hash_hex(), envelope_xdr=bump.to_xdr())


def refuse(wallet: Wallet, *, intent: Intent, why: str) -> None:
    """Write down that the guard kept a key from being used."""
    _write_down(wallet, intent, "", verdict=why)


def _bump(unsigned: Unsigned, payer: Wallet) -> FeeBumpTransactionEnvelope:
    inner = unsigned.envelope.transaction
    resources = inner.soroban_data.resource_fee.int64 if inner.soroban_data else 0
    bid_within = -(-(inner.fee - resources) // len(inner.operations))  # per operation, rounded up
    return TransactionBuilder.build_fee_bump_transaction(
        payer.address, max(BID, bid_within), unsigned.envelope, network().passphrase
    )


def _open(wallet: Wallet) -> Keypair:
    try:
        seed = keyring.unseal(wallet.sealed_key, owner=_owner(wallet.id, wallet.address))
    except keyring.CannotOpen as flaw:
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


def _write_down(wallet: Wallet, intent: Intent, tx_hash: str, *, verdict: str = SIGNED) -> None:
    Signing.across_books.create(
        book_id=wallet.book_id,
        wallet=wallet,
        intent={"intent": type(intent).__name__, **asdict(intent)},
        tx_hash=tx_hash,
        verdict=verdict,
    )
