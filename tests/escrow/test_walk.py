"""A walk at random over one order: whatever is asked, whatever goes wrong, it ends or waits.

Each step asks for an act, switches a fault on, or lets time pass; the seed decides. Nothing but the
coded refusals may come of it, the books are proved at every step, and when the providers are honest
again, and support has decided what is open, the order is closed and every cent is somebody's.
"""

import random
from typing import Any

import pytest

from escrow.models import Dispute, Escrow
from integrations.simulators import clock, switches
from integrations.simulators.models import Fault
from ledger import proofs, sweeping
from ledger.models import Account, Event
from payments.models import Milestone, Order
from tests.cast import Sale
from tests.journeys.test_gig import agree

pytestmark = pytest.mark.django_db(transaction=True)

RELEASE = {"requested_by": "BUYER"}
REFUND = {"requested_by": "SELLER", "reason": "."}
QUARREL = {"opened_by": "SELLER", "reason": "OTHER"}
PIECES = [
    {"ref": "draft", "title": "A draft", "amount": "6.00"},
    {"ref": "logo", "title": "The logo", "amount": "4.00"},
]
TROUBLE = [
    ("trustlesswork", "server_error"), ("trustlesswork", "lost_answer"),
    ("trustlesswork", "failed_2xx"), ("trustlesswork", "stale_flags"),
    ("trustlesswork", "wrong_contract"), ("stellar", "timeout_after_applying"),
    ("stellar", "timeout_before_applying"), ("stellar", "connection_dropped_after_applying"),
]  # fmt: skip
STEPS = 14


@pytest.mark.parametrize("seed", [3, 11])
def test_an_order_always_ends_or_waits_for_somebody(seed: int, sale: Sale, settings: Any) -> None:
    settings.PROVIDER_BUDGETS = False
    dice = random.Random(seed)
    sale.top_up("50.00")
    agree(sale, amount="10.00", milestones=PIECES if seed % 2 else [], auto_release_after_hours=1)
    sale.api.made(f"orders/{sale.order}/checkout")
    for _ in range(STEPS):
        dice.choice([ask, ask, go_wrong, pass_time])(sale, dice)
        for _ in range(dice.randrange(6)):
            sale.worker.step()
        assert proofs.faults() == []
    come_to_an_end(sale)
    order = sale.api.seen(f"orders/{sale.order}")
    assert (order["status"], order["outcome"] != "") == ("CLOSED", True)
    for kind in ("escrowed", "contract", "reserved"):
        left = Account.across_books.filter(kind=kind, book=Order.across_books.get().book_id)
        assert set(left.values_list("balance", flat=True)) <= {0}
    assert Event.across_books.filter(type="order.closed").count() == 1


def ask(sale: Sale, dice: random.Random) -> None:
    order = f"orders/{sale.order}"
    pieces = Milestone.across_books.values_list("ref", flat=True)
    about = dice.choice([f"{order}/milestones/{ref}" for ref in pieces] or [order])
    acts: list[tuple[str, Any]] = [
        (f"{about}/deliver", {}), (f"{about}/release", RELEASE), (f"{about}/refund", REFUND),
        (f"{about}/disputes", QUARREL), (f"{order}/cancel", {}), (f"{order}/checkout", {}),
    ]  # fmt: skip
    for dispute in Dispute.across_books.exclude(status__in=Dispute.ENDED):
        acts += [(f"disputes/{dispute.pk}/withdraw", {}), (f"disputes/{dispute.pk}/resolve", ALL)]
    answer = sale.api.post(*dice.choice(acts))
    assert answer.ok or answer.status_code in {409, 422}, answer.text


ALL = {"decision": "FULL_REFUND", "note": "."}


def go_wrong(_: Sale, dice: random.Random) -> None:
    provider, fault = dice.choice(TROUBLE)
    switches.turn(provider, fault, times=dice.randint(1, 3), options={})


def pass_time(_: Sale, dice: random.Random) -> None:
    clock.advance(seconds=dice.choice([2, 11, 400]))
    sweeping.sweep()


def come_to_an_end(sale: Sale) -> None:
    """Everybody is honest again, and support decides what nobody has asked for."""
    Fault.objects.all().delete()
    for _ in range(12):
        for _ in range(4):
            while sale.worker.step():
                pass
            clock.advance(seconds=11)
            sweeping.sweep()
        if Order.across_books.get().status == "CLOSED":
            return
        decide(sale)
    raise AssertionError(list(Escrow.across_books.values_list("status", "frozen_at")))


def decide(sale: Sale) -> None:
    """Whatever is open: a dispute by a decision, the rest by a release that the platform asks."""
    for dispute in Dispute.across_books.filter(status__in=["OPEN", "UNDER_REVIEW"]):
        sale.api.post(f"disputes/{dispute.pk}/resolve", ALL)
    order = f"orders/{sale.order}"
    refs = Milestone.across_books.filter(status__in=["OPEN", "DELIVERED"])
    for about in [f"{order}/milestones/{each.ref}" for each in refs] or [order]:
        sale.api.post(f"{about}/release", {"requested_by": "PLATFORM"})
    sale.api.post(f"{order}/checkout")
