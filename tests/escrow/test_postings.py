"""Each posting into escrow and out of it, in dollars.

| what happens                        | debit | credit |
|-------------------------------------|-------|--------|
| escrow funded by the treasury       | reserved(ada) 100.00, contract(esc_1) 100.00 | escrowed(esc_1) 100.00, wallet(GTREASURY) 100.00 |
| foreign USDC seen in the contract   | contract(esc_1) 5.00 | surplus(esc_1) 5.00 |
| release of 100 at 5 %               | escrowed(esc_1) 100.00, wallet(GBEN) 94.70, wallet(GFEES) 5.00, protocol_fees 0.30 | available(ben) 94.70, platform_fees 5.30, contract(esc_1) 100.00 |
| refund, the buyer made whole        | escrowed(esc_1) 100.00, wallet(GADA) 94.70, wallet(GFEES) 5.00, protocol_fees 0.30 | available(ada) 100.00, contract(esc_1) 100.00 |
| refund, the buyer bears the fees    | escrowed(esc_1) 100.00, wallet(GADA) 94.70, wallet(GFEES) 5.00, protocol_fees 0.30 | available(ada) 94.70, platform_fees 5.30, contract(esc_1) 100.00 |
| split 60/40                         | escrowed(esc_1) 100.00, wallet(GBEN) 56.82, wallet(GADA) 37.88, wallet(GFEES) 5.00, protocol_fees 0.30 | available(ben) 56.82, available(ada) 37.88, platform_fees 5.30, contract(esc_1) 100.00 |
| split 60/40, the buyer made whole   | escrowed(esc_1) 100.00, wallet(GBEN) 56.82, wallet(GADA) 37.88, wallet(GFEES) 5.00, protocol_fees 0.30 | available(ben) 56.82, available(ada) 40.00, platform_fees 3.18, contract(esc_1) 100.00 |
| split 60/40 with a surplus of 5     | escrowed(esc_1) 100.00, surplus(esc_1) 5.00, wallet(GBEN) 56.82, wallet(GADA) 37.88, wallet(GTREASURY) 4.735, wallet(GFEES) 5.25, protocol_fees 0.315 | available(ben) 56.82, available(ada) 37.88, unattributed 4.735, platform_fees 5.565, contract(esc_1) 105.00 |
| release with a leg to a stranger    | escrowed(esc_1) 100.00, wallet(GBEN) 90.00, wallet(GFEES) 5.00, protocol_fees 0.30, adjustments 4.70 | available(ben) 90.00, platform_fees 10.00, contract(esc_1) 100.00 |
"""  # noqa: E501 – a row of a table is a line

import pytest

from escrow import postings
from escrow.models import Escrow
from escrow.postings import REFUND, RELEASE, SPLIT, Seen
from escrow.stakes import Stake
from integrations.providers.models import Wallet
from ledger import chart
from ledger.events import SYSTEM
from ledger.money import DOLLAR, parse
from payments.models import Order
from tests.tables import ADA, BEN, book_with, rows, run, written

pytestmark = [pytest.mark.django_db, pytest.mark.postings_alone]
TABLE = rows(__doc__)


def seen(**legs: str) -> Seen:
    return Seen(**{name: parse(text, decimals=7) for name, text in legs.items()})


WHOLE = seen(to_buyer="94.70", to_fees="5.00", to_protocol="0.30")
SHARED = seen(to_seller="56.82", to_buyer="37.88", to_fees="5.00", to_protocol="0.30")
SURPLUS = seen(
    to_seller="56.82", to_buyer="37.88", to_treasury="4.735", to_fees="5.25", to_protocol="0.315"
)
SETTLED = {
    "release of 100 at 5 %": (
        RELEASE, seen(to_seller="94.70", to_fees="5.00", to_protocol="0.30"), 0,
    ),
    "refund, the buyer made whole": (REFUND, WHOLE, 100 * DOLLAR),
    "refund, the buyer bears the fees": (REFUND, WHOLE, WHOLE.to_buyer),
    "split 60/40": (SPLIT, SHARED, SHARED.to_buyer),
    "split 60/40, the buyer made whole": (SPLIT, SHARED, 40 * DOLLAR),
    "split 60/40 with a surplus of 5": (SPLIT, SURPLUS, SURPLUS.to_buyer),
    "release with a leg to a stranger": (
        RELEASE,
        seen(to_seller="90.00", to_fees="5.00", to_protocol="0.30", to_strangers="4.70"),
        0,
    ),
}  # fmt: skip


@pytest.fixture
def escrow() -> Escrow:
    book = book_with(
        {
            chart.reserved(ADA): "100.00",
            chart.escrowed("esc_1"): "100.00",
            chart.surplus("esc_1"): "5.00",
            chart.contract("esc_1"): "105.00",
            chart.wallet("GTREASURY"): "200.00",
            chart.wallet("GADA"): "0",
            chart.wallet("GBEN"): "0",
            chart.wallet("GFEES"): "0",
        }
    )
    return Escrow(
        id="esc_1", book_id=book, amount=100 * DOLLAR,
        order=Order(id="ord_1", buyer_id=ADA, seller_id=BEN),
        buyer_wallet=Wallet(address="GADA"), seller_wallet=Wallet(address="GBEN"),
        fees_wallet=Wallet(address="GFEES"), treasury_wallet=Wallet(address="GTREASURY"),
    )  # fmt: skip


@pytest.mark.parametrize("what", SETTLED)
def test_a_settlement_is_that_of_the_table(what: str, escrow: Escrow) -> None:
    kind, legs, due = SETTLED[what]
    posted = run(lambda: postings.settled(Stake(escrow), kind, legs, buyer_due=due, by=SYSTEM))
    assert written(posted) == TABLE[what]


def test_a_funding_is_that_of_the_table(escrow: Escrow) -> None:
    posted = run(lambda: postings.funded(escrow, funder="GTREASURY", by=SYSTEM))
    assert written(posted) == TABLE["escrow funded by the treasury"]


def test_a_surplus_is_that_of_the_table(escrow: Escrow) -> None:
    posted = run(lambda: postings.surplus_seen(escrow, 5 * DOLLAR, cause="op", by=SYSTEM))
    assert written(posted) == TABLE["foreign USDC seen in the contract"]


def test_every_row_of_the_table_is_tested() -> None:
    alone = {"escrow funded by the treasury", "foreign USDC seen in the contract"}
    assert set(TABLE) == alone | set(SETTLED)
