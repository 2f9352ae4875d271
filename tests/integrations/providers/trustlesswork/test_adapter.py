"""Trustless Work's answers, in our words: done, declined, unclear – and exact."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from integrations.providers.answers import NOT_FOUND, Declined, Done, Unclear
from integrations.providers.intents import EscrowIntent
from integrations.providers.stellar.networks import network
from integrations.providers.trustlesswork import refusals
from integrations.providers.trustlesswork.adapter import TrustlessWork
from tests.integrations.providers.stellar.terms import (
    APPROVE,
    CONTRACT,
    DEPLOY,
    DISPUTE,
    FUND,
    MARK_DONE,
    MULTI,
    MULTI_DEPLOY,
    MULTI_DISPUTE,
    MULTI_FUND,
    MULTI_RELEASE,
    MULTI_RESOLVE,
    RELEASE,
    RESOLVE,
    ROLES,
    WITHDRAW,
)
from tests.integrations.providers.stub import Stub

pytestmark = pytest.mark.django_db

BUILT = {"status": "SUCCESS", "unsignedTransaction": "AAAA"}
ROW = {
    "contractId": CONTRACT,
    "type": "single-release",
    "engagementId": "esc_1",
    "amount": Decimal("100"),
    "platformFee": Decimal("2.75"),
    "balance": Decimal("94.7000001"),
    "roles": {
        "approver": ROLES.approver,
        "serviceProvider": ROLES.service_provider,
        "platformAddress": ROLES.platform_address,
        "releaseSigner": ROLES.release_signer,
        "disputeResolver": ROLES.dispute_resolver,
        "receiver": ROLES.receiver,
    },
    "milestones": [{"description": "x", "status": "completed", "evidence": "", "approved": True}],
    "flags": {"disputed": False, "released": True, "resolved": False},
    "trustline": {"address": network().usdc_issuer, "symbol": "USDC"},
    "somethingNew": {"nested": [1]},
}


def say(stub: Stub, status: int, body: Any) -> None:
    stub.answers = [(status, json.dumps(body, default=float).encode())]


def body_of(stub: Stub) -> Any:
    return json.loads(stub.asked[-1][3], parse_float=Decimal)


@pytest.mark.parametrize(
    ("intent", "path"),
    [
        (DEPLOY, "/deployer/single-release"),
        (FUND, "/escrow/single-release/fund-escrow"),
        (MARK_DONE, "/escrow/single-release/change-milestone-status"),
        (APPROVE, "/escrow/single-release/approve-milestone"),
        (RELEASE, "/escrow/single-release/release-funds"),
        (DISPUTE, "/escrow/single-release/dispute-escrow"),
        (RESOLVE, "/escrow/single-release/resolve-dispute"),
        (MULTI_DEPLOY, "/deployer/multi-release"),
        (MULTI_FUND, "/escrow/multi-release/fund-escrow"),
        (MULTI_RELEASE, "/escrow/multi-release/release-milestone-funds"),
        (MULTI_DISPUTE, "/escrow/multi-release/dispute-milestone"),
        (MULTI_RESOLVE, "/escrow/multi-release/resolve-milestone-dispute"),
        (WITHDRAW, "/escrow/multi-release/withdraw-remaining-funds"),
    ],
)
@pytest.mark.parametrize("status", [200, 201])
def test_each_act_is_built_at_its_own_path(
    escrows: TrustlessWork, stub: Stub, intent: EscrowIntent, path: str, status: int
) -> None:
    say(stub, status, BUILT)
    assert escrows.build(intent) == Done("AAAA")
    method, asked, headers, _ = stub.asked[0]
    assert (method, asked) == ("POST", path)
    assert headers["x-api-key"] == "id.a-secret-of-ours"


def test_amounts_and_the_fee_leave_to_the_digit(escrows: TrustlessWork, stub: Stub) -> None:
    say(stub, 201, BUILT)
    escrows.build(replace(DEPLOY, amount=12_345_678_901, platform_fee_bps=275))
    assert body_of(stub)["amount"] == Decimal("1234.5678901")
    assert body_of(stub)["platformFee"] == Decimal("2.75")
    escrows.build(replace(FUND, amount=1))
    assert b'"amount":0.0000001' in stub.asked[-1][3]


def test_the_index_is_text_and_evidence_is_always_sent(escrows: TrustlessWork, stub: Stub) -> None:
    say(stub, 201, BUILT)
    escrows.build(replace(MARK_DONE, evidence=""))
    assert (body_of(stub)["milestoneIndex"], body_of(stub)["newEvidence"]) == ("0", "")


@pytest.mark.parametrize("status", [400, 500])
def test_a_refusal_is_known_by_its_sentence(
    escrows: TrustlessWork, stub: Stub, status: int
) -> None:
    said = "The signer has insufficient funds to fund the escrow"
    say(stub, status, {"statusCode": status, "message": said})
    assert escrows.build(FUND) == Declined("INSUFFICIENT_FUNDS", said)


def test_a_list_of_messages_is_read_too(escrows: TrustlessWork, stub: Stub) -> None:
    say(stub, 400, {"statusCode": 400, "message": ["amount must be a number", "title is long"]})
    assert escrows.build(FUND) == Declined(
        "NOT_UNDERSTOOD", "amount must be a number; title is long"
    )


def test_an_escrow_that_is_not_found_may_only_be_late(escrows: TrustlessWork, stub: Stub) -> None:
    say(stub, 400, {"statusCode": 400, "message": "Escrow not found"})
    assert isinstance(escrows.build(FUND), Unclear)


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 502, 503])
def test_trouble_with_the_api_says_nothing(escrows: TrustlessWork, stub: Stub, status: int) -> None:
    say(stub, status, {"statusCode": status, "message": "Unauthorized"})
    assert isinstance(escrows.build(FUND), Unclear)
    assert isinstance(escrows.read(contract_id=CONTRACT), Unclear)


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"status": "FAILED", "unsignedTransaction": "AAAA"}, {"status": "SUCCESS"}],
)
def test_a_2xx_without_a_transaction_is_unclear(
    escrows: TrustlessWork, stub: Stub, body: Any
) -> None:
    say(stub, 201, body)
    assert isinstance(escrows.build(FUND), Unclear)


def test_a_contract_is_read_from_the_chain(escrows: TrustlessWork, stub: Stub) -> None:
    say(stub, 200, [ROW | {"contractId": "C_OTHER"}, ROW])
    answer = escrows.read(contract_id=CONTRACT)
    assert isinstance(answer, Done)
    contract = answer.value
    assert (contract.amount, contract.balance) == (1_000_000_000, 947_000_001)
    assert (contract.platform_fee_bps, contract.roles) == (275, ROLES)
    [only] = contract.milestones
    assert (only.released, only.disputed, only.resolved) == (True, False, False)
    assert only.approved
    assert f"contractIds%5B%5D={CONTRACT}&validateOnChain=true" in stub.asked[0][1]


def test_a_contract_that_is_unknown_is_not_found(escrows: TrustlessWork, stub: Stub) -> None:
    say(stub, 200, [])
    answer = escrows.read(contract_id=CONTRACT)
    assert isinstance(answer, Declined)
    assert answer.code == NOT_FOUND


@pytest.mark.parametrize(
    "flaw",
    [
        {"amount": "100"},
        {"balance": None},
        {"balance": -1},
        {"balance": Decimal("0.00000001")},
        {"platformFee": Decimal("0.001")},
        {"flags": {"released": "yes"}},
        {"roles": {}},
        {"trustline": {"address": ROLES.receiver}},
    ],
)
def test_a_contract_that_cannot_be_read_exactly_is_unclear(
    escrows: TrustlessWork, stub: Stub, flaw: dict[str, Any]
) -> None:
    say(stub, 200, [ROW | flaw])
    assert isinstance(escrows.read(contract_id=CONTRACT), Unclear)


def test_an_announcement_is_best_effort(escrows: TrustlessWork, stub: Stub) -> None:
    say(stub, 201, {"status": "SUCCESS"})
    assert escrows.announce(tx_hash="ab") == Done(None)
    say(stub, 404, {"message": "Cannot POST"})
    assert isinstance(escrows.announce(tx_hash="ab"), Unclear)


def test_a_sentence_is_known_by_a_fragment_of_it() -> None:
    assert refusals.refusal("This escrow is ALREADY RESOLVED.") == "ALREADY_RESOLVED"
    assert refusals.refusal("something else") == ""


# -- Multi-release ---------------------------------------------------------------------------------


def milestone(**changes: Any) -> dict[str, Any]:
    words = {"description": "x", "status": "pending", "evidence": ""}
    return {**words, "amount": 60, "receiver": ROLES.receiver, **changes}


def multi_row(*milestones: dict[str, Any]) -> dict[str, Any]:
    roles = {name: who for name, who in ROW["roles"].items() if name != "receiver"}
    left_out = {"amount", "flags"}
    whole = {name: value for name, value in ROW.items() if name not in left_out}
    return {**whole, "type": "multi-release", "roles": roles, "milestones": list(milestones)}


def test_amounts_and_receivers_leave_with_the_milestones(
    escrows: TrustlessWork, stub: Stub
) -> None:
    say(stub, 201, BUILT)
    escrows.build(MULTI_DEPLOY)
    sent = body_of(stub)
    assert "amount" not in sent
    assert "receiver" not in sent["roles"]
    assert sent["milestones"] == [
        {"description": "Sketch", "amount": 60, "receiver": ROLES.receiver},
        {"description": "Logo", "amount": 40, "receiver": ROLES.receiver},
    ]


def test_a_milestone_is_named_where_it_is_settled_by_itself(
    escrows: TrustlessWork, stub: Stub
) -> None:
    say(stub, 201, BUILT)
    for intent, named in ((MULTI_RESOLVE, True), (RESOLVE, False), (WITHDRAW, False)):
        escrows.build(intent)
        sent = body_of(stub)
        assert ("milestoneIndex" in sent) is named
        assert sent["disputeResolver"] == intent.signer
        assert [share["amount"] for share in sent["distributions"]] == [60, 40]
    escrows.build(MULTI_RELEASE)
    assert body_of(stub)["milestoneIndex"] == "1"


@pytest.mark.parametrize("nested", [True, False])
def test_each_milestone_has_its_own_flags(
    escrows: TrustlessWork,
    stub: Stub,
    nested: bool,  # noqa: FBT001
) -> None:
    """They were seen in `flags`, and beside the milestone's other members."""
    flags = {"approved": True, "disputed": False, "released": True, "resolved": False}
    first = milestone(flags=flags) if nested else milestone(**flags)
    say(stub, 200, [multi_row(first, milestone(amount=Decimal("40.0000001")))])
    answer = escrows.read(contract_id=CONTRACT)
    assert isinstance(answer, Done)
    contract = answer.value
    assert (contract.kind, contract.amount) == (MULTI, 1_000_000_001)
    assert contract.roles == replace(ROLES, receiver="")
    settled, other = contract.milestones
    assert (settled.approved, settled.released, settled.amount) == (True, True, 600_000_000)
    assert (other.approved, other.released, other.disputed, other.resolved) == (False,) * 4


