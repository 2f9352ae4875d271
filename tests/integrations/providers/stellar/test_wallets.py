"""Wallets: one per user, opened on the chain by the treasury, frozen when a key does not fit."""

import base64

import pytest
from django.db import transaction
from stellar_sdk import Keypair, TransactionBuilder, TransactionEnvelope, xdr

from integrations.providers.models import Address, Call, Signing, Submission, Wallet
from integrations.providers.stellar import keyring, opening, sending, signer, submission, wallets
from integrations.providers.stellar.key_wrappers import EnvironmentKeyring
from integrations.providers.stellar.networks import network
from ledger.events import SYSTEM
from ledger.models import Account, Event, Finding
from tests.cast import Worker
from tests.integrations.providers.stellar.pretend import Pretend, failure
from tests.integrations.providers.stellar.terms import TREASURY


def ensure(book: int, holder: str = "usr_ada") -> Wallet:
    with transaction.atomic():
        return wallets.ensure(book=book, holder=holder, by=SYSTEM)


def test_a_user_has_one_wallet(book: int) -> None:
    first, second = ensure(book), ensure(book)
    assert first.pk == second.pk
    assert first.status == Wallet.Status.CREATING
    assert Address.across_books.get(address=first.address).subject == first.id
    assert Account.across_books.get(kind="wallet", subject=first.address).owner == "usr_ada"


def test_an_adopted_wallet_is_ready_and_adopted_once(book: int, treasury: Wallet) -> None:
    with transaction.atomic():
        again = wallets.adopt(
            book=book, role=Wallet.Role.TREASURY, secret=TREASURY.secret, by=SYSTEM
        )
    assert again.pk == treasury.pk
    assert (treasury.status, treasury.address) == (Wallet.Status.READY, TREASURY.public_key)


def test_a_wallet_is_opened_by_the_treasury_and_ready_once_its_trustline_is_seen(
    book: int, treasury: Wallet, horizon: Pretend
) -> None:
    wallet = ensure(book)
    opening.open_on_chain(wallet.id)
    asked = submission.latest(wallet.id)
    assert asked is not None
    assert (asked.source, asked.sequence, asked.purpose) == (treasury.address, 101, "wallet.open")
    sending.send(asked.id)
    opening.open_on_chain(wallet.id)  # applied, but not seen yet
    wallet.refresh_from_db()
    assert wallet.status == Wallet.Status.CREATING
    horizon.open_account(wallet.address)
    opening.follow(submission_id=asked.id)
    wallet.refresh_from_db()
    assert wallet.status == Wallet.Status.READY
    assert Event.across_books.filter(type="wallet.created", resource_id=wallet.id).count() == 1
    assert Submission.across_books.count() == 1


def test_both_keys_sign_the_opening_and_both_uses_are_written_down(
    book: int, treasury: Wallet, horizon: Pretend
) -> None:
    wallet = ensure(book)
    opening.open_on_chain(wallet.id)
    asked = Submission.across_books.get()
    envelope = TransactionBuilder.from_xdr(asked.envelope_xdr, network().passphrase)
    assert isinstance(envelope, TransactionEnvelope)
    hints = {signature.signature_hint for signature in envelope.signatures}
    keys = (Keypair.from_public_key(address) for address in (treasury.address, wallet.address))
    assert hints == {key.signature_hint() for key in keys}
    assert set(Signing.across_books.values_list("wallet_id", "tx_hash", "verdict")) == {
        (treasury.id, asked.inner_hash, signer.SIGNED),
        (treasury.id, asked.outer_hash, signer.SIGNED),  # and pays: its bid can be raised, too
        (wallet.id, asked.inner_hash, signer.SIGNED),
    }


def test_an_account_that_somebody_else_has_opened_gets_its_trustline_alone(
    book: int, treasury: Wallet, horizon: Pretend
) -> None:
    wallet = ensure(book)
    horizon.open_account(wallet.address, trusts=False)
    opening.open_on_chain(wallet.id)
    asked = Submission.across_books.get()
    assert asked.purpose == opening.TRUST
    envelope = TransactionBuilder.from_xdr(asked.envelope_xdr, network().passphrase)
    assert isinstance(envelope, TransactionEnvelope)
    done = [type(each).__name__ for each in envelope.transaction.operations]
    assert done == ["BeginSponsoringFutureReserves", "ChangeTrust", "EndSponsoringFutureReserves"]
    sending.send(asked.id)
    horizon.open_account(wallet.address)
    opening.follow(submission_id=asked.id)
    wallet.refresh_from_db()
    assert wallet.status == Wallet.Status.READY
    assert not Finding.across_books.exists()


