"""Every fault of the simulated Trustless Work: nothing moves twice, and nothing is guessed."""

import json
from typing import Any

import pytest

from integrations.providers.answers import Declined, Done, Unclear
from integrations.providers.models import Signing, Submission
from integrations.providers.stellar import sending
from integrations.simulators import clock, switches
from integrations.simulators.models import Fault
from ledger.models import Finding
from tests.integrations.providers.trustlesswork.parties import DOLLAR, MULTI, SINGLE, Parties

BOTH = pytest.mark.parametrize("kind", [SINGLE, MULTI])


def switch(name: str, *, times: int = 1, **options: Any) -> None:
    switches.turn("trustlesswork", name, times=times, options=options)


@pytest.fixture
def funded(parties: Parties) -> Parties:
    return parties.funded(parties.deployment(MULTI, 60 * DOLLAR, 40 * DOLLAR))


# -- Lies in what is built -------------------------------------------------------------------------

ACTS = ["deploy", "fund", "mark", "approve", "release", "dispute", "resolve", "withdraw"]
# A lie, and where the guard sees it.
LIES = {
    "wrong_contract": "another contract",
    "wrong_amount": "arguments",
    "wrong_receiver": "arguments",
    "extra_operation": "exactly one operation",
    "extra_authorization": "authorises",
    "far_expiry": "too long",
}


def intent_of(parties: Parties, kind: Any, act: str) -> Any:
    """An act that the contract would accept now; the escrow is brought to that point."""
    terms = parties.deployment(kind, 60 * DOLLAR, 40 * DOLLAR)
    if act == "deploy":
        return terms
    parties.funded(terms)
    if act == "release":
        parties.do(parties.approval(0))
        parties.do(parties.approval(1))
    if act in {"resolve", "withdraw"}:
        parties.do(parties.dispute(0))
    if act == "withdraw":
        parties.do(parties.dispute(1))
    whole = 100 * DOLLAR if kind is SINGLE else 60 * DOLLAR
    return {
        "fund": lambda: parties.funding(DOLLAR),
        "mark": parties.marking,
        "approve": parties.approval,
        "release": parties.release,
        "dispute": parties.dispute,
        "resolve": lambda: parties.resolution(ada=whole),
        "withdraw": lambda: parties.withdrawal(ada=whole),
    }[act]()


@pytest.mark.parametrize(
    ("kind", "act"),
    [
        *(pytest.param(SINGLE, act, marks=pytest.mark.thorough) for act in ACTS[:-2]),
        (SINGLE, "resolve"),
        *((MULTI, act) for act in ACTS),
    ],
)
def test_no_lie_about_any_act_is_signed(parties: Parties, kind: Any, act: str) -> None:
    intent = intent_of(parties, kind, act)
    signed_before = Signing.across_books.filter(verdict="signed").count()
    for lie, where in LIES.items():
        if lie == "wrong_receiver" and act in {"mark", "approve", "dispute"}:
            continue  # nobody but the signer is named in these
        if lie == "wrong_amount" and kind is SINGLE and act in {"release", "dispute"}:
            continue  # no number is named in these
        switch(lie)
        answer = parties.prepare(intent)
        assert isinstance(answer, Declined), (lie, answer)
        assert answer.code == "TAMPERED"
        assert where in answer.message, lie
        assert not Fault.objects.exists()
    assert Signing.across_books.filter(verdict="signed").count() == signed_before
    assert Finding.across_books.filter(kind="tampered_transaction").exists()
    assert isinstance(parties.prepare(intent), Done)  # the honest one passes


# -- Trouble with the line -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lost_answer", {}),
        ("server_error", {}),
        ("html", {}),
        ("failed_2xx", {}),
        ("too_many_requests", {"retry_after": 1}),
        ("unauthorized", {}),
        ("unauthorized", {"shape": "problem"}),
        ("escrow_not_found", {}),
        ("false_dispute", {}),
    ],
)
def test_trouble_while_building_is_unclear_and_then_over(
    funded: Parties, name: str, options: dict[str, Any]
) -> None:
    switch(name, only="approve-milestone", **options)
    assert isinstance(funded.api.build(funded.approval(0)), Unclear)
    assert isinstance(funded.api.build(funded.approval(0)), Done)
    assert not funded.contract().milestones[0].approved  # building has no effect


