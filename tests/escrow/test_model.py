"""Orders beside a model of them: whoever asks for what and whatever goes wrong, both agree.

The model knows what may be asked of a deal (an order, or each of its milestones) and how the money
stands once it has ended; every answer must be the one it expects. No message ever arrives, and the
providers do wrong what can be done wrong; in the end they are honest, support decides what is still
open, and every cent is where the model says.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from escrow.models import Dispute
from integrations.simulators import switches
from integrations.simulators.models import Fault
from ledger import money, proofs
from ledger.models import Account, Transfer
from payments.models import Order
from tests.cast import Sale
from tests.indoors import kept
from tests.journeys.test_gig import agree

PURSE, BPS, PROTOCOL = "50.00", 500, 30
WHOLE: list[dict[str, str]] = []
PIECES = [
    {"ref": "draft", "title": "A draft", "amount": "6.00"},
    {"ref": "logo", "title": "The logo", "amount": "4.00"},
]
TROUBLE = [
    ("trustlesswork", "server_error"), ("trustlesswork", "lost_answer"),
    ("trustlesswork", "failed_2xx"), ("trustlesswork", "stale_flags"),
    ("trustlesswork", "html"), ("trustlesswork", "wrong_contract"),
    ("trustlesswork", "extra_operation"), ("trustlesswork", "false_dispute"),
    ("stellar", "timeout_after_applying"), ("stellar", "timeout_before_applying"),
    ("stellar", "connection_dropped_after_applying"),
]  # fmt: skip
REFUSED = {"INVALID_STATE", "DISPUTE_ALREADY_OPEN"}

which = st.integers(0, 1)  # of the deals
sides = st.sampled_from(["BUYER", "SELLER"])


@dataclass
class Deal:
    """What is known of an order, or of a milestone: who has asked for what, and what that gives."""

    path: str
    amount: int
    asked: bool = False  # the contract is being asked, or has been; nobody may ask any more
    dispute: str = ""  # the id of the open one
    delivered: bool = False
    to_seller: int = 0  # of the amount, once it is asked

    @property
    def is_free(self) -> bool:
        return not self.asked and not self.dispute

    @property
    def outcome(self) -> str:
        if self.to_seller == self.amount:
            return "RELEASED"
        return "SPLIT" if self.to_seller else "REFUNDED"

    @property
    def money(self) -> tuple[int, int]:
        """What Ada and Ben have of it in the end; the platform bears the fees of a refund."""
        fees = [self.amount * bps // 10_000 for bps in (PROTOCOL, BPS)]
        kept_back = sum(self.to_seller * fee // self.amount for fee in fees)
        return self.amount - self.to_seller, self.to_seller - kept_back


class Dealings(RuleBasedStateMachine):
    """One example: a funded order, acts at random, trouble at random, and an end."""

    sale: ClassVar[Sale]
    pieces: ClassVar[list[dict[str, str]]]

    def __init__(self) -> None:
        super().__init__()
        self.undone = kept()
        self.undone.__enter__()
        self.order = f"orders/{self.sale.order}"
        named = [(f"{self.order}/milestones/{it['ref']}", it["amount"]) for it in self.pieces]
        self.deals = [Deal(path, money.parse(sum_)) for path, sum_ in named] or [
            Deal(self.order, money.parse("10.00"))
        ]

    @rule(which=which)
    def the_seller_delivers(self, which: int) -> None:
        deal = self.deal(which)
        if self.ask(f"{deal.path}/deliver", {}, may=deal.is_free and not deal.delivered):
            deal.delivered = True

    @rule(which=which, by=st.sampled_from(["BUYER", "PLATFORM"]))
    def a_release_is_asked_for(self, which: int, by: str) -> None:
        deal = self.deal(which)
        if self.ask(f"{deal.path}/release", {"requested_by": by}, may=deal.is_free):
            deal.asked, deal.to_seller = True, deal.amount

    @rule(which=which, by=st.sampled_from(["SELLER", "PLATFORM"]))
    def a_refund_is_asked_for(self, which: int, by: str) -> None:
        deal = self.deal(which)
        refund = {"requested_by": by, "reason": "."}
        if self.ask(f"{deal.path}/refund", refund, may=deal.is_free):
            deal.asked = True

    @rule(which=which, by=sides)
    def a_side_objects(self, which: int, by: str) -> None:
        deal = self.deal(which)
        quarrel = {"opened_by": by, "reason": "OTHER"}
        if opened := self.ask(f"{deal.path}/disputes", quarrel, may=deal.is_free):
            deal.dispute = opened["id"]

    @rule(which=which)
    def the_quarrel_is_given_up(self, which: int) -> None:
        deal = self.deal(which)
        if deal.dispute:
            self.ask(f"disputes/{deal.dispute}/withdraw", {}, may=not deal.asked)
            deal.dispute = "" if not deal.asked else deal.dispute

    @rule(which=which, cents=st.integers(0, 399))
    def support_decides(self, which: int, cents: int) -> None:
        deal, to_seller = self.deal(which), cents * money.DOLLAR // 100
        if deal.dispute and self.decide(deal, to_seller, may=not deal.asked):
            deal.asked, deal.to_seller = True, to_seller

    @rule(act=st.sampled_from(["cancel", "checkout", "escrow", "escrow/fund", "reserve", "pay"]))
    def somebody_asks_for_what_is_over(self, act: str) -> None:
        self.ask(f"{self.order}/{act}", {}, may=False)

    @rule(fault=st.sampled_from(TROUBLE), times=st.integers(1, 2))
    def a_provider_does_wrong(self, fault: tuple[str, str], times: int) -> None:
        switches.turn(*fault, times=times, options={})

    @rule(rounds=st.integers(1, 3))
    def time_passes(self, rounds: int) -> None:
        for _ in range(rounds):
            self.sale.worker.round()  # type: ignore[attr-defined]

    def teardown(self) -> None:
        """Everybody is honest again, and support ends what nobody has asked for."""
        try:
            Fault.objects.all().delete()
            for deal in self.deals:
                self.end(deal)
            self.sale.worker.settle()
            self.compare()
        finally:
            self.undone.__exit__(None, None, None)

    def end(self, deal: Deal) -> None:
        if deal.dispute and not deal.asked:
            assert self.decide(deal, 0, may=True)
        elif not deal.asked:
            self.ask(f"{deal.path}/refund", {"requested_by": "PLATFORM", "reason": "."}, may=True)
        deal.asked = True

    def compare(self) -> None:
        order = self.sale.api.seen(self.order)
        assert order["status"] == "CLOSED", order
        ended_as = [piece["status"] for piece in order["milestones"]] or [order["outcome"]]
        assert ended_as == [deal.outcome for deal in self.deals]
        ends = [deal.money for deal in self.deals]
        assert self.has(self.sale.ada) == money.parse("40.00") + sum(ada for ada, _ in ends)
        assert self.has(self.sale.ben) == sum(ben for _, ben in ends)
        held = Account.across_books.filter(kind__in=["escrowed", "contract", "reserved"])
        assert set(held.values_list("balance", flat=True)) == {0}
        settled = Transfer.across_books.filter(kind__in=["release", "refund", "split"])
        assert settled.count() == len(self.deals)
        assert not Dispute.across_books.exclude(status__in=Dispute.ENDED).exists()
        assert proofs.faults() == []

    def has(self, user: str) -> int:
        available = Decimal(self.sale.api.seen(f"users/{user}/balance")["available"])
        return int(available * money.DOLLAR)

    def deal(self, which: int) -> Deal:
        return self.deals[which % len(self.deals)]

    def decide(self, deal: Deal, to_seller: int, *, may: bool) -> Any:
        shares = {
            "release_amount": money.text(to_seller),
            "refund_amount": money.text(deal.amount - to_seller),
        }
        split = {"decision": "SPLIT", "note": ".", **shares}
        body = split if to_seller else {"decision": "FULL_REFUND", "note": "."}
        return self.ask(f"disputes/{deal.dispute}/resolve", body, may=may)

    def ask(self, path: str, body: Any, *, may: bool) -> Any:
        """The answer, if it may be asked now; a clear conflict otherwise."""
        answer = self.sale.api.post(path, body)
        if may:
            assert answer.ok, (path, answer.text)
            return answer.json()
        assert answer.status_code == 409, (path, answer.text)
        assert answer.json()["error"]["code"] in REFUSED | {"ESCROW_ALREADY_EXISTS"}
        return None


def deal_at_random(sale: Sale, pieces: list[dict[str, str]], *, examples: int, steps: int) -> None:
    sale.top_up(PURSE)
    agree(sale, amount="10.00", milestones=pieces)
    sale.api.made(f"orders/{sale.order}/checkout")
    sale.worker.settle(steps=20)
    assert Order.across_books.get().status == "IN_PROGRESS"
    Dealings.sale, Dealings.pieces = sale, pieces
    run_state_machine_as_test(
        Dealings,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=examples < 10,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("pieces", [WHOLE, PIECES], ids=["whole", "milestones"])
def test_whatever_is_asked_and_goes_wrong_a_deal_ends_as_its_model(
    indoors: Sale, pieces: list[dict[str, str]]
) -> None:
    deal_at_random(indoors, pieces, examples=3, steps=10)


@pytest.mark.thorough
@pytest.mark.parametrize("pieces", [WHOLE, PIECES], ids=["whole", "milestones"])
def test_as_much_at_length(indoors: Sale, pieces: list[dict[str, str]]) -> None:
    deal_at_random(indoors, pieces, examples=60, steps=25)
