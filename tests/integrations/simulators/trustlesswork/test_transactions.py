"""The transactions that the API builds, and what the contract makes of those it did not build."""

import hashlib
from decimal import Decimal

import pytest
from stellar_sdk import Address, Keypair, StrKey, TransactionEnvelope, scval, xdr

from integrations.providers.stellar.networks import network
from integrations.simulators import clock
from integrations.simulators.models import StellarContract, StellarTrustline
from integrations.simulators.stellar.amounts import to_stroops
from ledger.clock import now
from tests.integrations.simulators.stellar.chain import UNIT, contract_call
from tests.integrations.simulators.trustlesswork.escrows import Deal


def only_call(envelope: TransactionEnvelope) -> xdr.InvokeContractArgs:
    (operation,) = envelope.transaction.operations
    return operation.host_function.invoke_contract


def only_agreement(envelope: TransactionEnvelope) -> xdr.SorobanAuthorizedInvocation:
    (operation,) = envelope.transaction.operations
    (entry,) = operation.auth
    assert entry.credentials.type == (xdr.SorobanCredentialsType.SOROBAN_CREDENTIALS_SOURCE_ACCOUNT)
    return entry.root_invocation


def contract_of(call: xdr.InvokeContractArgs) -> str:
    return Address.from_xdr_sc_address(call.contract_address).address


def test_a_built_transaction_is_the_signers_next_and_short_lived(deal: Deal) -> None:
    envelope = deal.api.build("deployer/single-release", deal.terms())
    transaction = envelope.transaction
    account = deal.chain.server.load_account(deal.funder.public_key)
    assert transaction.source.account_id == deal.funder.public_key
    assert transaction.sequence == account.sequence + 1
    assert transaction.preconditions.time_bounds.min_time == 0
    assert 290 <= transaction.preconditions.time_bounds.max_time - now().timestamp() <= 300
    assert 100 < transaction.fee <= 1_000_000
    assert transaction.fee == transaction.soroban_data.resource_fee.int64 + 100
    assert envelope.signatures == []
    assert transaction.operations[0].source is None


def test_a_deployment_calls_the_factory(deal: Deal) -> None:
    envelope = deal.api.build("deployer/single-release", deal.terms())
    call = only_call(envelope)
    assert contract_of(call) == network().escrow_factory
    assert call.function_name.sc_symbol == b"tw_new_single_release_escrow"
    signer, wasm_hash, salt, init_fn, init_args, constructor_args = call.args
    assert scval.from_address(signer).address == deal.funder.public_key
    assert scval.from_bytes(wasm_hash).hex() == network().escrow_wasm_hash
    assert len(scval.from_bytes(salt)) == 32
    assert scval.from_symbol(init_fn) == "initialize_escrow"
    assert scval.from_vec(constructor_args) == []
    agreement = only_agreement(envelope)
    assert agreement.function.contract_fn == call
    assert agreement.sub_invocations == []
    (escrow,) = scval.from_vec(init_args)
    assert escrow == expected_escrow(deal)


def expected_escrow(deal: Deal) -> xdr.SCVal:
    """The stored struct, member by member."""
    no = scval.to_bool(data=False)
    return scval.to_struct(
        {
            "amount": scval.to_int128(100 * UNIT),
            "description": scval.to_string("A logo"),
            "engagement_id": scval.to_string("ord_1"),
            "flags": scval.to_struct({name: no for name in ("disputed", "released", "resolved")}),
            "milestones": scval.to_vec(
                [
                    scval.to_struct(
                        {
                            "approved": no,
                            "description": scval.to_string("Deliver"),
                            "evidence": scval.to_string(""),
                            "status": scval.to_string("pending"),
                        }
                    )
                ]
            ),
            "platform_fee": scval.to_uint32(500),
            "receiver_memo": scval.to_int128(0),
            "roles": scval.to_struct(
                {
                    "approver": scval.to_address(deal.buyer.public_key),
                    "dispute_resolver": scval.to_address(deal.resolver.public_key),
                    "platform_address": scval.to_address(deal.platform.public_key),
                    "receiver": scval.to_address(deal.seller.public_key),
                    "release_signer": scval.to_address(deal.buyer.public_key),
                    "service_provider": scval.to_address(deal.seller.public_key),
                }
            ),
            "title": scval.to_string("Order 1"),
            "trustline": scval.to_struct({"address": scval.to_address(network().usdc_contract)}),
        }
    )


