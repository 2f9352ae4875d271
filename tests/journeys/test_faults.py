"""Every fault of Trustless Work, and those of Stellar that matter, in one sale after the other.

In each flow every fault strikes, each at another step, and in the next flow at the one after; some
last throughout, and the first fifty calls are spent beforehand, so that the rate limit bites. The
money table, the steps and the findings are those of a flow without any, but for what was tampered
with: that is found, nothing is signed, and an honest answer is waited for.

| flow     | Ada    | in escrow | Ben   | fees | protocol |
|----------|--------|-----------|-------|------|----------|
| released |  50.00 |      0.00 | 94.70 | 5.30 |     0.30 |
| refunded | 150.00 |      0.00 |  0.00 | 0.00 |     0.30 |
| split    |  90.00 |      0.00 | 56.82 | 3.18 |     0.30 |
"""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from integrations.marketplaces.models import Marketplace
from integrations.providers import directory
from integrations.providers.models import Submission
from integrations.simulators import clock, switches
from integrations.simulators.models import Fault, StellarContract, TrustlessWorkRequest
from integrations.simulators.trustlesswork.lies import LIES
from ledger import sweeping
from ledger.models import Account, Allocation, Finding, Transfer
from tests.cast import Sale
from tests.journeys.test_one_sale import row

OPENING = ["escrow.deploy", "escrow.fund"]
# What is asked, which steps that takes, and how it ends.
FLOWS: dict[str, tuple[list[str], list[str]]] = {
    "released": (
        ["escrow.mark_done", "escrow.approve", "escrow.release"],
        ["50.00", "0.00", "94.70", "0.00", "5.30", "0.30"],
    ),
    "refunded": (
        ["escrow.dispute", "escrow.resolve"],
        ["150.00", "0.00", "0.00", "0.00", "0.00", "0.30"],
    ),
    "split": (
        ["escrow.dispute", "escrow.resolve"],
        ["90.00", "0.00", "56.82", "0.00", "3.18", "0.30"],
    ),
}
# Where the API is asked to build each step, and which function of the contract that calls.
PLACES = {
    "escrow.deploy": ("deployer/", "tw_new"),
    "escrow.fund": ("fund-escrow", "fund_escrow"),
    "escrow.mark_done": ("change-milestone-status", "change_milestone_status"),
    "escrow.approve": ("approve-milestone", "approve_milestone"),
    "escrow.release": ("release-funds", "release_funds"),
    "escrow.dispute": ("dispute-escrow", "dispute_escrow"),
    "escrow.resolve": ("resolve-dispute", "resolve_dispute"),
}
AT_A_STEP: dict[str, dict[str, Any]] = {
    "lost_answer": {},
    "server_error": {},
    "html": {},
    "latency": {"seconds": 1},
    "too_many_requests": {"retry_after": 1},
    "unauthorized": {"shape": "problem"},
    "failed_2xx": {},
    "escrow_not_found": {},
    "false_dispute": {},
    **{lie: {} for lie in LIES},
}
OF_STELLAR = [
    "timeout_before_applying", "timeout_after_applying", "connection_dropped_before_applying",
    "connection_dropped_after_applying", "too_many_requests", "still_ingesting", "stale_history",
]  # fmt: skip
THROUGHOUT: list[tuple[str, str, dict[str, Any]]] = [
    ("trustlesswork", "lag", {"seconds": 20}),
    ("trustlesswork", "rate_limit", {}),
    ("trustlesswork", "errors_as_500", {}),
    ("stellar", "lagging_ingestion", {"seconds": 7}),
    ("stellar", "fee_surge", {"base_fee": 1_000}),
]
# Where Trustless Work hands in, and what only the feed of deposits can meet.
ELSEWHERE = {"result_meta_xdr", "cut_stream", "before_history", "pruned_history"}
# Of the other endpoint; of a transaction that comes twice; and one that ends a step for certain.
OF_THE_CHAIN_ALONE = {"try_again_later", "bad_seq_when_sent_again", "entry_archived"}
NOBODY_IS_NAMED = {"mark_done", "approve", "dispute"}  # no receiver and, but for the first, no sum
QUARREL = {"opened_by": "BUYER", "reason": "OTHER"}
SPLIT = {"decision": "SPLIT", "release_amount": "60.00", "refund_amount": "40.00", "note": "."}


def test_the_table_knows_every_fault() -> None:
    known = {
        fault for provider in ("trustlesswork", "stellar") for fault in switches.KNOWN[provider]
    }
    lasting = {fault for _, fault, _ in THROUGHOUT}
    assert known == {
        *AT_A_STEP, "stale_flags", *OF_STELLAR, *lasting, *ELSEWHERE, *OF_THE_CHAIN_ALONE
    }  # fmt: skip


