"""The multi-release contract: its rules in their order, one pot, and the worked fees."""

from decimal import Decimal
from typing import Any

import pytest
from stellar_sdk import Keypair, scval

from integrations.providers.stellar.invocations import deployed_contract
from integrations.providers.stellar.networks import network
from integrations.simulators.stellar.amounts import to_stroops
from tests.integrations.simulators.stellar.chain import UNIT, Client, usdc_transfer, wallet
from tests.integrations.simulators.trustlesswork.escrows import Api, Deal
from tests.integrations.simulators.trustlesswork.milestones import Gig
from tests.integrations.simulators.trustlesswork.test_fees import RELEASES, RESOLUTIONS

DISTRIBUTED = "All milestones must be released or dispute-resolved"


@pytest.fixture
def gig(api: Api, chain: Client) -> Gig:
    return Gig(api, chain)


# -- Every worked value, on the chain --------------------------------------------------------------


@pytest.mark.parametrize(("amount", "percent", "protocol", "platform", "net"), RELEASES)
def test_the_worked_releases_hold_for_a_milestone(
    gig: Gig, amount: str, percent: str, protocol: str, platform: str, net: str
) -> None:
    gig.parts, gig.fee = (amount, "1"), Decimal(percent)
    before = gig.chain.usdc(network().protocol_fee_address)
    gig.deploy().fund().approve_part(0).release_part(0)
    assert gig.chain.usdc(gig.seller.public_key) == to_stroops(net)
    assert gig.chain.usdc(gig.platform.public_key) == to_stroops(platform)
    assert gig.chain.usdc(network().protocol_fee_address) - before == to_stroops(protocol)
    assert gig.balance() == 1


@pytest.mark.parametrize("kind", ["single", "multi"])
@pytest.mark.parametrize(("shares", "percent", "protocol", "platform", "nets"), RESOLUTIONS)
def test_the_worked_resolutions_hold_on_the_chain(
    api: Api, chain: Client, kind: str, shares: Any, percent: str, protocol: str, platform: str,
    nets: Any,
) -> None:  # fmt: skip
    total = sum(map(Decimal, shares), Decimal(0))
    parties = [wallet() for _ in shares]
    before = chain.usdc(network().protocol_fee_address)
    divided = list(zip(parties, shares, strict=True))
    if kind == "single":
        deal = Deal(api, chain, amount=total, fee=Decimal(percent))
        deal.deploy().fund().dispute().resolve(*divided)
    else:
        deal = Gig(api, chain, fee=Decimal(percent), parts=(str(total),))
        deal.deploy().fund().dispute_part(0).resolve_part(0, *divided)
    assert [chain.usdc(key.public_key) for key in parties] == [to_stroops(net) for net in nets]
    assert chain.usdc(deal.platform.public_key) == to_stroops(platform)
    assert chain.usdc(network().protocol_fee_address) - before == to_stroops(protocol)
    assert deal.balance() == 0


# -- Each milestone by itself ----------------------------------------------------------------------


def test_one_milestone_is_settled_while_the_others_go_on(gig: Gig) -> None:
    gig.deploy().fund().approve_part(0).dispute_part(1).release_part(0)
    assert gig.balance() == 40
    assert gig.flags(0) == {
        "approved": True, "disputed": False, "released": True, "resolved": False
    }  # fmt: skip
    assert gig.flags(1)["disputed"]
    gig.resolve_part(1, (gig.buyer, "15"), (gig.seller, "25"))
    assert gig.balance() == 0
    assert (gig.flags(1)["disputed"], gig.flags(1)["resolved"]) == (False, True)
    row = gig.read()
    assert "amount" not in row
    assert "flags" not in row
    assert "receiver" not in row["roles"]
    assert row["type"] == "multi-release"


def test_the_pot_is_shared_first_come_first_served(gig: Gig) -> None:
    gig.deploy().fund(Decimal(60)).approve_part(0).approve_part(1)
    gig.release_part(1)
    assert "balance must be equal" in gig.refused("release-milestone-funds", **gig.releasing(0))
    gig.fund(Decimal(40)).release_part(0)
    assert gig.balance() == 0


def test_less_than_the_milestone_may_be_shared_out_and_the_rest_withdrawn(gig: Gig) -> None:
    gig.deploy().fund().dispute_part(0).resolve_part(0, (gig.buyer, "50"))
    rest = gig.resolution((gig.buyer, "10"))
    assert DISTRIBUTED in gig.refused("withdraw-remaining-funds", **rest)
    gig.approve_part(1).release_part(1)
    too_much = gig.resolution((gig.buyer, "10.0000001"))
    assert "Insufficient funds" in gig.refused("withdraw-remaining-funds", **too_much)
    gig.withdraw((gig.buyer, "10"))
    assert gig.balance() == 0
    assert gig.chain.usdc(gig.buyer.public_key) == to_stroops("56.82")


# -- Refusals, in the contract's order -------------------------------------------------------------