def test_the_contract_id_follows_from_the_salt(deal: Deal) -> None:
    envelope = deal.api.build("deployer/single-release", deal.terms())
    salt = scval.from_bytes(only_call(envelope).args[2])
    # The preimage written out by hand: type, network id, from-address, contract, factory, salt.
    preimage = (
        (8).to_bytes(4)
        + hashlib.sha256(network().passphrase.encode()).digest()
        + (0).to_bytes(4)
        + (1).to_bytes(4)
        + StrKey.decode_contract(network().escrow_factory)
        + salt
    )
    expected = StrKey.encode_contract(hashlib.sha256(preimage).digest())
    answer = deal.api.send(envelope, deal.funder).json()
    assert answer["contractId"] == expected
    assert answer["escrow"]["roles"] == deal.roles()


def test_funding_agrees_to_one_transfer_and_nothing_else(deal: Deal) -> None:
    envelope = deal.deploy().build("fund-escrow", **deal.funding())
    call, agreement = only_call(envelope), only_agreement(envelope)
    assert call.function_name.sc_symbol == b"fund_escrow"
    assert call.args[1] == expected_escrow(deal)
    assert agreement.function.contract_fn == call
    (transfer,) = agreement.sub_invocations
    below = transfer.function.contract_fn
    assert contract_of(below) == network().usdc_contract
    assert below.function_name.sc_symbol == b"transfer"
    assert below.args == [
        scval.to_address(deal.funder.public_key),
        scval.to_address(deal.contract),
        scval.to_int128(100 * UNIT),
    ]
    assert transfer.sub_invocations == []


def test_every_other_act_agrees_to_its_call_alone(deal: Deal) -> None:
    deal.deploy().fund()
    buyer = deal.buyer.public_key
    built = [
        deal.build("change-milestone-status", **deal.delivery()),
        deal.build("approve-milestone", **deal.approval()),
        deal.build("dispute-escrow", signer=buyer),
    ]
    deal.approve()
    built.append(deal.build("release-funds", releaseSigner=buyer))
    deal.dispute()
    built.append(deal.build("resolve-dispute", **deal.resolution((deal.buyer, "100"))))
    for envelope in built:
        agreement = only_agreement(envelope)
        assert agreement.function.contract_fn == only_call(envelope)
        assert agreement.sub_invocations == []
    assert only_call(built[0]).args == [
        scval.to_int128(0),
        scval.to_string("done"),
        scval.to_string("https://example.org/logo"),
        scval.to_address(deal.seller.public_key),
    ]
    assert only_call(built[3]).args[1] == scval.to_address(network().protocol_fee_address)


def test_building_changes_nothing(deal: Deal) -> None:
    deal.deploy()
    before = StellarContract.objects.get().storage
    deal.build("fund-escrow", **deal.funding())
    deal.build("approve-milestone", **deal.approval())
    assert StellarContract.objects.get().storage == before
    assert deal.balance() == 0


# -- At submission everything is checked again ---------------------------------------------------


def refused(deal: Deal, envelope: TransactionEnvelope, key: Keypair) -> str:
    answer = deal.api.send(envelope, key)
    assert answer.status_code == 400
    return str(answer.json()["message"])


def test_two_built_at_once_share_a_sequence(deal: Deal) -> None:
    deal.deploy()
    first, second = (
        deal.build("fund-escrow", **deal.funding(Decimal(amount))) for amount in (100, 50)
    )
    assert deal.api.send(first, deal.funder).status_code == 201
    assert "tx_bad_seq" in refused(deal, second, deal.funder)
    assert deal.balance() == 100


def test_what_was_built_expires(deal: Deal) -> None:
    envelope = deal.deploy().build("fund-escrow", **deal.funding())
    clock.advance(seconds=301)
    assert "tx_too_late" in refused(deal, envelope, deal.funder)


