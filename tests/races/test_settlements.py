"""The same act twenty times at once: one effect, one conversation, clear answers for the rest."""

from collections import Counter
from functools import partial
from typing import Any

import pytest
import requests

from escrow.models import Dispute, Escrow
from integrations.marketplaces.models import User
from integrations.providers.models import Submission
from ledger.models import Event, Hold, Transfer
from tests.cast import Sale
from tests.journeys.test_gig import check_out, statuses
from tests.races.together import at_once, outcomes
from tests.shop import Shop, made, terms

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 20
ONE = {(409, "INVALID_STATE"): TIMES - 1}
RELEASE = {"requested_by": "BUYER"}
REFUND = {"requested_by": "SELLER", "reason": "."}
QUARREL = {"opened_by": "BUYER", "reason": "OTHER"}
SPLIT = {"decision": "SPLIT", "release_amount": "15.00", "refund_amount": "5.00", "note": "."}


def sent(sale: Sale, path: str, body: Any, number: int) -> requests.Response:
    """With a key of its own, which `Api` cannot promise to threads."""
    return sale.api.post(path, body, idempotency_key=f"{path}-{number}")


def twenty(sale: Sale, path: str, body: Any = None) -> Counter[tuple[int, str]]:
    return outcomes(at_once([partial(sent, sale, path, body, number) for number in range(TIMES)]))


@pytest.mark.parametrize("act", ["reserve", "cancel", "checkout", "pay"])
def test_an_act_without_a_provider_is_done_once(shop: Shop, ada: User, ben: User, act: str) -> None:
    shop.fund(ada, "500.00")
    settlement = "INSTANT" if act == "pay" else "ESCROW"
    order = made(shop.post("orders", {**terms(ada, ben), "settlement": settlement}))["id"]
    answers = at_once([lambda: shop.post(f"orders/{order}/{act}").status_code] * TIMES)
    assert Counter(answers) == {202 if act == "checkout" else 200: 1, 409: TIMES - 1}
    assert Hold.across_books.count() == (0 if act == "cancel" else 1)
    assert Escrow.across_books.count() == (1 if act == "checkout" else 0)
    kinds = Counter(Transfer.across_books.filter(trail=order).values_list("kind", flat=True))
    assert set(kinds.values()) <= {1}


def test_w06_an_act_on_the_contract_is_done_once(sale: Sale) -> None:
    pieces = check_out(sale)
    assert twenty(sale, f"{pieces}/draft/deliver") == {(200, ""): 1, **ONE}
    assert twenty(sale, f"{pieces}/draft/release", RELEASE) == {(202, ""): 1, **ONE}
    assert twenty(sale, f"{pieces}/logo/refund", REFUND) == {(202, ""): 1, **ONE}
    opened = twenty(sale, f"{pieces}/card/disputes", QUARREL)
    assert opened == {(202, ""): 1, (409, "DISPUTE_ALREADY_OPEN"): TIMES - 1}
    dispute = Dispute.across_books.get()
    assert twenty(sale, f"disputes/{dispute.pk}/resolve", SPLIT) == {(202, ""): 1, **ONE}
    sale.worker.settle()
    assert statuses(sale) == {"draft": "RELEASED", "logo": "REFUNDED", "card": "SPLIT"}
    settled = Transfer.across_books.filter(kind__in=["release", "refund", "split"])
    assert Counter(settled.values_list("kind", flat=True)) == {
        "release": 1,
        "refund": 1,
        "split": 1,
    }
    ours = Submission.across_books.filter(purpose__startswith="escrow.")
    assert set(ours.values_list("status", flat=True)) == {"CONFIRMED"}
    assert ours.count() == 2 + 3 + 2 + 2
    closed = Event.across_books.filter(type="order.closed")
    assert closed.count() == 1


def test_a_release_and_a_refund_at_once_are_one_of_them(sale: Sale) -> None:
    sale.top_up("150.00")
    sale.check_out("100.00")
    order = f"orders/{sale.order}"
    acts = [("release", RELEASE), ("refund", REFUND), ("disputes", QUARREL)] * 6
    answers = at_once(
        partial(sent, sale, f"{order}/{act}", body, number)
        for number, (act, body) in enumerate(acts)
    )
    told = outcomes(answers)
    assert sum(times for (status, _), times in told.items() if status == 202) == 1
    assert {code for status, code in told if status != 202} <= {
        "INVALID_STATE", "DISPUTE_ALREADY_OPEN",
    }  # fmt: skip
    sale.worker.settle()
    assert Transfer.across_books.filter(kind__in=["release", "refund"]).count() <= 1
