"""Each kind of contract from deployment to its end: adapter, guard, signer, simulator, chain."""

from typing import Any

import pytest

from integrations.providers.answers import Declined
from integrations.providers.models import Signing, Submission
from integrations.providers.stellar.networks import network
from tests.integrations.providers.trustlesswork.parties import DOLLAR, MULTI, SINGLE, Parties

PROTOCOL = network().protocol_fee_address


def flags(parties: Parties) -> list[tuple[bool, bool, bool, bool]]:
    """Approved, disputed, released, resolved – of each milestone."""
    return [
        (each.approved, each.disputed, each.released, each.resolved)
        for each in parties.contract().milestones
    ]


def test_a_single_release_pays_the_seller_once(parties: Parties) -> None:
    # | after   | contract | ben   | fees | protocol |
    # | fund    | 100      |       |      |          |
    # | release | 0        | 94.70 | 5.00 | 0.30     |
    parties.funded(parties.deployment(SINGLE, 100 * DOLLAR))
    assert parties.contract().balance == 100 * DOLLAR
    parties.do(parties.marking())
    parties.do(parties.approval())
    paid = parties.do(parties.release())
    assert parties.paid(paid) == {
        PROTOCOL: 3_000_000,
        parties.fees: 50_000_000,
        parties.ben: 947_000_000,
    }
    assert parties.contract().balance == 0
    assert flags(parties) == [(True, False, True, False)]
    assert not Signing.across_books.exclude(verdict="signed").exists()


def test_a_single_release_is_disputed_and_divided(parties: Parties) -> None:
    # | after   | contract | ada   | ben   | fees | protocol |
    # | resolve | 0        | 56.82 | 37.88 | 5.00 | 0.30     |
    parties.funded(parties.deployment(SINGLE, 100 * DOLLAR))
    parties.do(parties.dispute())
    assert flags(parties) == [(False, True, False, False)]
    divided = parties.do(parties.resolution(ada=60 * DOLLAR, ben=40 * DOLLAR))
    assert parties.paid(divided) == {
        PROTOCOL: 3_000_000,
        parties.fees: 50_000_000,
        parties.ada: 568_200_000,
        parties.ben: 378_800_000,
    }
    assert flags(parties) == [(False, False, False, True)]


def test_three_milestones_are_released_refunded_and_divided(parties: Parties) -> None:
    # | milestone    | ada     | ben   | fees | protocol |
    # | 0 released   |         | 47.35 | 2.50 | 0.15     |
    # | 1 refunded   | 28.41   |       | 1.50 | 0.09     |
    # | 2 divided    | 9.47    | 9.47  | 1.00 | 0.06     |
    amounts = [50 * DOLLAR, 30 * DOLLAR, 20 * DOLLAR]
    parties.funded(parties.deployment(MULTI, *amounts))
    contract = parties.contract()
    assert (contract.kind, contract.amount, contract.balance) == (MULTI, 100 * DOLLAR, 100 * DOLLAR)
    assert [each.amount for each in contract.milestones] == amounts
    assert {each.receiver for each in contract.milestones} == {parties.ben}
    assert contract.roles.receiver == ""

    parties.do(parties.marking(0))
    parties.do(parties.approval(0))
    parties.do(parties.dispute(1))
    released = parties.do(parties.release(0))
    refunded = parties.do(parties.resolution(1, ada=30 * DOLLAR))
    parties.do(parties.dispute(2))
    divided = parties.do(parties.resolution(2, ada=10 * DOLLAR, ben=10 * DOLLAR))

    assert parties.paid(released)[parties.ben] == 473_500_000
    assert parties.paid(refunded)[parties.ada] == 284_100_000
    assert parties.paid(divided) == {
        PROTOCOL: 600_000,
        parties.fees: 10_000_000,
        parties.ada: 94_700_000,
        parties.ben: 94_700_000,
    }
    assert parties.contract().balance == 0
    settled = [(True, False, True, False), (False, False, False, True), (False, False, False, True)]
    assert flags(parties) == settled
    assert not Signing.across_books.exclude(verdict="signed").exists()


def test_the_surplus_of_settled_milestones_is_withdrawn(parties: Parties) -> None:
    parties.funded(parties.deployment(MULTI, 50 * DOLLAR, 50 * DOLLAR))
    parties.do(parties.funding(10 * DOLLAR))  # too much, which the contract takes
    early = parties.prepare(parties.withdrawal(ada=10 * DOLLAR))
    assert isinstance(early, Declined)
    assert early.code == "NOT_ALL_SETTLED"
    for index in (0, 1):
        parties.do(parties.dispute(index))
        parties.do(parties.resolution(index, ada=50 * DOLLAR))
    assert parties.contract().balance == 10 * DOLLAR
    paid = parties.do(parties.withdrawal(ada=10 * DOLLAR))
    assert parties.paid(paid)[parties.ada] == 94_700_000
    assert parties.contract().balance == 0


@pytest.mark.parametrize("kind", [SINGLE, MULTI])
def test_trustless_work_can_hand_in_what_we_have_signed(
    parties: Parties, settings: Any, kind: Any
) -> None:
    settings.TRUSTLESS_WORK_SUBMITS = True
    parties.funded(parties.deployment(kind, 100 * DOLLAR))
    assert parties.contract().balance == 100 * DOLLAR
    assert Submission.across_books.filter(status="CONFIRMED").count() == 2