def test_the_wrong_key_is_refused(deal: Deal) -> None:
    envelope = deal.deploy().build("fund-escrow", **deal.funding())
    assert "tx_bad_auth" in refused(deal, envelope, deal.buyer)


def test_a_lost_answer_is_asked_for_again(deal: Deal) -> None:
    envelope = deal.deploy().build("fund-escrow", **deal.funding())
    first = deal.api.send(envelope, deal.funder)
    again = deal.api.post("helper/send-transaction", {"signedXdr": envelope.to_xdr()})
    assert (first.status_code, again.status_code) == (201, 201)
    assert deal.balance() == 100


def test_what_changed_since_the_build_is_seen(deal: Deal) -> None:
    envelope = deal.deploy().build("fund-escrow", **deal.funding())
    deal.deliver()  # the terms in the envelope are no longer those that are stored
    assert "function_trapped" in refused(deal, envelope, deal.funder)
    assert deal.balance() == 0


def test_a_payout_without_a_trustline_fails_as_a_whole(deal: Deal) -> None:
    deal.deploy().fund().approve()
    envelope = deal.build("release-funds", releaseSigner=deal.buyer.public_key)
    line = StellarTrustline.objects.filter(account_id=deal.seller.public_key)
    line.delete()
    before = deal.chain.xlm(deal.buyer.public_key)
    assert "function_trapped" in refused(deal, envelope, deal.buyer)
    assert deal.balance() == 100
    assert deal.chain.usdc(deal.platform.public_key) == 0
    assert deal.chain.xlm(deal.buyer.public_key) == before - envelope.transaction.fee
    assert "Error(Contract, #13)" in deal.refusal(
        "release-funds", releaseSigner=deal.buyer.public_key
    )


def test_a_release_by_somebody_else_traps(deal: Deal) -> None:
    deal.deploy().fund().approve()
    arguments = only_call(deal.build("release-funds", releaseSigner=deal.buyer.public_key)).args
    forged = contract_call(deal.chain, deal.seller, deal.contract, "release_funds", arguments)
    assert "function_trapped" in refused(deal, forged, deal.seller)
    assert deal.balance() == 100


@pytest.mark.parametrize("tree", ["no transfer below", "another amount below", "nothing at all"])
def test_funding_needs_the_whole_agreement(deal: Deal, tree: str) -> None:
    envelope = deal.deploy().build("fund-escrow", **deal.funding())
    operation, agreement = envelope.transaction.operations[0], only_agreement(envelope)
    if tree == "no transfer below":
        agreement.sub_invocations = []
    elif tree == "another amount below":
        transfer = agreement.sub_invocations[0].function.contract_fn
        transfer.args = [*transfer.args[:2], scval.to_int128(1)]
    else:
        operation.auth = []
    assert "function_trapped" in refused(deal, envelope, deal.funder)
    assert deal.balance() == 0


@pytest.mark.parametrize("signed_xdr", ["", "AAAA", "%"])
def test_garbage_is_refused(deal: Deal, signed_xdr: str) -> None:
    message = deal.api.refusal("helper/send-transaction", {"signedXdr": signed_xdr})
    assert message == "The signed transaction is malformed"


def test_the_resolver_can_withdraw_what_a_release_left(deal: Deal) -> None:
    """The single-release contract has the function; the API does not offer it."""
    withdrawing = [
        scval.to_address(deal.resolver.public_key),
        scval.to_address(network().protocol_fee_address),
        scval.to_map({scval.to_address(deal.buyer.public_key): scval.to_int128(20 * UNIT)}),
    ]

    def withdrawal() -> TransactionEnvelope:
        function = "withdraw_remaining_funds"
        return contract_call(deal.chain, deal.resolver, deal.contract, function, withdrawing)

    deal.deploy().fund(Decimal(120)).approve()
    assert "function_trapped" in refused(deal, withdrawal(), deal.resolver)
    deal.release()
    assert deal.api.send(withdrawal(), deal.resolver).status_code == 201
    assert deal.balance() == 0
    assert deal.chain.usdc(deal.buyer.public_key) == to_stroops("18.94")
