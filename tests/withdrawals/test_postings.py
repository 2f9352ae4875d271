"""Each posting of money out, and of the treasury.

| what happens                         | debit                                   | credit                    |
|--------------------------------------|-----------------------------------------|---------------------------|
| withdrawal committed                 | available(ada) 100.00                   | paying_out(ada) 100.00    |
| withdrawal settled by Airtm          | paying_out(ada) 100.00                  | airtm_float 100.00        |
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
| owner's draw                         | adjustments 10.00                       | wallet(GTREASURY) 10.00   |
| approved credit to a user            | adjustments 3.00                        | available(ada) 3.00       |
| approved debit of a user             | available(ada) 3.00                     | adjustments 3.00          |
"""

import pytest

from integrations.providers.ports import Payout, PayoutStatus
from ledger import chart
from ledger.chart import AIRTM_FLOAT
from ledger.events import SYSTEM
from ledger.money import DOLLAR
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


def of_a_withdrawal(what: str, book: int):
    wd = Withdrawal(id="wd_1", book_id=book, user_id=ADA, amount=100 * DOLLAR)
    match what:
        case "withdrawal committed":
            return postings.committed(wd, by=SYSTEM)
        case "withdrawal settled by Airtm":
            return postings.completed(wd, by=SYSTEM)
        case "withdrawal settled on chain":
            return postings.completed_on_chain(wd, payer="GADA", by=SYSTEM)
        case "withdrawal failed":
            return postings.failed(wd, by=SYSTEM)
        case "withdrawal paid after all":
            return postings.paid_after_all(wd, PAYOUT, by=SYSTEM)
        case "withdrawal returned by Airtm":
            return postings.returned(wd, 98 * DOLLAR, deposit="d", by=SYSTEM)
        case "return that names no payout":
            return postings.returned_unattributed(book, 98 * DOLLAR, deposit="d", by=SYSTEM)
    return None


def of_the_treasury(what: str, book: int):
    by, treasury = SYSTEM, chart.wallet("GTREASURY")
    match what:
        case "move begun from Airtm":
            return postings.move_begun(book, "tmv_1", AIRTM_FLOAT, 80 * DOLLAR, by=by)
        case "move arrived less a fee of 1":
            return postings.move_arrived(book, "tmv_0", treasury, 50 * DOLLAR, fee=DOLLAR, by=by)
        case "move failed":
            return postings.move_failed(book, "tmv_0", AIRTM_FLOAT, 50 * DOLLAR, by=by)
        case "cover of a user's wallet":
            return postings.covered(book, "GTREASURY", "GADA", 30 * DOLLAR, cause="sub", by=by)
        case "capital paid in":
            return postings.capital(book, 10 * DOLLAR, approval="apr", by=by)
        case "owner's draw":
            return postings.drawn(book, "GTREASURY", 10 * DOLLAR, approval="apr", by=by)
        case "approved credit to a user":
            return postings.credited(book, chart.available(ADA), 3 * DOLLAR, approval="a", by=by)
        case "approved debit of a user":
            return postings.debited(book, chart.available(ADA), 3 * DOLLAR, approval="a", by=by)
    raise AssertionError(what)


@pytest.mark.parametrize("what", TABLE)
def test_the_entries_are_those_of_the_table(what: str, book: int) -> None:
    posted = run(lambda: of_a_withdrawal(what, book) or of_the_treasury(what, book))
    assert written(posted) == TABLE[what]
