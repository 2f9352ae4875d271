"""The guard on disputes, resolutions and milestones: who gets how much, and of which."""

from dataclasses import replace

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from stellar_sdk import scval, xdr

from integrations.providers.intents import EscrowIntent, ResolveDispute, Share, WithdrawRemaining
from integrations.providers.stellar.invocations import authorisation_of
from integrations.providers.stellar.networks import network
from tests.integrations.providers.stellar.guarding import check, refused
from tests.integrations.providers.stellar.terms import (
    ACTS,
    ADA,
    DEPLOY,
    FUND,
    MALLORY,
    MULTI_DEPLOY,
    MULTI_DISPUTE,
    MULTI_FUND,
    MULTI_RELEASE,
    MULTI_RESOLVE,
    RESOLVE,
    WITHDRAW,
    call_for,
    elsewhere,
    envelope_of,
    honest,
)

DIVISIONS = [RESOLVE, MULTI_RESOLVE, WITHDRAW]
Division = ResolveDispute | WithdrawRemaining
divisions = pytest.mark.parametrize("intent", DIVISIONS, ids=["single", "multi", "withdraw"])
every_act = pytest.mark.parametrize("intent", ACTS, ids=lambda it: f"{it.kind}-{type(it).__name__}")


@divisions
def test_shares_are_a_map_in_whatever_order_they_are_named(intent: Division) -> None:
    turned = replace(intent, shares=intent.shares[::-1])
    assert check(honest(turned).to_xdr(), intent).source == intent.signer


@divisions
def test_one_stroop_more_for_one_of_them_is_refused(intent: Division) -> None:
    first, second = intent.shares
    greedy = (replace(first, amount=first.amount + 1), replace(second, amount=second.amount - 1))
    assert "arguments" in refused(honest(replace(intent, shares=greedy)).to_xdr(), intent)


@divisions
def test_a_stranger_among_the_shares_is_refused(intent: Division) -> None:
    swapped = (intent.shares[0], replace(intent.shares[1], address=MALLORY.public_key))
    assert "arguments" in refused(honest(replace(intent, shares=swapped)).to_xdr(), intent)
    added = (*intent.shares, Share(address=MALLORY.public_key, amount=1))
    assert "arguments" in refused(honest(replace(intent, shares=added)).to_xdr(), intent)
    fewer = intent.shares[:1]
    assert "arguments" in refused(honest(replace(intent, shares=fewer)).to_xdr(), intent)


@pytest.mark.parametrize("intent", [RESOLVE, MULTI_RESOLVE, MULTI_RELEASE, WITHDRAW])
def test_the_protocol_fee_goes_to_nobody_else(intent: EscrowIntent) -> None:
    call = call_for(intent)
    pinned = scval.to_address(network().protocol_fee_address)
    stolen = scval.to_address(MALLORY.public_key)
    arguments = [stolen if value == pinned else value for value in call.arguments]
    assert arguments != call.arguments
    tampered = envelope_of(replace(call, arguments=arguments), intent.signer)
    assert "arguments" in refused(tampered.to_xdr(), intent)


@pytest.mark.parametrize("intent", [MULTI_RELEASE, MULTI_DISPUTE, MULTI_RESOLVE])
def test_another_milestone_is_refused(intent: EscrowIntent) -> None:
    other = replace(intent, index=0)
    assert "arguments" in refused(honest(other).to_xdr(), intent)


@pytest.mark.parametrize(
    "change", [{"amount": 1}, {"receiver": MALLORY.public_key}, {"description": "y"}]
)
def test_a_milestone_swapped_inside_the_struct_is_refused(change: dict[str, object]) -> None:
    first, second = MULTI_DEPLOY.milestones
    terms = replace(MULTI_DEPLOY, milestones=(first, replace(second, **change)))
    assert "arguments" in refused(honest(terms).to_xdr(), MULTI_DEPLOY)
    assert "arguments" in refused(honest(replace(MULTI_FUND, terms=terms)).to_xdr(), MULTI_FUND)


def test_a_deployment_of_the_other_kind_is_refused() -> None:
    assert "another function" in refused(honest(DEPLOY).to_xdr(), MULTI_DEPLOY)
    assert "arguments" in refused(honest(FUND).to_xdr(), MULTI_FUND)


@every_act
def test_no_act_carries_a_second_branch_or_a_second_permission(intent: EscrowIntent) -> None:
    call = call_for(intent)
    drained = replace(call, children=(*call.children, elsewhere(call)))
    branched = envelope_of(call, intent.signer, auth=[authorisation_of(drained)])
    assert "authorises" in refused(branched.to_xdr(), intent)
    twice = [authorisation_of(call), authorisation_of(elsewhere(call))]
    assert "one authorisation" in refused(
        envelope_of(call, intent.signer, auth=twice).to_xdr(), intent
    )
    assert "one authorisation" in refused(
        envelope_of(call, intent.signer, auth=[]).to_xdr(), intent
    )


@every_act
def test_no_act_is_permitted_by_an_address_instead_of_the_source(intent: EscrowIntent) -> None:
    call = call_for(intent)
    entry = authorisation_of(call)
    entry.credentials = xdr.SorobanCredentials(
        xdr.SorobanCredentialsType.SOROBAN_CREDENTIALS_ADDRESS,
        address=xdr.SorobanAddressCredentials(
            scval.to_address(intent.signer).address,
            xdr.Int64(1),
            xdr.Uint32(2**32 - 1),
            scval.to_void(),
        ),
    )
    tampered = envelope_of(call, intent.signer, auth=[entry])
    assert "authorises" in refused(tampered.to_xdr(), intent)


@every_act
def test_no_act_calls_another_function_or_contract(intent: EscrowIntent) -> None:
    call = call_for(intent)
    renamed = envelope_of(replace(call, function="update_escrow"), intent.signer)
    assert "another function" in refused(renamed.to_xdr(), intent)
    moved = envelope_of(replace(call, contract_id=network().usdc_contract), intent.signer)
    assert "another contract" in refused(moved.to_xdr(), intent)


@every_act
def test_every_act_is_bound_to_its_time_sequence_and_source(intent: EscrowIntent) -> None:
    call = call_for(intent)
    assert "too long" in refused(honest(intent, expires=2**40).to_xdr(), intent)
    assert "sequence" in refused(envelope_of(call, intent.signer, sequence=7).to_xdr(), intent)
    assert "source" in refused(envelope_of(call, MALLORY.public_key).to_xdr(), intent)


@pytest.mark.parametrize(
    "shares",
    [
        (Share(address=ADA.public_key, amount=1), Share(address=ADA.public_key, amount=2)),
        (Share(address=ADA.public_key, amount=0),),
        (Share(address=ADA.public_key, amount=-1),),
    ],
)
def test_a_share_that_would_vanish_cannot_even_be_meant(shares: tuple[Share, ...]) -> None:
    for intent in DIVISIONS:
        with pytest.raises(ValueError, match="each address has one share"):
            replace(intent, shares=shares)


@override_settings(TRUSTLESS_WORK_MULTI_WASM_HASH="ab" * 32)
def test_each_kind_pins_its_own_code() -> None:
    assert check(honest(DEPLOY).to_xdr(), DEPLOY)
    with pytest.raises(ImproperlyConfigured, match="TRUSTLESS_WORK_MULTI_WASM_HASH"):
        call_for(MULTI_DEPLOY)
