"""The guard: the honest transaction passes, and no other does."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from stellar_sdk import Asset, MuxedAccount, StrKey, TransactionBuilder, scval, xdr

from integrations.providers.intents import EscrowIntent
from integrations.providers.stellar import guard
from integrations.providers.stellar.invocations import authorisation_of, deployed_contract
from integrations.providers.stellar.networks import network
from tests.integrations.providers.stellar.terms import (
    ACTS,
    ADA,
    APPROVE,
    CONTRACT,
    DEPLOY,
    FUND,
    MALLORY,
    MARK_DONE,
    NOW,
    RELEASE,
    ROLES,
    SALT,
    SEQUENCE,
    TREASURY,
    builder_for,
    call_for,
    envelope_of,
    honest,
    stranger,
)

SOON = int(NOW.timestamp()) + 300
HONEST_DEPLOYMENT = honest(DEPLOY).to_xdr()


def check(envelope_xdr: str, intent: EscrowIntent) -> guard.Unsigned:
    return guard.check(envelope_xdr, intent, sequence=SEQUENCE, now=NOW)


def refused(envelope_xdr: str, intent: EscrowIntent) -> str:
    with pytest.raises(guard.Tampered) as refusal:
        check(envelope_xdr, intent)
    return str(refusal.value)


def drain(source: str) -> xdr.SorobanAuthorizedInvocation:
    """Everything that `source` has, to Mallory."""
    call = replace(
        call_for(FUND).children[0],
        arguments=[
            scval.to_address(source),
            scval.to_address(MALLORY.public_key),
            scval.to_int128(10**15),
        ],
    )
    return authorisation_of(call).root_invocation


# -- What passes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("intent", ACTS, ids=lambda act: type(act).__name__)
def test_the_honest_transaction_passes(intent: EscrowIntent) -> None:
    checked = check(honest(intent).to_xdr(), intent)
    assert checked.envelope.hash_hex() == honest(intent).hash_hex()
    assert checked.max_time == datetime.fromtimestamp(SOON, UTC)
    assert (checked.source, checked.sequence) == (intent.signer, SEQUENCE)


def test_a_deployment_says_where_the_contract_will_be() -> None:
    checked = check(honest(DEPLOY).to_xdr(), DEPLOY)
    assert checked.contract_id == deployed_contract(network(), salt=SALT)
    assert StrKey.is_valid_contract(checked.contract_id)
    assert check(honest(FUND).to_xdr(), FUND).contract_id == ""


@override_settings(TRUSTLESS_WORK_WASM_HASH="ab" * 32)
def test_code_that_we_do_not_know_is_never_called() -> None:
    with pytest.raises(ImproperlyConfigured, match="known call shapes"):
        check(HONEST_DEPLOYMENT, DEPLOY)


# -- Another call ----------------------------------------------------------------------------------


def test_ten_times_the_amount_is_refused() -> None:
    greedy = replace(FUND, amount=FUND.amount * 10)
    assert "arguments" in refused(honest(greedy).to_xdr(), FUND)


def test_another_contract_is_refused() -> None:
    elsewhere = replace(FUND, contract_id=StrKey.encode_contract(b"\x08" * 32))
    assert "another contract" in refused(honest(elsewhere).to_xdr(), FUND)


def test_another_function_is_refused() -> None:
    call = replace(call_for(APPROVE), function="release_funds")
    assert "another function" in refused(envelope_of(call, APPROVE.signer).to_xdr(), APPROVE)


@pytest.mark.parametrize("role", ["receiver", "approver", "release_signer", "platform_address"])
@pytest.mark.parametrize("intent", [DEPLOY, FUND], ids=["deploy", "fund"])
def test_a_role_swapped_inside_the_struct_is_refused(intent: EscrowIntent, role: str) -> None:
    terms = replace(DEPLOY, roles=replace(ROLES, **{role: MALLORY.public_key}))
    swapped = terms if intent is DEPLOY else replace(FUND, terms=terms)
    assert "arguments" in refused(honest(swapped).to_xdr(), intent)


def test_another_fee_is_refused() -> None:
    dearer = replace(DEPLOY, platform_fee_bps=9_900)
    assert "arguments" in refused(honest(dearer).to_xdr(), DEPLOY)


def test_another_recipient_of_the_protocol_fee_is_refused() -> None:
    call = call_for(RELEASE)
    to_mallory = replace(call, arguments=[call.arguments[0], scval.to_address(MALLORY.public_key)])
    assert "arguments" in refused(envelope_of(to_mallory, RELEASE.signer).to_xdr(), RELEASE)


def test_a_deployment_of_other_code_is_refused() -> None:
    call = call_for(DEPLOY)
    arguments = [call.arguments[0], scval.to_bytes(b"\x01" * 32), *call.arguments[2:]]
    other_code = replace(call, arguments=arguments)
    assert "arguments" in refused(envelope_of(other_code, DEPLOY.signer).to_xdr(), DEPLOY)


def test_a_deployment_by_another_factory_is_refused() -> None:
    elsewhere = replace(call_for(DEPLOY), contract_id=CONTRACT)
    assert "another contract" in refused(envelope_of(elsewhere, DEPLOY.signer).to_xdr(), DEPLOY)


@pytest.mark.parametrize("salt", [scval.to_bytes(b"short"), scval.to_uint32(1)])
def test_a_deployment_without_a_proper_salt_is_refused(salt: xdr.SCVal) -> None:
    call = call_for(DEPLOY)
    odd = replace(call, arguments=[*call.arguments[:2], salt, *call.arguments[3:]])
    assert "salt" in refused(envelope_of(odd, DEPLOY.signer).to_xdr(), DEPLOY)


def test_another_evidence_is_refused() -> None:
    other = replace(MARK_DONE, evidence="https://y")
    assert "arguments" in refused(honest(other).to_xdr(), MARK_DONE)


# -- More than the call ----------------------------------------------------------------------------


@pytest.mark.parametrize("intent", ACTS, ids=lambda act: type(act).__name__)
def test_a_branch_added_to_what_is_authorised_is_refused(intent: EscrowIntent) -> None:
    entry = authorisation_of(call_for(intent))
    entry.root_invocation.sub_invocations.append(drain(intent.signer))
    tampered = envelope_of(call_for(intent), intent.signer, auth=[entry])
    assert "something more" in refused(tampered.to_xdr(), intent)


def test_a_transfer_to_somebody_else_below_the_funding_is_refused() -> None:
    entry = authorisation_of(call_for(FUND))
    entry.root_invocation.sub_invocations = [drain(FUND.signer)]
    tampered = envelope_of(call_for(FUND), FUND.signer, auth=[entry])
    assert "something else" in refused(tampered.to_xdr(), FUND)


def test_a_second_authorisation_is_refused() -> None:
    entry = authorisation_of(call_for(APPROVE))
    tampered = envelope_of(call_for(APPROVE), APPROVE.signer, auth=[entry, entry])
    assert "exactly one authorisation" in refused(tampered.to_xdr(), APPROVE)


def test_a_missing_authorisation_is_refused() -> None:
    tampered = envelope_of(call_for(APPROVE), APPROVE.signer, auth=[])
    assert "exactly one authorisation" in refused(tampered.to_xdr(), APPROVE)


def test_credentials_of_an_address_are_refused() -> None:
    entry = authorisation_of(call_for(APPROVE))
    entry.credentials = xdr.SorobanCredentials(
        xdr.SorobanCredentialsType.SOROBAN_CREDENTIALS_ADDRESS,
        address=xdr.SorobanAddressCredentials(
            address=scval.to_address(ADA.public_key).address,
            nonce=xdr.Int64(1),
            signature_expiration_ledger=xdr.Uint32(9),
            signature=scval.to_void(),
        ),
    )
    tampered = envelope_of(call_for(APPROVE), APPROVE.signer, auth=[entry])
    assert "something else" in refused(tampered.to_xdr(), APPROVE)


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