def test_a_fault_may_be_aimed(funded: Parties) -> None:
    switch("server_error", only="dispute-milestone")
    assert isinstance(funded.api.build(funded.approval(0)), Done)
    assert isinstance(funded.api.build(funded.dispute(0)), Unclear)


def test_a_late_answer_is_an_answer(funded: Parties) -> None:
    switch("latency", seconds=1)
    assert isinstance(funded.api.build(funded.approval(0)), Done)


def test_a_true_dispute_is_a_refusal_of_a_second_one_only(funded: Parties) -> None:
    funded.do(funded.dispute(0))
    again = funded.api.build(funded.dispute(0))
    assert isinstance(again, Declined)
    assert again.code == "ALREADY_IN_DISPUTE"


@pytest.mark.parametrize("name", ["server_error", "html", "too_many_requests", "lost_answer"])
def test_a_contract_that_cannot_be_read_is_not_missing(funded: Parties, name: str) -> None:
    switch(name)
    assert isinstance(funded.api.read(contract_id=funded.contract_id), Unclear)


@BOTH
@pytest.mark.parametrize(
    "name", ["lost_answer", "result_meta_xdr", "server_error", "html", "failed_2xx"]
)
def test_whatever_their_submit_route_says_the_hash_decides(
    parties: Parties, settings: Any, kind: Any, name: str
) -> None:
    settings.TRUSTLESS_WORK_SUBMITS = True
    parties.deployed(parties.deployment(kind, 100 * DOLLAR))
    switch(name, only="send-transaction")
    row = parties.attempt(parties.funding())
    applied = name in {"lost_answer", "result_meta_xdr"}
    assert row.status == (Submission.Status.CONFIRMED if applied else Submission.Status.SENT)
    assert parties.contract().balance == (100 * DOLLAR if applied else 0)
    if not applied:
        sending.send(row.id)  # looked up first, and then the same bytes
        row.refresh_from_db()
    assert row.status == Submission.Status.CONFIRMED
    assert parties.contract().balance == 100 * DOLLAR


def test_contract_errors_with_500_are_the_same_refusals(funded: Parties) -> None:
    switch("errors_as_500")
    answer = funded.api.build(funded.release(0))
    assert answer == Declined("NOT_APPROVED", "The milestone must be completed to release funds")


# -- The read model --------------------------------------------------------------------------------


def test_a_lagging_read_model_does_not_know_a_fresh_contract(parties: Parties) -> None:
    switch("lag", seconds=30)
    parties.deployed(parties.deployment(MULTI, 100 * DOLLAR))
    parties.api.announce(tx_hash=Submission.across_books.get().outer_hash)
    assert isinstance(parties.api.build(parties.funding()), Unclear)
    assert parties.contract().balance == 0  # what is validated on the chain is there already
    clock.advance(seconds=31)
    assert isinstance(parties.api.build(parties.funding()), Done)


@BOTH
def test_stale_flags_never_pay_twice(parties: Parties, kind: Any) -> None:
    parties.funded(parties.deployment(kind, 100 * DOLLAR))
    parties.do(parties.approval())
    parties.do(parties.release())
    switch("stale_flags")
    stale = parties.contract()
    assert (stale.milestones[0].released, stale.balance) == (False, 0)
    again = parties.prepare(parties.release())
    assert isinstance(again, Declined)
    assert again.code == "ALREADY_RELEASED"
    assert parties.contract().milestones[0].released


def test_the_rate_limit_is_50_in_60_seconds(funded: Parties) -> None:
    switch("rate_limit")
    answers = [funded.api.announce(tx_hash="ab") for _ in range(51)]
    assert ["429" in getattr(answer, "why", "") for answer in answers] == [False] * 50 + [True]


def test_the_switches_know_every_fault_by_a_sentence() -> None:
    known = switches.KNOWN["trustlesswork"]
    assert len(known) == 20
    assert all(sentence.endswith(".") for sentence in known.values())
    assert json.dumps(known)
