"""A withdrawal against its payout: every cell of the table in `withdrawals/reconciliation.py`."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from integrations.marketplaces.models import User
from integrations.providers.ports import Payout, PayoutStatus
from ledger import clock, money
from ledger.compared import Agreement, Difference, Waiting
from tests.shop import Shop
from withdrawals import reconciliation
from withdrawals.models import Withdrawal

pytestmark = pytest.mark.django_db

AMOUNT = 400_000_000
TABLE = [
    # we say, Airtm shows → what is told, and by how much Airtm holds more
    ("PENDING", "COMPLETED", "payout_unposted", "-40.00"),
    ("PENDING", "FAILED", "payout_unsettled", "0.00"),
    ("PENDING", "PENDING_USER_ACTION", Agreement, None),
    ("CREATED", "COMPLETED", "payout_unposted", "-40.00"),
    ("COMMITTED", "CREATED", Agreement, None),
    ("COMPLETED", "COMPLETED", Agreement, None),
    ("COMPLETED", "FAILED", "payout_settled_alone", "40.00"),
    ("COMPLETED", "PENDING", "payout_settled_alone", "40.00"),
    ("RETURNED", "COMPLETED", Agreement, None),
    ("RETURNED", "FAILED", Agreement, None),
    ("FAILED", "COMPLETED", "payout_unposted", "-40.00"),
    ("FAILED", "PENDING", "payout_still_alive", "0.00"),
    ("CANCELED", "CREATED", Agreement, None),
    ("CANCELED", "CANCELED", Agreement, None),
]


@pytest.fixture
def row(shop: Shop, ada: User) -> Withdrawal:
    row = shop.withdrawal(ada, "40.00")
    row.asked_at = clock.now()
    return row


def payout(row: Withdrawal, **facts: Any) -> Payout:
    long_ago = clock.now() - timedelta(hours=1)
    known: dict[str, Any] = {
        "reference": "payout-1", "code": row.pk, "status": PayoutStatus.COMPLETED,
        "amount": AMOUNT, "net_amount": AMOUNT, "fee": 0, "recipient_email": "ada@example.com",
        "reason_code": "", "reason": "", "created_at": long_ago, "changed_at": long_ago,
    }  # fmt: skip
    return Payout(**{**known, **facts})


def stands(row: Withdrawal, status: str) -> Withdrawal:
    row.status = status
    if status in {"COMPLETED", "RETURNED"}:
        row.received, row.fee, row.reference = AMOUNT, 0, "payout-1"
    return row


@pytest.mark.parametrize(("ours", "theirs", "kind", "gap"), TABLE)
def test_each_cell_of_the_table(
    row: Withdrawal, ours: str, theirs: str, kind: Any, gap: str | None
) -> None:
    seen = payout(row, status=PayoutStatus(theirs))
    told = reconciliation.compared(stands(row, ours), seen)
    if gap is None:
        assert told == kind(subject=row.pk)
        return
    assert isinstance(told, Difference)
    assert told.correction is not None
    assert (told.kind, money.text(told.correction.debit), told.amount) == (kind, gap, AMOUNT)


def test_paid_on_one_side_alone_never_agrees(row: Withdrawal) -> None:
    """But for RETURNED: what came back came by a deposit, and is told by the balance."""
    for ours, theirs in product(Withdrawal.Status, PayoutStatus):
        told = reconciliation.compared(stands(row, ours), payout(row, status=theirs))
        is_alone = (ours == "COMPLETED") != (theirs == "COMPLETED") and ours != "RETURNED"
        assert isinstance(told, Difference) or not is_alone, (ours, theirs)
        if isinstance(told, Difference):
            assert told.correction is not None
            assert bool(told.correction.debit) == is_alone, (ours, theirs)


@pytest.mark.parametrize(
    ("facts", "gap", "proposal"),
    [
        ({"amount": AMOUNT + 5, "net_amount": AMOUNT + 5}, -5, "ADJUST"),
        ({"net_amount": AMOUNT - 5, "fee": 5}, 0, "IGNORE"),
        ({"recipient_email": "mallory@example.com"}, 0, "ADJUST"),
    ],
)
def test_another_amount_fee_or_payee_differs(
    row: Withdrawal, facts: Any, gap: int, proposal: str
) -> None:
    told = reconciliation.compared(stands(row, "COMPLETED"), payout(row, **facts))
    assert isinstance(told, Difference)
    assert told.correction is not None
    found = (told.kind, told.correction.debit, told.proposal)
    assert found == ("payout_differs", gap, proposal)


def test_a_payee_in_other_letters_is_the_same(row: Withdrawal) -> None:
    told = reconciliation.compared(
        stands(row, "COMPLETED"), payout(row, recipient_email="Ada@Example.com")
    )
    assert told == Agreement(subject=row.pk)


def test_what_has_changed_only_just_now_is_under_way(row: Withdrawal) -> None:
    told = reconciliation.compared(stands(row, "PENDING"), payout(row, changed_at=clock.now()))
    assert isinstance(told, Waiting)
