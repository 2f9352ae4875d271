"""Each posting of money in, and of orders outside of escrow.

| what happens                          | debit                                       | credit                                 |
|---------------------------------------|---------------------------------------------|----------------------------------------|
| top-up, user bears the fee            | airtm_float 49.50                           | available(ada) 49.50                   |
| top-up, platform bears the fee        | airtm_float 49.50, provider_fees 0.50       | available(ada) 50.00                   |
| top-up of another amount than asked   | airtm_float 49.50                           | unattributed 49.50                     |
| deposit into the user's wallet        | wallet(GADA) 12.3456789                     | available(ada) 12.3456789              |
| deposit of nobody's                   | wallet(GADA) 5.00                           | unattributed 5.00                      |
| unattributed money claimed            | unattributed 5.00                           | available(ada) 5.00                    |
| clawback of money that is still there | available(ada) 7.00                         | wallet(GADA) 7.00                      |
| clawback of money that is spent       | available(ada) 3.00, adjustments 4.00       | wallet(GADA) 7.00                      |
| reserve for an order                  | available(ada) 100.00                       | reserved(ada) 100.00                   |
| hold voided                           | reserved(ada) 100.00                        | available(ada) 100.00                  |
| rest of a hold posted in part         | reserved(ada) 40.00                         | available(ada) 40.00                   |
| instant settlement at 5 %             | reserved(ada) 100.00                        | available(ben) 95.00, platform_fees 5.00 |
"""  # noqa: E501 – a row of a table is a line

from collections.abc import Callable

import pytest

from integrations.providers.ports import Payin, PayinStatus
from ledger import chart
from ledger.events import SYSTEM
from ledger.models import Arrival, Hold
from ledger.money import DOLLAR
from ledger.posting import Posted
from payments import postings
from payments.models import Order, TopUp
from tests.tables import ADA, BEN, book_with, rows, run, written

pytestmark = [pytest.mark.django_db, pytest.mark.postings_alone]
TABLE = rows(__doc__)


@pytest.fixture
def book() -> int:
    return book_with(
        {
            chart.available(ADA): "200.00",
            chart.reserved(ADA): "100.00",
            chart.wallet("GADA"): "50.00",
            chart.wallet("GTREASURY"): "50.00",
            chart.UNATTRIBUTED: "20.00",
        }
    )


def payin() -> Payin:
    return Payin(
        reference="p", code="topup_1", status=PayinStatus.SUCCEEDED, amount=50 * DOLLAR,
        net_amount=495_000_000, fee=5_000_000, payer_email="", reason="", confirmation_url="",
    )  # fmt: skip


def topup(book: int) -> TopUp:
    return TopUp(id="topup_1", book_id=book, user_id=ADA, amount=50 * DOLLAR)


def order(book: int) -> Order:
    return Order(
        id="ord_1", book_id=book, buyer_id=ADA, seller_id=BEN, amount=100 * DOLLAR,
        platform_fee_bps=500,
    )  # fmt: skip


def hold(book: int) -> Hold:
    return Hold(id="hld_1", book_id=book, user=ADA, amount=100 * DOLLAR)


def clawed_back(book: int, *, left: int) -> Posted:
    return postings.clawed_back(book, "GADA", ADA, 7 * DOLLAR, left=left, cause="op", by=SYSTEM)


def given_back(book: int, kind: str, amount: int) -> Posted:
    return postings.given_back(order(book), hold(book), kind=kind, amount=amount, by=SYSTEM)


POSTINGS: dict[str, Callable[[int], Posted]] = {
    "top-up, user bears the fee": lambda book: postings.topup_confirmed(
        topup(book), payin(), fee_bearer="USER", by=SYSTEM
    ),
    "top-up, platform bears the fee": lambda book: postings.topup_confirmed(
        topup(book), payin(), fee_bearer="PLATFORM", by=SYSTEM
    ),
    "top-up of another amount than asked": lambda book: postings.topup_unattributed(
        topup(book), payin(), by=SYSTEM
    ),
    "deposit into the user's wallet": lambda book: postings.deposited(
        book, "GADA", ADA, 123_456_789, cause="op", by=SYSTEM
    ),
    "deposit of nobody's": lambda book: postings.deposit_unattributed(
        book, "GADA", 5 * DOLLAR, cause="op", by=SYSTEM
    ),
    "unattributed money claimed": lambda book: postings.claimed(
        Arrival(id="arr_1", book_id=book, amount=5 * DOLLAR), ADA, by=SYSTEM
    ),
    "clawback of money that is still there": lambda book: clawed_back(book, left=200 * DOLLAR),
    "clawback of money that is spent": lambda book: clawed_back(book, left=3 * DOLLAR),
    "reserve for an order": lambda book: postings.reserve(order(book), hold(book), by=SYSTEM),
    "hold voided": lambda book: given_back(book, "void", 100 * DOLLAR),
    "rest of a hold posted in part": lambda book: given_back(book, "rest", 40 * DOLLAR),
    "instant settlement at 5 %": lambda book: postings.paid_instantly(
        order(book), hold(book), by=SYSTEM
    ),
}


@pytest.mark.parametrize("what", TABLE)
def test_the_entries_are_those_of_the_table(what: str, book: int) -> None:
    assert written(run(lambda: POSTINGS[what](book))) == TABLE[what]
