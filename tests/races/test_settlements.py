"""The same act twenty times at once: one effect, one conversation, clear answers for the rest."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import requests
from stellar_sdk import scval

from escrow.models import Dispute
from integrations.providers.models import Submission
from integrations.simulators.models import StellarOperation
from ledger.fields import new_id
from ledger.models import Event, Transfer
from tests.cast import Sale
from tests.journeys.test_gig import agree, check_out, statuses
from tests.races.together import at_once, outcomes

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 20
ONE = {(409, "INVALID_STATE"): TIMES - 1}
RELEASE = {"requested_by": "BUYER"}
REFUND = {"requested_by": "SELLER", "reason": "."}
QUARREL = {"opened_by": "BUYER", "reason": "OTHER"}
SPLIT = {"decision": "SPLIT", "release_amount": "15.00", "refund_amount": "5.00", "note": "."}


def sent(sale: Sale, path: str, body: Any, number: int) -> requests.Response:
    """With a key of its own, which `Api` cannot promise to threads."""
    return sale.api.post(path, body, idempotency_key=f"{new_id('race')}-{number}")


def together(sale: Sale, path: str, body: Any = None) -> Counter[tuple[int, str]]:
    return outcomes(at_once([partial(sent, sale, path, body, number) for number in range(TIMES)]))


def test_w06_an_act_on_the_contract_is_done_once(sale: Sale) -> None:
    pieces = check_out(sale)
    assert together(sale, f"{pieces}/draft/deliver") == {(200, ""): 1, **ONE}
    assert together(sale, f"{pieces}/draft/release", RELEASE) == {(202, ""): 1, **ONE}
    assert together(sale, f"{pieces}/logo/refund", REFUND) == {(202, ""): 1, **ONE}
    opened = together(sale, f"{pieces}/card/disputes", QUARREL)
    assert opened == {(202, ""): 1, (409, "DISPUTE_ALREADY_OPEN"): TIMES - 1}
    dispute = Dispute.across_books.get()
    assert together(sale, f"disputes/{dispute.pk}/resolve", SPLIT) == {(202, ""): 1, **ONE}
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


Act = tuple[str, Any, int]  # its path, its body, and the status of the one that is done
CONFLICTS = {"INVALID_STATE", "DISPUTE_ALREADY_OPEN", "ESCROW_ALREADY_EXISTS"}


def acts_of_a_life(sale: Sale) -> Iterator[tuple[Act, Counter[str]]]:
    """Every act on an order in its turn, with what the contracts are called for because of it."""
    deploy, fund = Counter({"tw_new_single_release_escrow": 1}), Counter({"fund_escrow": 1})
    first = f"orders/{sale.agree('10.00')}"
    yield (f"{first}/reserve", None, 200), Counter()
    yield (f"{first}/escrow", None, 202), deploy
    yield (f"{first}/escrow/fund", None, 202), fund
    yield (f"{first}/deliver", None, 200), Counter()
    release = ["change_milestone_status", "approve_milestone", "release_funds"]
    yield (f"{first}/release", RELEASE, 202), Counter(release)
    second = f"orders/{sale.agree('10.00')}"
    yield (f"{second}/checkout", None, 202), deploy + fund
    yield (f"{second}/refund", REFUND, 202), Counter(["dispute_escrow", "resolve_dispute"])
    third = f"orders/{sale.agree('10.00')}"
    yield (f"{third}/checkout", None, 202), deploy + fund
    yield (f"{third}/disputes", QUARREL, 202), Counter(["dispute_escrow"])
    withdrawn = Dispute.across_books.get(order=sale.order).pk
    yield (f"disputes/{withdrawn}/withdraw", None, 200), Counter()
    yield (f"{third}/disputes", QUARREL, 201), Counter()  # the contract is in dispute still
    decided = Dispute.across_books.get(order=sale.order, status="OPEN").pk
    decision = {**SPLIT, "release_amount": "6.00", "refund_amount": "4.00"}
    yield (f"disputes/{decided}/resolve", decision, 202), Counter(["resolve_dispute"])
    yield (f"orders/{sale.agree('10.00')}/cancel", None, 200), Counter()
    yield (f"orders/{agree(sale, settlement='INSTANT', milestones=[])}/pay", None, 200), Counter()


def calls_of_contracts() -> Counter[str]:
    """What the pretended chain has applied, counted there."""
    rows = StellarOperation.objects.filter(transaction__successful=True)
    calls = [row.details.get("parameters") for row in rows]
    return Counter(scval.from_symbol(call[1]["value"]) for call in calls if call)


def test_each_act_on_an_order_is_done_once(sale: Sale) -> None:
    sale.top_up("200.00")
    for (path, body, status), due in acts_of_a_life(sale):
        before, transfers = calls_of_contracts(), Transfer.across_books.count()
        told = together(sale, path, body)
        assert told.pop((status, "")) == 1, (path, told)
        assert {code for _, code in told} <= CONFLICTS, (path, told)
        assert {refused for refused, _ in told} == {409}, (path, told)
        sale.worker.settle()
        assert calls_of_contracts() - before == due, path
        assert Transfer.across_books.count() - transfers <= 2, path
    kinds = Counter(Transfer.across_books.values_list("kind", "cause"))
    assert set(kinds.values()) == {1}
    assert set(Submission.across_books.values_list("status", flat=True)) == {"CONFIRMED"}


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
