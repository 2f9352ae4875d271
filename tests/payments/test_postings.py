"""Each posting of money in, and of orders outside of escrow.

| what happens                          | debit                                       | credit                                 |
|---------------------------------------|---------------------------------------------|----------------------------------------|
| top-up, user bears the fee            | airtm_float 49.50                           | available(ada) 49.50                   |
| top-up, platform bears the fee        | airtm_float 49.50, provider_fees 0.50       | available(ada) 50.00                   |
| top-up of another amount than asked   | airtm_float 49.50                           | unattributed 49.50                     |
| deposit into the user's wallet        | wallet(GADA) 12.3456789                     | available(ada) 12.3456789              |
| deposit of nobody's                   | wallet(GADA) 5.00                           | unattributed 5.00                      |
| unattributed money claimed            | unattributed 5.00                           | available(ada) 5.00                    |
| unattributed money sent back          | unattributed 5.00                           | wallet(GTREASURY) 5.00                 |
| clawback of money that is still there | available(ada) 7.00                         | wallet(GADA) 7.00                      |
| clawback of money that is spent       | available(ada) 3.00, adjustments 4.00       | wallet(GADA) 7.00                      |
| reserve for an order                  | available(ada) 100.00                       | reserved(ada) 100.00                   |
| hold voided                           | reserved(ada) 100.00                        | available(ada) 100.00                  |
| rest of a hold posted in part         | reserved(ada) 40.00                         | available(ada) 40.00                   |
| instant settlement at 5 %             | reserved(ada) 100.00                        | available(ben) 95.00, platform_fees 5.00 |
"""

import pytest

from integrations.providers.ports import Payin, PayinStatus
from ledger import chart
from ledger.events import SYSTEM
from ledger.models import Hold
from ledger.money import DOLLAR
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


def posting(what: str, book: int):  # noqa: C901 – one line per row of the table
    topup = TopUp(id="topup_1", book_id=book, user_id=ADA, amount=50 * DOLLAR)
    order = Order(
        id="ord_1", book_id=book, buyer_id=ADA, seller_id=BEN, amount=100 * DOLLAR,
        platform_fee_bps=500,
    )  # fmt: skip
    hold = Hold(id="hld_1", book_id=book, user=ADA, amount=100 * DOLLAR)
    match what:
        case "top-up, user bears the fee":
            return postings.topup_confirmed(topup, payin(), fee_bearer="USER", by=SYSTEM)
        case "top-up, platform bears the fee":
            return postings.topup_confirmed(topup, payin(), fee_bearer="PLATFORM", by=SYSTEM)
        case "top-up of another amount than asked":
            return postings.topup_unattributed(topup, payin(), by=SYSTEM)
        case "deposit into the user's wallet":
            return postings.deposited(book, "GADA", ADA, 123_456_789, cause="op", by=SYSTEM)
        case "deposit of nobody's":
            return postings.deposit_unattributed(book, "GADA", 5 * DOLLAR, cause="op", by=SYSTEM)
        case "unattributed money claimed":
            return postings.claimed(book, ADA, 5 * DOLLAR, cause="apr", by=SYSTEM)
        case "unattributed money sent back":
            return postings.sent_back(book, "GTREASURY", 5 * DOLLAR, cause="apr", by=SYSTEM)
        case "clawback of money that is still there":
            return postings.clawed_back(
                book, "GADA", ADA, 7 * DOLLAR, left=200 * DOLLAR, cause="op", by=SYSTEM
            )
        case "clawback of money that is spent":
            return postings.clawed_back(
                book, "GADA", ADA, 7 * DOLLAR, left=3 * DOLLAR, cause="op", by=SYSTEM
            )
        case "reserve for an order":
            return postings.reserve(order, hold, by=SYSTEM)
        case "hold voided":
            return postings.given_back(order, hold, kind="void", amount=hold.amount, by=SYSTEM)
        case "rest of a hold posted in part":
            return postings.given_back(order, hold, kind="rest", amount=40 * DOLLAR, by=SYSTEM)
        case "instant settlement at 5 %":
            return postings.paid_instantly(order, hold, by=SYSTEM)
    raise AssertionError(what)


@pytest.mark.parametrize("what", TABLE)
def test_the_entries_are_those_of_the_table(what: str, book: int) -> None:
    assert written(run(lambda: posting(what, book))) == TABLE[what]
