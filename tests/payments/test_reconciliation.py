"""A top-up against its payin: every cell of the table in `payments/reconciliation.py`."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from integrations.marketplaces.models import User
from integrations.providers import listing
from integrations.providers.answers import Done, NotAsked, StillUnclear, Unclear
from integrations.providers.ports import Page, Payin, PayinStatus
from ledger import clock, money
from ledger.chart import AIRTM_FLOAT
from ledger.compared import Agreement, Difference, Waiting
from ledger.money import parse
from payments import reconciliation
from payments.models import TopUp
from tests.shop import Shop, paid

pytestmark = pytest.mark.django_db

OPEN, DONE, GONE = "AWAITING_USER_CONFIRMATION", "SUCCEEDED", "FAILED"
TABLE = [
    # we say, Airtm shows → what is told, and by how much Airtm holds more
    ("PROCESSING", "SUCCEEDED", "payin_unposted", "50.00"),
    ("PROCESSING", "FAILED", "topup_unsettled", "0.00"),
    ("PROCESSING", OPEN, Agreement, None),
    (DONE, DONE, Agreement, None),
    (DONE, GONE, "topup_settled_alone", "-50.00"),
    (DONE, OPEN, "topup_settled_alone", "-50.00"),
    ("EXPIRED", DONE, "payin_unposted", "50.00"),
    ("EXPIRED", GONE, Agreement, None),
    ("EXPIRED", OPEN, Agreement, None),
    ("EXPIRED", "UNKNOWN", Agreement, None),
]


def topup(shop: Shop, ada: User, status: str) -> TopUp:
    row = shop.fund(ada, "50.00")
    row.refresh_from_db()
    row.status, row.asked_at = status, clock.now()
    return row


def payin(row: TopUp, **facts: Any) -> Payin:
    long_ago = clock.now() - timedelta(hours=1)
    return replace(paid(row), created_at=long_ago, changed_at=long_ago, **facts)


@pytest.mark.parametrize(("ours", "theirs", "kind", "gap"), TABLE)
def test_each_cell_of_the_table(
    shop: Shop, ada: User, ours: str, theirs: Any, kind: Any, gap: str | None
) -> None:
    row = topup(shop, ada, ours)
    told = reconciliation.compared(row, payin(row, status=theirs))
    if gap is None:
        assert told == kind(subject=row.pk)
        return
    assert isinstance(told, Difference)
    assert (told.kind, told.subject, told.trail) == (kind, row.pk, row.pk)
    assert told.correction is not None
    assert told.correction.account == AIRTM_FLOAT
    assert money.text(told.correction.debit) == gap
    assert told.amount == parse("50.00")


def test_paid_on_one_side_alone_never_agrees(shop: Shop, ada: User) -> None:
    """Whatever the statuses: money that moved on one side and not on the other is told."""
    row = topup(shop, ada, DONE)
    for ours, theirs in product(TopUp.Status, PayinStatus):
        row.status = ours
        told = reconciliation.compared(row, payin(row, status=theirs))
        is_alone = (ours == DONE) != (theirs == DONE)
        assert isinstance(told, Difference) or not is_alone, (ours, theirs)
        if isinstance(told, Difference):
            assert told.correction is not None
            assert bool(told.correction.debit) == is_alone, (ours, theirs)


@pytest.mark.parametrize(
    ("facts", "gap", "proposal"),
    [
        ({"net_amount": parse("49.00"), "fee": parse("1.00")}, -10_000_000, "ADJUST"),
        ({"reference": "another"}, 0, "IGNORE"),
    ],
)  # fmt: skip
def test_what_was_credited_is_what_airtm_passed_on(
    shop: Shop, ada: User, facts: Any, gap: int, proposal: str
) -> None:
    row = topup(shop, ada, DONE)
    told = reconciliation.compared(row, payin(row, **facts))
    assert isinstance(told, Difference)
    assert told.kind == "topup_differs"
    assert told.correction is not None
    assert (told.correction.debit, told.proposal) == (gap, proposal)


def test_what_has_changed_only_just_now_is_under_way(shop: Shop, ada: User) -> None:
    row = topup(shop, ada, "PROCESSING")
    told = reconciliation.compared(row, replace(payin(row), changed_at=clock.now()))
    assert isinstance(told, Waiting)


class TestAList:
    """What a provider pages is read to its end, or not believed."""

    def test_ends_at_the_first_page_that_is_older_as_a_whole(self) -> None:
        now, asked = clock.now(), []
        dated = [now, now - timedelta(days=5), now - timedelta(days=9)]

        def ask(page: str) -> Done[Page[Payin]]:
            asked.append(page)
            number = int(page or 0)
            one = bare(f"payin-{number}", dated[number])
            return Done(Page(items=(one,), next_page=str(number + 1)))

        read = list(listing.read(ask, back_to=now - timedelta(days=2)))
        assert [one.reference for one in read] == ["payin-0", "payin-1"]
        assert asked == ["", "1"]

    def test_that_leads_in_a_circle_is_not_believed(self) -> None:
        page = Done(Page(items=(bare("payin", clock.now()),), next_page="again"))
        with pytest.raises(StillUnclear, match="circle"):
            list(listing.read(lambda _: page, back_to=None))

    def test_with_a_page_that_cannot_be_read_is_no_list(self) -> None:
        with pytest.raises(StillUnclear, match="HTTP 500"):
            list(listing.read(lambda _: Unclear("HTTP 500"), back_to=None))

    def test_waits_while_settlements_need_the_budget(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(listing, "PAUSES", (0, 0))
        answers = [NotAsked("held back"), NotAsked("held back"), Done(1)]
        assert listing.patiently(lambda: answers.pop(0)) == Done(1)


def bare(reference: str, made: Any) -> Payin:
    return Payin(
        reference=reference,
        code=reference,
        status=PayinStatus.SUCCEEDED,
        amount=1,
        net_amount=1,
        fee=0,
        payer_email="",
        reason="",
        confirmation_url="",
        created_at=made,
        changed_at=made,
    )