@pytest.mark.parametrize("flaw", [{"amount": None}, {"flags": {"released": 1}}, {"receiver": ...}])
def test_a_milestone_that_cannot_be_read_exactly_is_unclear(
    escrows: TrustlessWork, stub: Stub, flaw: dict[str, Any]
) -> None:
    broken = {name: value for name, value in milestone(**flaw).items() if value is not ...}
    say(stub, 200, [multi_row(milestone(), broken)])
    assert isinstance(escrows.read(contract_id=CONTRACT), Unclear)


def test_a_contract_of_a_kind_that_we_do_not_know_is_unclear(
    escrows: TrustlessWork, stub: Stub
) -> None:
    say(stub, 200, [ROW | {"type": "streaming"}])
    assert isinstance(escrows.read(contract_id=CONTRACT), Unclear)


def test_a_dispute_is_believed_of_a_dispute_only(escrows: TrustlessWork, stub: Stub) -> None:
    """Seen of a release that the chain accepted: the sentence is another act's."""
    say(stub, 400, {"statusCode": 400, "message": "Escrow already in dispute"})
    assert isinstance(escrows.build(RELEASE), Unclear)
    answer = escrows.build(DISPUTE)
    assert isinstance(answer, Declined)
    assert answer.code == "ALREADY_IN_DISPUTE"


@pytest.mark.parametrize(("status", "said"), [(201, "FAILED"), (500, "SUCCESS"), (200, "")])
def test_what_they_say_of_a_submission_is_never_more_than_unclear(
    escrows: TrustlessWork, stub: Stub, status: int, said: str
) -> None:
    say(stub, status, {"status": said, "message": "resultMetaXdr"})
    assert isinstance(escrows.submit("AAAA"), Unclear)
    say(stub, 201, {"status": "SUCCESS"})
    assert escrows.submit("AAAA") == Done(None)