def test_an_account_that_is_opened_by_somebody_else_in_the_very_moment_gets_its_trustline(
    book: int, treasury: Wallet, horizon: Pretend
) -> None:
    wallet = ensure(book)
    horizon.fails = True
    horizon.result_xdr = failure(xdr.CreateAccountResultCode.CREATE_ACCOUNT_ALREADY_EXIST)
    opening.open_on_chain(wallet.id)
    sending.send(Submission.across_books.get().id)
    horizon.open_account(wallet.address, trusts=False)
    opening.open_on_chain(wallet.id)
    assert Submission.across_books.filter(purpose=opening.TRUST).count() == 1


def test_a_second_wallet_waits_while_the_treasury_is_busy(
    book: int, treasury: Wallet, horizon: Pretend
) -> None:
    ada, ben = ensure(book), ensure(book, "usr_ben")
    opening.open_on_chain(ada.id)
    opening.open_on_chain(ben.id)
    assert submission.latest(ben.id) is None
    sending.send(Submission.across_books.get().id)
    opening.open_on_chain(ben.id)
    second = submission.latest(ben.id)
    assert second is not None
    assert second.sequence == 102


def test_a_wallet_that_waits_asks_nobody_and_is_woken_when_the_treasury_is_free(
    book: int, treasury: Wallet, horizon: Pretend, worker: Worker
) -> None:
    ada, ben, cleo = ensure(book), ensure(book, "usr_ben"), ensure(book, "usr_cleo")
    opening.open_on_chain(ada.id)
    asked = Call.objects.count()
    opening.open_on_chain(cleo.id)
    assert Call.objects.count() == asked
    worker.forget()
    first = Submission.across_books.get()
    sending.send(first.id)
    opening.wake_next(after=first.id)
    assert worker.step() == "providers.open_wallet"
    assert submission.latest(ben.id) is not None
    assert submission.latest(cleo.id) is None


def test_a_failed_opening_waits_for_a_person(book: int, treasury: Wallet, horizon: Pretend) -> None:
    wallet = ensure(book)
    horizon.fails = True
    opening.open_on_chain(wallet.id)
    sending.send(Submission.across_books.get().id)
    opening.open_on_chain(wallet.id)
    opening.open_on_chain(wallet.id)
    assert Submission.across_books.get().status == Submission.Status.FAILED
    finding = Finding.across_books.get(kind=opening.NOT_OPENED)
    finding.resolved_at = Submission.across_books.get().status_since
    finding.save()
    horizon.fails = False
    opening.open_on_chain(wallet.id)
    assert Submission.across_books.count() == 2


def damaged(wallet: Wallet, other: Wallet, *, how: str) -> bytes:
    owner, secret = ("wallet", wallet.id, wallet.address), Keypair.random().raw_secret_key()
    sealed = bytearray(wallet.sealed_key)
    match how:
        case "swapped between rows":
            return bytes(other.sealed_key)
        case "another key":
            return keyring.seal(secret, owner=owner)
        case "sealed with a key that we do not have":
            ring = EnvironmentKeyring("lost:" + base64.b64encode(b"l" * 32).decode())
            return keyring.seal(secret, owner=owner, wrapper=ring)
        case "cut":
            return bytes(sealed[:-1])
        case "a byte of the wrapped data key":
            sealed[len(sealed) // 3] ^= 1
        case _:
            sealed[-1] ^= 1
    return bytes(sealed)


@pytest.mark.parametrize(
    "how",
    [
        "swapped between rows",
        "another key",
        "sealed with a key that we do not have",
        "cut",
        "a byte of the wrapped data key",
        "a byte of the sealed key",
    ],
)
def test_w29_a_key_that_does_not_open_to_its_address_freezes_the_wallet(
    book: int, treasury: Wallet, horizon: Pretend, how: str
) -> None:
    wallet, other = ensure(book), ensure(book, "usr_ben")
    sealed = damaged(wallet, other, how=how)
    Wallet.across_books.filter(pk=wallet.pk).update(sealed_key=sealed)
    opening.open_on_chain(wallet.id)
    wallet.refresh_from_db()
    assert wallet.frozen_at is not None
    assert not Submission.across_books.exists()
    assert Finding.across_books.get(kind="wallet_key_does_not_open").subject == wallet.id
