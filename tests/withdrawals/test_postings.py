"""Each posting of money out, and of the treasury.

| what happens                         | debit                                   | credit                    |
|--------------------------------------|-----------------------------------------|---------------------------|
| withdrawal committed                 | available(ada) 100.00                   | paying_out(ada) 100.00    |
| withdrawal settled by Airtm          | paying_out(ada) 100.00                  | airtm_float 100.00        |
| Airtm took less than was asked       | paying_out(ada) 100.00                  | airtm_float 90.00, unattributed 10.00 |
| Airtm took more than was asked       | paying_out(ada) 100.00, adjustments 5.00 | airtm_float 105.00       |
| withdrawal settled on chain          | paying_out(ada) 100.00                  | wallet(GADA) 100.00       |
| withdrawal failed                    | paying_out(ada) 100.00                  | available(ada) 100.00     |
| withdrawal paid after all            | adjustments 100.00                      | airtm_float 100.00        |
| withdrawal returned by Airtm         | airtm_float 98.00                       | available(ada) 98.00      |
| return that names no payout          | airtm_float 98.00                       | unattributed 98.00        |
| move begun from Airtm                | in_transit(tmv_1) 80.00                 | airtm_float 80.00         |
| move arrived less a fee of 1         | wallet(GTREASURY) 49.00, provider_fees 1.00 | in_transit(tmv_0) 50.00 |
| move failed                          | airtm_float 50.00                       | in_transit(tmv_0) 50.00   |
| cover of a user's wallet             | wallet(GADA) 30.00                      | wallet(GTREASURY) 30.00   |
| capital paid in                      | unattributed 10.00                      | adjustments 10.00         |
| unattributed money sent back         | unattributed 10.00                      | wallet(GTREASURY) 10.00   |
| owner's draw                         | adjustments 10.00                       | wallet(GTREASURY) 10.00   |
| approved credit to a user            | adjustments 3.00                        | available(ada) 3.00       |
| approved debit of a user             | available(ada) 3.00                     | adjustments 3.00          |
"""  # noqa: E501 – a row of a table is a line

from collections.abc import Callable
from dataclasses import replace

import pytest

from integrations.providers.ports import Payout, PayoutStatus
from ledger import chart
from ledger.chart import AIRTM_FLOAT
from ledger.events import SYSTEM
from ledger.models import Arrival
from ledger.money import DOLLAR
from ledger.posting import Posted
from tests.tables import ADA, book_with, rows, run, written
from withdrawals import postings
from withdrawals.models import Withdrawal

pytestmark = [pytest.mark.django_db, pytest.mark.postings_alone]
TABLE = rows(__doc__)
PAYOUT = Payout(
    reference="p", code="wd_1", status=PayoutStatus.COMPLETED, amount=100 * DOLLAR,
    net_amount=100 * DOLLAR, fee=0, recipient_email="", reason_code="", reason="",
)  # fmt: skip


@pytest.fixture
def book() -> int:
    return book_with(
        {
            chart.available(ADA): "200.00",
            chart.paying_out(ADA): "100.00",
            chart.UNATTRIBUTED: "20.00",
            AIRTM_FLOAT: "500.00",
            chart.wallet("GADA"): "100.00",
            chart.wallet("GTREASURY"): "100.00",
            chart.in_transit("tmv_0"): "50.00",
            chart.in_transit("tmv_1"): "0",
        }
    )


def wd(book: int) -> Withdrawal:
    return Withdrawal(id="wd_1", book_id=book, user_id=ADA, amount=100 * DOLLAR)


def arrival(book: int) -> Arrival:
    return Arrival(id="arr_1", book_id=book, amount=10 * DOLLAR)


TREASURY = chart.wallet("GTREASURY")
POSTINGS: dict[str, Callable[[int], Posted]] = {
    "withdrawal committed": lambda book: postings.committed(wd(book), by=SYSTEM),
    "withdrawal settled by Airtm": lambda book: postings.completed(wd(book), PAYOUT, by=SYSTEM),
    "Airtm took less than was asked": lambda book: postings.completed(
        wd(book), replace(PAYOUT, amount=90 * DOLLAR), by=SYSTEM
    ),
    "Airtm took more than was asked": lambda book: postings.completed(
        wd(book), replace(PAYOUT, amount=105 * DOLLAR), by=SYSTEM
    ),
    "withdrawal settled on chain": lambda book: postings.completed_on_chain(
        wd(book), payer="GADA", by=SYSTEM
    ),
    "withdrawal failed": lambda book: postings.failed(wd(book), by=SYSTEM),
    "withdrawal paid after all": lambda book: postings.paid_after_all(wd(book), PAYOUT, by=SYSTEM),
    "withdrawal returned by Airtm": lambda book: postings.returned(
        wd(book), 98 * DOLLAR, deposit="d", by=SYSTEM
    ),
    "return that names no payout": lambda book: postings.returned_unattributed(
        book, 98 * DOLLAR, deposit="d", by=SYSTEM
    ),
    "move begun from Airtm": lambda book: postings.move_begun(
        book, "tmv_1", AIRTM_FLOAT, 80 * DOLLAR, by=SYSTEM
    ),
    "move arrived less a fee of 1": lambda book: postings.move_arrived(
        book, "tmv_0", TREASURY, 50 * DOLLAR, fee=DOLLAR, by=SYSTEM
    ),
    "move failed": lambda book: postings.move_failed(
        book, "tmv_0", AIRTM_FLOAT, 50 * DOLLAR, by=SYSTEM
    ),
    "cover of a user's wallet": lambda book: postings.covered(
        book, "GTREASURY", "GADA", 30 * DOLLAR, cause="sub", by=SYSTEM
    ),
    "capital paid in": lambda book: postings.capital(arrival(book), by=SYSTEM),
    "unattributed money sent back": lambda book: postings.sent_back(
        arrival(book), "GTREASURY", by=SYSTEM
    ),
    "owner's draw": lambda book: postings.drawn(
        book, "GTREASURY", 10 * DOLLAR, approval="apr", by=SYSTEM
    ),
    "approved credit to a user": lambda book: postings.credited(
        book, chart.available(ADA), 3 * DOLLAR, approval="a", by=SYSTEM
    ),
    "approved debit of a user": lambda book: postings.debited(
        book, chart.available(ADA), 3 * DOLLAR, approval="a", by=SYSTEM
    ),
}


@pytest.mark.parametrize("what", TABLE)
def test_the_entries_are_those_of_the_table(what: str, book: int) -> None:
    assert written(run(lambda: POSTINGS[what](book))) == TABLE[what]
