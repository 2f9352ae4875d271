"""A gig of three milestones: one released, one refunded, one disputed and split, side by side.

Ada has 150.00; the gig is 100.00 at 5 %: 50.00, 30.00 and 20.00. She is made whole.

| what happens                         | Ada    | in escrow | Ben   | fees | protocol |
|--------------------------------------|--------|-----------|-------|------|----------|
| checkout                             |  50.00 |    100.00 |  0.00 | 0.00 |     0.00 |
| Ben delivers the first, Ada releases |  50.00 |     50.00 | 47.35 | 2.65 |     0.15 |
| Ben refunds the second               |  80.00 |     20.00 | 47.35 | 2.65 |     0.24 |
| the third is disputed and split 15/5 |  85.00 |      0.00 | 61.555| 3.445|     0.30 |
"""

from collections import Counter
from typing import Any

import pytest

from integrations.providers.models import Submission
from ledger.models import Account, Finding
from tests.cast import Sale
from tests.journeys.test_one_sale import row

pytestmark = pytest.mark.django_db(transaction=True)

PIECES = [
    {"ref": "draft", "title": "A draft", "amount": "50.00"},
    {"ref": "logo", "title": "The logo", "amount": "30.00"},
    {"ref": "card", "title": "A card", "amount": "20.00"},
]


def money(sale: Sale) -> list[str]:
    ada, held, ben, _, fees, protocol, _ = row(sale)
    return [ada, held, ben, fees, protocol]


def agree(sale: Sale, **facts: Any) -> str:
    body = {
        "buyer_id": sale.ada, "seller_id": sale.ben, "amount": "100.00", "currency": "USD",
        "title": "Stationery", "milestones": PIECES, **facts,
    }  # fmt: skip
    sale.order = sale.api.made("orders", body)["id"]
    return sale.order


def check_out(sale: Sale, **facts: Any) -> str:
    """Of a gig, with money for it; the address of its milestones."""
    sale.top_up("150.00")
    order = agree(sale, **facts)
    sale.api.made(f"orders/{order}/checkout")
    sale.worker.settle()
    assert sale.api.seen(f"orders/{order}")["status"] == "IN_PROGRESS"
    return f"orders/{order}/milestones"


def statuses(sale: Sale) -> dict[str, str]:
    milestones = sale.api.seen(f"orders/{sale.order}")["milestones"]
    return {each["ref"]: each["status"] for each in milestones}


def test_w15_each_milestone_is_settled_by_itself_while_the_others_go_on(sale: Sale) -> None:
    pieces = check_out(sale)
    assert money(sale) == ["50.00", "100.00", "0.00", "0.00", "0.00"]

    sale.api.made(f"{pieces}/draft/deliver", {"evidence": "https://example.com/draft"})
    asked = sale.api.made(f"{pieces}/draft/release", {"requested_by": "BUYER"})
    assert (asked["ref"], asked["status"]) == ("draft", "RELEASE_REQUESTED")
    sale.worker.settle()
    assert money(sale) == ["50.00", "50.00", "47.35", "2.65", "0.15"]
    assert statuses(sale) == {"draft": "RELEASED", "logo": "OPEN", "card": "OPEN"}

    sale.api.made(f"{pieces}/logo/refund", {"requested_by": "SELLER", "reason": "Too much."})
    sale.worker.settle()
    assert money(sale) == ["80.00", "20.00", "47.35", "2.65", "0.24"]

    quarrel = {"opened_by": "SELLER", "reason": "OTHER"}
    dispute = sale.api.made(f"{pieces}/card/disputes", quarrel)
    assert (dispute["milestone"], dispute["amount"]) == ("card", "20.00")
    sale.worker.settle()
    order = sale.api.seen(f"orders/{sale.order}")
    assert (order["status"], order["escrow"]["status"]) == ("IN_PROGRESS", "FUNDED")
    decision = {
        "decision": "SPLIT", "release_amount": "15.00", "refund_amount": "5.00", "note": ".",
    }  # fmt: skip
    sale.api.made(f"disputes/{dispute['id']}/resolve", decision)
    sale.worker.settle()
    assert money(sale) == ["85.00", "0.00", "61.555", "3.445", "0.30"]
    assert statuses(sale) == {"draft": "RELEASED", "logo": "REFUNDED", "card": "SPLIT"}

    order = sale.api.seen(f"orders/{sale.order}")
    assert (order["status"], order["outcome"]) == ("CLOSED", "MIXED")
    assert order["escrow"]["status"] == "RESOLVED"
    contract = Account.across_books.get(kind="contract", subject=order["escrow"]["id"])
    assert contract.balance == 0
    assert not Finding.across_books.exists()
    ours = Submission.across_books.filter(purpose__startswith="escrow.")
    assert Counter(ours.values_list("purpose", flat=True)) == {
        "escrow.deploy": 1, "escrow.fund": 1, "escrow.mark_done": 1, "escrow.approve": 1,
        "escrow.release": 1, "escrow.dispute": 2, "escrow.resolve": 2,
    }  # fmt: skip


def test_w15_acts_on_all_milestones_at_once_all_go_through(sale: Sale) -> None:
    pieces = check_out(sale)
    for piece in PIECES:
        sale.api.made(f"{pieces}/{piece['ref']}/release", {"requested_by": "BUYER"})
    sale.worker.settle()
    order = sale.api.seen(f"orders/{sale.order}")
    assert (order["status"], order["outcome"]) == ("CLOSED", "RELEASED")
    assert order["escrow"]["status"] == "RELEASED"
    assert money(sale) == ["50.00", "0.00", "94.70", "5.30", "0.30"]


def test_an_order_with_milestones_is_not_acted_on_as_a_whole(sale: Sale) -> None:
    pieces = check_out(sale)
    for act, body in (
        ("deliver", {}),
        ("release", {"requested_by": "BUYER"}),
        ("refund", {"requested_by": "SELLER", "reason": "No."}),
        ("disputes", {"opened_by": "BUYER", "reason": "OTHER"}),
    ):
        refused = sale.api.post(f"orders/{sale.order}/{act}", body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "INVALID_STATE")
    unknown = sale.api.post(f"{pieces}/nothing/deliver")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "MILESTONE_NOT_FOUND")
    assert statuses(sale) == {"draft": "OPEN", "logo": "OPEN", "card": "OPEN"}


def test_a_milestone_that_was_disputed_and_given_back_is_resolved_when_released(
    sale: Sale,
) -> None:
    pieces = check_out(sale)
    quarrel = {"opened_by": "BUYER", "reason": "OTHER"}
    dispute = sale.api.made(f"{pieces}/card/disputes", quarrel)["id"]
    sale.worker.settle()
    sale.api.made(f"disputes/{dispute}/withdraw")
    assert statuses(sale)["card"] == "OPEN"
    sale.api.made(f"{pieces}/card/release", {"requested_by": "BUYER"})
    sale.worker.settle()
    assert statuses(sale)["card"] == "RELEASED"
    assert money(sale) == ["50.00", "80.00", "18.94", "1.06", "0.06"]
