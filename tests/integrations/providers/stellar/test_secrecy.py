"""Secrecy: nobody but the signer ever has a private key (W-29)."""

import ast
from collections.abc import Iterator
from dataclasses import fields

import pytest
from django.db import Error, transaction

from integrations.providers.models import Bid, Signing, Wallet
from integrations.providers.stellar import opening, signer, wallets
from ledger.events import SYSTEM
from tests.architecture.source import Module, modules
from tests.integrations.providers.stellar.pretend import Pretend
from tests.integrations.providers.stellar.terms import TREASURY

# What makes a private key readable, or uses one.
MAKES_READABLE = {
    "from_secret", "from_raw_ed25519_seed", "from_mnemonic_phrase", "from_shamir_mnemonic_phrases",
    "raw_secret_key", "signing_key", "secret", "unseal",
}  # fmt: skip
# Beside the signer, with what each may touch, and why.
ALLOWED = {
    "integrations.providers.stellar.signer": MAKES_READABLE,
    "integrations.providers.stellar.keyring": {"unseal"},  # defines it, and opens credentials
    "integrations.providers.stellar.networks": {"from_raw_ed25519_seed"},  # pretended, and public
    "config.management.commands.seed": {"secret"},  # makes the sandbox's own accounts
}


def touched(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)


def makes_readable(module: Module) -> set[str]:
    """A `secret` is a key only where the SDK is at hand: webhooks have secrets, too."""
    knows_keys = any(name.startswith("stellar_sdk") for name in module.imports())
    return set(touched(module)) & (MAKES_READABLE if knows_keys else MAKES_READABLE - {"secret"})


def test_w29_only_the_signer_can_have_a_private_key() -> None:
    product = [m for m in modules() if not m.name.startswith("integrations.simulators")]
    assert any(m.name == "integrations.providers.stellar.signer" for m in product)
    found = {m.name: makes_readable(m) for m in product}
    beyond = {name: words - ALLOWED.get(name, set()) for name, words in found.items()}
    assert {name: words for name, words in beyond.items() if words} == {}


def test_w29_what_the_signer_gives_away_is_signed_and_holds_no_key() -> None:
    assert {each.name for each in fields(signer.Signed)} == {"inner_hash", "bump", "envelope_xdr"}
    assert {each.name for each in fields(signer.Bump)} == {"hash", "fee", "envelope_xdr"}


def test_w29_a_sealed_key_is_not_the_key(book: int, treasury: Wallet, horizon: Pretend) -> None:
    sealed = bytes(Wallet.across_books.get(pk=treasury.pk).sealed_key)
    assert TREASURY.raw_secret_key() not in sealed
    assert TREASURY.secret not in repr(treasury) + str(vars(treasury))


@pytest.mark.parametrize("model", [Signing, Bid])
def test_w29_the_record_of_signing_is_only_added_to(
    book: int, treasury: Wallet, model: type[Signing] | type[Bid]
) -> None:
    _ask_for_a_wallet(book)
    assert model.across_books.exists()
    for change in (model.across_books.all().delete, lambda: _rewrite(model)):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            change()


def _ask_for_a_wallet(book: int) -> None:
    with transaction.atomic():
        wallet = wallets.ensure(book=book, holder="usr_ada", by=SYSTEM)
    opening.open_on_chain(wallet.id)


def _rewrite(model: type[Signing] | type[Bid]) -> int:
    return int(model.across_books.update(book_id=0))
