"""The guard: the honest transaction passes, and no other does."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from stellar_sdk import StrKey, scval, xdr

from integrations.providers.intents import EscrowIntent
from integrations.providers.stellar.invocations import authorisation_of, deployed_contract
from integrations.providers.stellar.networks import network
from tests.integrations.providers.stellar.guarding import check, refused
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
    call_for,
    envelope_of,
    honest,
)

SOON = int(NOW.timestamp()) + 300
HONEST_DEPLOYMENT = honest(DEPLOY).to_xdr()


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