def test_a_release_is_checked_in_order(gig: Gig) -> None:
    gig.deploy()
    stranger = wallet().public_key
    by_a_stranger = {**gig.releasing(0), "releaseSigner": stranger}
    assert gig.refused("release-milestone-funds", **gig.releasing(2)) == "Invalid milestone index"
    assert gig.refused("release-milestone-funds", **by_a_stranger) == (
        "The milestone must be completed to release funds"
    )
    gig.approve_part(0).dispute_part(0)
    assert "opened for dispute" in gig.refused("release-milestone-funds", **by_a_stranger)
    gig.fund().resolve_part(0, (gig.seller, "60"))
    resolved = gig.refused("release-milestone-funds", **by_a_stranger)
    assert resolved == "This milestone is already resolved"
    gig.approve_part(1)
    other = {**gig.releasing(1), "releaseSigner": stranger}
    assert "Only the release signer" in gig.refused("release-milestone-funds", **other)
    gig.release_part(1)
    released = gig.refused("release-milestone-funds", **other)
    assert released == "This milestone is already released"


def test_a_dispute_is_checked_in_order(gig: Gig) -> None:
    gig.deploy().fund().approve_part(0).release_part(0)

    def refusal(index: int, who: Keypair) -> Any:
        return gig.refused("dispute-milestone", **gig.disputing(index, who))

    assert refusal(2, wallet()) == "Invalid milestone index"
    assert refusal(0, wallet()) == "This milestone is already released"
    assert refusal(1, wallet()) == "You are not authorized to change the dispute flag"
    assert refusal(1, gig.resolver) == "The dispute resolver cannot dispute the escrow"
    gig.multi("dispute-milestone", gig.seller, **gig.disputing(1, gig.seller))
    assert refusal(1, wallet()) == "Milestone already in dispute"
    gig.resolve_part(1, (gig.buyer, "40"))
    assert refusal(1, wallet()) == "This milestone is already resolved"


def test_a_resolution_is_checked_in_order(gig: Gig) -> None:
    gig.deploy().fund(Decimal(50))

    def refusal(*shares: tuple[Keypair, str], index: int = 0, **changes: Any) -> Any:
        body = {"milestoneIndex": str(index), **gig.resolution(*shares), **changes}
        return gig.refused("resolve-milestone-dispute", **body)

    stranger = wallet().public_key
    assert "less or equal than 0" in refusal((gig.buyer, "0"), disputeResolver=stranger)
    assert "Only the dispute resolver" in refusal((gig.buyer, "1"), disputeResolver=stranger)
    assert refusal((gig.buyer, "1")) == "Milestone not in dispute"
    gig.dispute_part(0)
    assert "exceed the milestone amount" in refusal((gig.buyer, "60.0000001"))
    assert refusal((gig.buyer, "60")) == "Insufficient funds for resolution"
    assert refusal() == "The total amount to be distributed cannot be equal to zero"
    # The same address twice collapses on the chain: the last amount counts.
    gig.fund(Decimal(50)).resolve_part(0, (gig.buyer, "20"), (gig.buyer, "30"))
    assert gig.balance() == 70
    assert refusal((gig.buyer, "1")) == "This milestone is already resolved"


def test_terms_have_limits(gig: Gig) -> None:
    parts = [gig.part(place, "1") for place in range(51)]
    for milestones, message in (
        ([], "Escrow initialized without milestone"),
        (parts, "Cannot define more than 50 milestones"),
        ([*parts[:2], gig.part(2, "0")], "Amount cannot be zero"),
    ):
        terms = gig.terms(milestones=milestones)
        assert message in gig.api.refusal("deployer/multi-release", terms)
    dear = gig.terms(platformFee=99.01)
    assert "cannot exceed 99%" in gig.api.refusal("deployer/multi-release", dear)
    gig.api.build("deployer/multi-release", gig.terms(milestones=parts[:50]))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [({"amount": 100}, "property amount should not exist"), ({"roles": None}, "roles must be")],
)
def test_amount_and_receiver_are_those_of_milestones(
    gig: Gig, changes: dict[str, Any], complaint: str
) -> None:
    [told] = gig.api.refusal("deployer/multi-release", gig.terms(**changes))
    assert complaint in told
    roles = {**gig.roles(), "receiver": gig.seller.public_key}
    assert gig.api.refusal("deployer/multi-release", gig.terms(roles=roles))


def test_money_that_waits_at_the_address_stops_the_deployment(gig: Gig) -> None:
    envelope = gig.api.build("deployer/multi-release", gig.terms())
    call = envelope.transaction.operations[0].host_function.invoke_contract
    there = deployed_contract(network(), salt=scval.from_bytes(call.args[2]))
    sender = wallet(usdc=10)
    early = usdc_transfer(gig.chain, sender, there, UNIT)
    early.sign(sender)
    gig.chain.submit(early)
    answer = gig.api.send(envelope, gig.funder)
    assert (answer.status_code, "function_trapped" in answer.text) == (400, True)


def test_a_dispute_over_nothing_is_a_deadlock_until_somebody_pays(gig: Gig) -> None:
    gig.deploy().dispute_part(0)
    body = {"milestoneIndex": "0", **gig.resolution((gig.buyer, "60"))}
    assert "Insufficient funds" in gig.refused("resolve-milestone-dispute", **body)
    gig.fund().resolve_part(0, (gig.buyer, "60"))
    assert gig.balance() == 40
