"""Escrows from deployment to their end, over HTTP, with the money that each party then has."""

from decimal import Decimal

import pytest

from integrations.providers.stellar.networks import network
from integrations.simulators.models import TrustlessWorkEscrow
from integrations.simulators.stellar.amounts import to_stroops
from tests.integrations.simulators.stellar.chain import UNIT, usdc_transfer, wallet
from tests.integrations.simulators.trustlesswork.escrows import Deal
from tests.integrations.simulators.trustlesswork.test_fees import RELEASES


def test_a_release_pays_seller_platform_and_protocol(deal: Deal) -> None:
    # | after   | contract | seller | platform | protocol |
    # | fund    | 100      | 0      | 0        | 0        |
    # | release | 0        | 94.70  | 5.00     | 0.30     |
    protocol = deal.chain.usdc(network().protocol_fee_address)
    deal.deploy().fund()
    assert deal.balance() == 100
    deal.deliver().approve().release()
    assert deal.balance() == 0
    assert deal.chain.usdc(deal.seller.public_key) == to_stroops("94.7")
    assert deal.chain.usdc(deal.platform.public_key) == 5 * UNIT
    assert deal.chain.usdc(network().protocol_fee_address) - protocol == to_stroops("0.3")
    row = deal.read()
    assert row["flags"] == {"disputed": False, "released": True, "resolved": False}
    assert row["milestones"] == [
        {
            "description": "Deliver",
            "status": "done",
            "evidence": "https://example.org/logo",
            "approved": True,
        }
    ]


def test_the_payout_shows_as_balance_changes(deal: Deal) -> None:
    deal.deploy().fund().approve().release()
    payments = deal.chain.server.payments().for_account(deal.seller.public_key).call()
    (record,) = payments["_embedded"]["records"]
    legs = [(each["from"], each["to"], each["amount"]) for each in record["asset_balance_changes"]]
    assert legs == [
        (deal.contract, network().protocol_fee_address, "0.3000000"),
        (deal.contract, deal.platform.public_key, "5.0000000"),
        (deal.contract, deal.seller.public_key, "94.7000000"),
    ]


@pytest.mark.parametrize(("amount", "percent", "protocol", "platform", "net"), RELEASES)
def test_the_worked_values_hold_on_the_chain(
    deal: Deal, amount: str, percent: str, protocol: str, platform: str, net: str
) -> None:
    deal.amount, deal.fee = Decimal(amount), Decimal(percent)
    deal.deploy().fund().approve().release()
    assert deal.chain.usdc(deal.seller.public_key) == to_stroops(net)
    assert deal.chain.usdc(deal.platform.public_key) == to_stroops(platform)


def test_a_full_refund_nets_the_fees(deal: Deal) -> None:
    deal.deploy().fund().dispute().resolve((deal.buyer, "100"))
    assert deal.chain.usdc(deal.buyer.public_key) == to_stroops("94.7")
    assert deal.read()["flags"] == {"disputed": False, "released": False, "resolved": True}


def test_funding_is_partial_repeated_and_without_an_end(deal: Deal) -> None:
    deal.deploy().fund(Decimal(40)).approve()
    too_little = deal.refusal("release-funds", releaseSigner=deal.buyer.public_key)
    assert "balance must be equal" in too_little
    deal.fund(Decimal(80)).release()
    assert deal.balance() == 20


def test_what_is_funded_too_much_is_shared_out_in_a_dispute(deal: Deal) -> None:
    deal.deploy().fund(Decimal(120)).dispute()
    shares = [(deal.buyer, "70"), (deal.seller, "49.9999999")]
    assert "must equal the current escrow balance" in deal.refusal(
        "resolve-dispute", **deal.resolution(*shares)
    )
    deal.resolve((deal.buyer, "70"), (deal.seller, "50"))
    assert deal.balance() == 0


def test_the_signer_needs_no_xlm_when_the_platform_bumps_the_fee(deal: Deal) -> None:
    deal.deploy().fund()
    inner = deal.build("approve-milestone", **deal.approval())
    inner.sign(deal.buyer)
    payer = wallet()
    sent = deal.chain.submit(deal.chain.bumped(inner, payer))
    assert sent["fee_account"] == payer.public_key
    assert deal.read()["milestones"][0]["approved"] is True


def test_the_read_model_learns_of_direct_submissions_when_told(deal: Deal) -> None:
    deal.deploy().fund()
    envelope = deal.build("approve-milestone", **deal.approval())
    envelope.sign(deal.buyer)
    deal.chain.submit(envelope)
    stale = deal.read(validateOnChain="false")
    assert stale["milestones"][0]["approved"] is False
    told = deal.api.post("indexer/update-from-txHash", {"txHash": envelope.hash_hex()})
    assert told.json()["status"] == "SUCCESS"
    assert deal.read(validateOnChain="false")["milestones"][0]["approved"] is True


def test_a_deployment_submitted_directly_is_read_from_the_chain(deal: Deal) -> None:
    envelope = deal.api.build("deployer/single-release", deal.terms())
    envelope.sign(deal.funder)
    deal.chain.submit(envelope)
    told = deal.api.post("indexer/update-from-txHash", {"txHash": envelope.hash_hex()})
    assert told.status_code == 201
    deal.contract = TrustlessWorkEscrow.objects.get().contract_id
    row = deal.read()
    assert (row["amount"], row["platformFee"], row["balance"]) == (100, 5, 0)
    assert row["roles"] == deal.roles()
    assert row["milestones"][0]["status"] == "pending"


def test_money_sent_to_the_contract_directly_counts(deal: Deal) -> None:
    deal.deploy()
    sent = usdc_transfer(deal.chain, deal.funder, deal.contract, 100 * UNIT)
    sent.sign(deal.funder)
    deal.chain.submit(sent)
    deal.approve().release()
    assert deal.chain.usdc(deal.seller.public_key) == to_stroops("94.7")
