"""What the API and the contract refuse, each with its message."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from integrations.providers.stellar.networks import network
from integrations.simulators.models import StellarTrustline
from tests.integrations.simulators.stellar.chain import wallet
from tests.integrations.simulators.trustlesswork.escrows import Api, Deal

RELEASE = "escrow/single-release/release-funds"


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "wrong"}])
def test_without_a_key_nothing_is_answered(api: Api, headers: dict[str, str]) -> None:
    api.headers = headers
    for answer in (api.post(RELEASE, {}), api.get("helper/get-escrow-by-contract-ids")):
        assert answer.status_code == 401
        assert answer.json()["message"] == "Unauthorized"


# -- Roles ---------------------------------------------------------------------------------------

WRONG_SIGNERS: list[tuple[str, Callable[[Deal, str], dict[str, Any]], str]] = [
    (
        "change-milestone-status",
        lambda deal, who: {**deal.delivery(), "serviceProvider": who},
        "Only the service provider can change milestone status",
    ),
    (
        "approve-milestone",
        lambda deal, who: {**deal.approval(), "approver": who},
        "Only the approver can change milestone flag",
    ),
    (
        "release-funds",
        lambda _, who: {"releaseSigner": who},
        "Only the release signer can release the escrow earnings",
    ),
    (
        "dispute-escrow",
        lambda _, who: {"signer": who},
        "You are not authorized to change the dispute flag",
    ),
    (
        "resolve-dispute",
        lambda deal, who: {**deal.resolution((deal.buyer, "100")), "disputeResolver": who},
        "Only the dispute resolver can execute this function",
    ),
]


@pytest.mark.parametrize(("act", "body", "message"), WRONG_SIGNERS)
def test_each_act_has_its_role(
    deal: Deal, act: str, body: Callable[[Deal, str], dict[str, Any]], message: str
) -> None:
    deal.deploy().fund()
    assert deal.refusal(act, **body(deal, wallet().public_key)) == message


def test_the_resolver_may_not_dispute(deal: Deal) -> None:
    deal.deploy()
    assert deal.refusal("dispute-escrow", signer=deal.resolver.public_key) == (
        "The dispute resolver cannot dispute the escrow"
    )


# -- State ---------------------------------------------------------------------------------------


def test_funding_asks_for_money_that_is_there(deal: Deal) -> None:
    deal.deploy()
    for amount in (0, -1):
        funding = {"signer": deal.funder.public_key, "amount": amount}
        assert "equal to or less than zero" in deal.refusal("fund-escrow", **funding)
    too_much = deal.funding(Decimal("10000.0000001"))
    assert "insufficient funds" in deal.refusal("fund-escrow", **too_much)


def test_release_waits_for_approval_and_money(deal: Deal) -> None:
    releaser = {"releaseSigner": deal.buyer.public_key}
    deal.deploy()
    assert "must be completed" in deal.refusal("release-funds", **releaser)
    deal.approve()
    assert "balance must be equal" in deal.refusal("release-funds", **releaser)
    deal.fund().release()
    assert deal.refusal("release-funds", **releaser) == "The escrow funds have been released"


def test_a_milestone_is_approved_once(deal: Deal) -> None:
    deal.deploy().approve()
    assert "already been approved" in deal.refusal("approve-milestone", **deal.approval())


def test_a_milestone_must_exist(deal: Deal) -> None:
    deal.deploy()
    for act, body in (
        ("approve-milestone", deal.approval()),
        ("change-milestone-status", deal.delivery()),
    ):
        assert deal.refusal(act, **{**body, "milestoneIndex": "1"}) == "Invalid milestone index"


def test_a_status_has_words(deal: Deal) -> None:
    deal.deploy()
    silent = {**deal.delivery(), "newStatus": ""}
    message = deal.refusal("change-milestone-status", **silent)
    assert message == "The milestone status cannot be empty"


def test_a_dispute_stops_the_release(deal: Deal) -> None:
    deal.deploy().fund().approve().dispute()
    releaser = {"releaseSigner": deal.buyer.public_key}
    assert "opened for dispute" in deal.refusal("release-funds", **releaser)
    signer = {"signer": deal.seller.public_key}
    assert deal.refusal("dispute-escrow", **signer) == "Escrow already in dispute"
    deal.resolve((deal.seller, "100"))
    assert deal.refusal("release-funds", **releaser) == "This escrow is already resolved"
    assert deal.refusal("dispute-escrow", **signer) == "This escrow is already resolved"


def test_a_resolution_adds_up_to_the_stroop(deal: Deal) -> None:
    deal.deploy().fund()
    early = deal.resolution((deal.buyer, "100"))
    assert deal.refusal("resolve-dispute", **early) == "Escrow not in dispute"
    deal.dispute()
    for shares, message in (
        ([(deal.buyer, "100.0000001")], "Insufficient funds for resolution"),
        ([(deal.buyer, "99.9999999")], "must equal the current escrow balance"),
        ([(deal.buyer, "100"), (deal.seller, "0")], "less or equal than 0"),
        ([], "must equal the current escrow balance"),
        # The same address twice collapses on the chain: the last amount counts.
        ([(deal.buyer, "60"), (deal.buyer, "40")], "must equal the current escrow balance"),
    ):
        assert message in deal.refusal("resolve-dispute", **deal.resolution(*shares))


def test_terms_have_limits(deal: Deal) -> None:
    for changes, message in (
        ({"amount": 0}, "Amount cannot be zero"),
        ({"platformFee": 99.01}, "The platform fee cannot exceed 99%"),
        ({"milestones": []}, "Escrow initialized without milestone"),
        ({"milestones": [{"description": "x"}] * 51}, "Cannot define more than 50 milestones"),
    ):
        assert message in deal.api.refusal("deployer/single-release", deal.terms(**changes))


def test_a_deployment_needs_trustlines(deal: Deal) -> None:
    StellarTrustline.objects.filter(account_id=deal.seller.public_key).delete()
    assert "trustline" in deal.api.refusal("deployer/single-release", deal.terms())


def test_an_unknown_contract_is_not_found(deal: Deal) -> None:
    deal.contract = network().usdc_contract
    assert deal.refusal("fund-escrow", **deal.funding()) == "Escrow not found"
    query = {"contractIds[]": deal.contract, "validateOnChain": "true"}
    assert deal.api.get("helper/get-escrow-by-contract-ids", **query).json() == []


# -- Bodies --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"amount": "100"}, "amount must be a number conforming to the specified constraints"),
        ({"amount": True}, "amount must be a number conforming to the specified constraints"),
        ({"amount": 0.00000001}, "amount must have at most 7 decimal places"),
        ({"amount": 10**18}, "amount is too large"),
        ({"platformFee": 0.125}, "platformFee must have at most 2 decimal places"),
        ({"signer": "GABC"}, "signer must be a valid Stellar address"),
        ({"title": "x" * 101}, "title must be shorter than or equal to 100 characters"),
        ({"flags": {}}, "property flags should not exist"),
        ({"engagementId": None}, "engagementId must be a string"),
        ({"milestones": {}}, "milestones must be an array"),
    ],
)
def test_bodies_are_strict(deal: Deal, changes: dict[str, Any], complaint: str) -> None:
    message = deal.api.refusal("deployer/single-release", deal.terms(**changes))
    assert message == [complaint]


def test_an_index_is_a_string(deal: Deal) -> None:
    deal.deploy()
    for index in (0, "-1", "x", ""):
        body = {**deal.approval(), "milestoneIndex": index}
        assert "milestoneIndex must be" in deal.refusal("approve-milestone", **body)[0]


def test_what_is_no_json_is_refused(api: Api) -> None:
    assert api.refusal(RELEASE, []) == ["must be an object"]


def test_an_unknown_hash_teaches_the_read_model_nothing(api: Api) -> None:
    assert api.refusal("indexer/update-from-txHash", {"txHash": "ab" * 32}) == (
        "Transaction not found"
    )
