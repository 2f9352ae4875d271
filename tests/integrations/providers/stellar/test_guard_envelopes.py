"""The guard: no other kind of transaction passes, and no other envelope around the call."""

import base64
from datetime import timedelta
from decimal import Decimal

import pytest
from stellar_sdk import Asset, MuxedAccount, TransactionBuilder

from integrations.providers.stellar.networks import network
from tests.integrations.providers.stellar.guarding import check, refused
from tests.integrations.providers.stellar.terms import (
    FUND,
    MALLORY,
    NOW,
    SEQUENCE,
    TREASURY,
    builder_for,
    call_for,
    envelope_of,
    honest,
    stranger,
)

SOON = int(NOW.timestamp()) + 300


# -- Another kind of transaction -------------------------------------------------------------------


def bounded(builder: TransactionBuilder) -> str:
    return builder.add_time_bounds(0, SOON).build().to_xdr()


def test_a_payment_is_refused() -> None:
    builder = builder_for(FUND.signer)
    builder.append_payment_op(MALLORY.public_key, network().usdc, Decimal("100"))
    assert "not a contract call" in refused(bounded(builder), FUND)


def test_a_merge_is_refused() -> None:
    builder = builder_for(FUND.signer).append_account_merge_op(MALLORY.public_key)
    assert "not a contract call" in refused(bounded(builder), FUND)


def test_an_added_signer_is_refused() -> None:
    builder = builder_for(FUND.signer).append_ed25519_public_key_signer(MALLORY.public_key, 255)
    assert "not a contract call" in refused(bounded(builder), FUND)


def test_an_upload_of_code_is_refused() -> None:
    builder = builder_for(FUND.signer).append_upload_contract_wasm_op(b"\0asm")
    assert "makes one" in refused(bounded(builder), FUND)


def test_a_second_operation_is_refused() -> None:
    envelope = honest(FUND)
    builder = builder_for(FUND.signer)
    builder.append_operation(envelope.transaction.operations[0])
    builder.append_payment_op(MALLORY.public_key, Asset.native(), "1")
    assert "exactly one operation" in refused(bounded(builder), FUND)


def test_another_source_is_refused() -> None:
    tampered = envelope_of(call_for(FUND), MALLORY.public_key)
    assert "source" in refused(tampered.to_xdr(), FUND)


def test_another_source_of_the_operation_is_refused() -> None:
    envelope = honest(FUND)
    envelope.transaction.operations[0].source = MuxedAccount.from_account(MALLORY.public_key)
    assert "another source" in refused(envelope.to_xdr(), FUND)


def test_a_muxed_source_is_refused() -> None:
    envelope = honest(FUND)
    envelope.transaction.source = MuxedAccount(TREASURY.public_key, 1)
    assert "source" in refused(envelope.to_xdr(), FUND)


def test_a_fee_bump_is_refused() -> None:
    bump = TransactionBuilder.build_fee_bump_transaction(
        MALLORY.public_key, 100_100, honest(FUND), network().passphrase
    )
    assert "plain" in refused(bump.to_xdr(), FUND)


def test_an_envelope_that_is_signed_already_is_refused() -> None:
    envelope = honest(FUND)
    envelope.sign(stranger())
    assert "signed" in refused(envelope.to_xdr(), FUND)


# -- Another envelope ------------------------------------------------------------------------------


@pytest.mark.parametrize("sequence", [SEQUENCE - 1, SEQUENCE + 1, SEQUENCE + 1000])
def test_another_sequence_number_is_refused(sequence: int) -> None:
    tampered = envelope_of(call_for(FUND), FUND.signer, sequence=sequence)
    assert "sequence" in refused(tampered.to_xdr(), FUND)


def test_a_fee_of_100_xlm_is_refused() -> None:
    tampered = envelope_of(call_for(FUND), FUND.signer, fee=1_000_000_000)
    assert "fee" in refused(tampered.to_xdr(), FUND)


def test_a_memo_is_refused() -> None:
    builder = builder_for(FUND.signer).add_text_memo("hello")
    builder.append_operation(honest(FUND).transaction.operations[0])
    assert "memo" in refused(bounded(builder), FUND)


@pytest.mark.parametrize(
    "after", [timedelta(hours=-1), timedelta(seconds=4), timedelta(minutes=11), timedelta(days=365)]
)
def test_an_expired_a_far_and_a_hasty_expiry_are_refused(after: timedelta) -> None:
    envelope = honest(FUND, expires=int((NOW + after).timestamp()))
    assert "expired" in (why := refused(envelope.to_xdr(), FUND)) or "too long" in why


def test_no_expiry_is_refused() -> None:
    assert "never expires" in refused(honest(FUND, expires=0).to_xdr(), FUND)
    envelope = honest(FUND)
    envelope.transaction.preconditions = None
    assert "no time bounds" in refused(envelope.to_xdr(), FUND)


def test_a_transaction_that_becomes_valid_later_is_refused() -> None:
    builder = builder_for(FUND.signer)
    builder.append_operation(honest(FUND).transaction.operations[0])
    late = builder.add_time_bounds(SOON - 10, SOON).build()
    assert "not valid yet" in refused(late.to_xdr(), FUND)


def test_ledger_bounds_beside_the_time_bounds_are_refused() -> None:
    builder = builder_for(FUND.signer).set_ledger_bounds(0, 9)
    builder.append_operation(honest(FUND).transaction.operations[0])
    assert "conditions" in refused(bounded(builder), FUND)


@pytest.mark.parametrize(
    "text", ["", "AAAA", "not base64!", "A" * 70_000, honest(FUND).to_xdr()[:-8]]
)
def test_garbage_is_refused(text: str) -> None:
    assert refused(text, FUND)


def test_trailing_bytes_are_refused() -> None:
    raw = honest(FUND).to_xdr_object().to_xdr_bytes() + b"\0\0\0\0"
    assert refused(base64.b64encode(raw).decode(), FUND)


def test_the_signature_covers_our_network_and_no_other() -> None:
    checked = check(honest(FUND).to_xdr(), FUND)
    assert checked.envelope.network_passphrase == network().passphrase