@pytest.mark.parametrize(
    "flow", ["released", "refunded", pytest.param("split", marks=pytest.mark.thorough)]
)
def test_every_fault_in_every_flow_moves_no_cent_twice(flow: str, indoors: Sale) -> None:
    sale, (steps, end) = indoors, FLOWS[flow]
    sale.top_up("150.00")
    go_wrong([*OPENING, *steps], shift=list(FLOWS).index(flow))
    play(sale, flow)
    assert {fault.name for fault in Fault.objects.all()} == {name for _, name, _ in THROUGHOUT}
    assert_one_effect(sale, [*OPENING, *steps], end)
    waiting = Finding.across_books.filter(resolved_at=None)
    assert [finding.kind for finding in waiting] == ["tampered_transaction"]  # for people to judge
    settled = Finding.across_books.exclude(resolved_at=None)
    assert {finding.kind for finding in settled} <= {"contract_stands_elsewhere"}


@pytest.mark.django_db(transaction=True)
def test_what_trustless_work_is_to_hand_in_is_handed_in_once(sale: Sale, settings: Any) -> None:
    settings.TRUSTLESS_WORK_SUBMITS = True
    sale.top_up("150.00")
    for fault in ("result_meta_xdr", "lost_answer", "server_error", "failed_2xx"):
        switches.turn("trustlesswork", fault, times=1, options={"only": "send-transaction"})
    play(sale, "refunded")
    assert not Fault.objects.exists()
    assert_one_effect(sale, [*OPENING, *FLOWS["refunded"][0]], FLOWS["refunded"][1])
    assert not Finding.across_books.exists()


def go_wrong(steps: list[str], *, shift: int) -> None:
    for number, (fault, options) in enumerate(AT_A_STEP.items(), start=shift):
        path, function = PLACES[_place(fault, steps, number)]
        where = function if fault in LIES else path
        switches.turn("trustlesswork", fault, times=1, options={"only": where, **options})
    switches.turn("trustlesswork", "stale_flags", times=2, options={})
    for fault in OF_STELLAR:
        switches.turn("stellar", fault, times=1, options={})
    for provider, fault, options in THROUGHOUT:
        switches.turn(provider, fault, times=1, options=options)
    spend_the_first_calls()


def spend_the_first_calls() -> None:
    escrows = directory.escrows(Marketplace.objects.get(name="Bazaar").book_id)
    while "429" not in str(escrows.announce(tx_hash="ab")):
        pass


def _place(fault: str, steps: list[str], number: int) -> str:
    """Another step for each fault; a lie needs one in which there is something to lie about."""
    fit = steps
    if fault in {"wrong_amount", "wrong_receiver"}:
        fit = [step for step in steps if step.partition(".")[2] not in NOBODY_IS_NAMED]
    if fault == "false_dispute":
        fit = steps[1:]
    return fit[number % len(fit)]


def play(sale: Sale, flow: str) -> None:
    order = f"orders/{sale.agree('100.00')}"
    sale.api.made(f"{order}/checkout")
    wait_for(sale, "IN_PROGRESS")
    if flow == "released":
        sale.api.made(f"{order}/release", {"requested_by": "BUYER"})
    elif flow == "refunded":
        sale.api.made(f"{order}/refund", {"requested_by": "SELLER", "reason": "."})
    else:
        dispute = sale.api.made(f"{order}/disputes", QUARREL)["id"]
        sale.api.made(f"disputes/{dispute}/resolve", SPLIT)
    wait_for(sale, "CLOSED")


def wait_for(sale: Sale, status: str) -> None:
    """The sweep alone carries it on, as time passes."""
    for _ in range(90):
        while sale.worker.step():
            pass
        if sale.api.seen(f"orders/{sale.order}")["status"] == status:
            return
        pass_by(seconds=11)
        sweeping.sweep()
    raise AssertionError(f"{status} was not reached: {switches.on()}")


def pass_by(*, seconds: int) -> None:
    """For us, and for those who count our calls in real time."""
    clock.advance(seconds=seconds)
    earlier = F("asked_at") - timedelta(seconds=seconds)
    TrustlessWorkRequest.objects.update(asked_at=earlier)


def assert_one_effect(sale: Sale, steps: list[str], end: list[str]) -> None:
    assert row(sale)[:6] == end
    ours = Submission.across_books.filter(purpose__startswith="escrow.", status="CONFIRMED")
    assert Counter(ours.values_list("purpose", flat=True)) == Counter(steps)
    assert StellarContract.objects.count() == 1
    posted = Transfer.across_books.filter(trail=sale.order)
    assert set(Counter(posted.values_list("kind", flat=True)).values()) == {1}
    assert not Allocation.across_books.filter(closed_at=None).exists()
    for account in Account.across_books.filter(kind="contract"):
        assert account.balance == 0
