"""The feed against a Horizon that lies, forgets, is down or is another: nothing moves, nothing is
lost, and somebody is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from integrations.providers.models import Call, ChainCursor, ChainMovement
from integrations.providers.stellar import feed, feed_mapping, pace, wallets
from integrations.simulators import clock as moved
from ledger import chart, clock
from ledger.events import SYSTEM
from ledger.models import Finding
from tests.harbour import Harbour
from tests.integrations.providers.stellar.scripted import LEDGER, page, payment

pytestmark = pytest.mark.django_db


def cursor() -> ChainCursor:
    return ChainCursor.objects.get()


def later() -> None:
    moved.advance(seconds=61)
    pace._rests.clear()  # which go by the machine's clock


class TestBeginning:
    def test_now_is_asked_for_once_and_kept(self, harbour: Harbour) -> None:
        assert cursor().token == feed_mapping.cursor_before(LEDGER)
        harbour.chain.newest = LEDGER + 500
        assert feed.begin()
        assert cursor().token == feed_mapping.cursor_before(LEDGER)
        assert len(harbour.chain.asked) == 1

    def test_a_feed_that_cannot_begin_opens_no_wallet(
        self, harbour: Harbour, settings: Any
    ) -> None:
        ChainCursor.objects.all().delete()
        settings.STELLAR_HORIZON_URL = "http://127.0.0.1:9"
        assert not feed.begin()
        assert feed.follow() == 0

    def test_it_never_goes_back(self, harbour: Harbour) -> None:
        with pytest.raises(IntegrityError, match="not read backwards"), transaction.atomic():
            ChainCursor.objects.update(token=1)


GARBAGE: dict[str, tuple[int, Any]] = {
    "no JSON": (200, b"<html>"),
    "half a page": (200, b'{"_embedded": {"records": [{"id": "4'),
    "no page": (200, {}),
    "no id": (200, page({"type": "payment"})),
    "too many requests": (429, {"status": 429}),
    "still ingesting": (503, {"status": 503, "title": "Still Ingesting"}),
    "a fault": (500, b""),
    "a redirect": (302, b""),
}


@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_credits_nothing_loses_nothing_and_is_told(what: str, harbour: Harbour) -> None:
    ada = harbour.user("ada")
    paid = payment(harbour.address(ada))
    before = cursor().token
    for _ in range(3):
        harbour.chain.says(*GARBAGE[what])
        assert feed.follow() == 0
        later()
        pace.forget()  # it rests in real time, which no test waits for
    assert (cursor().token, cursor().failures) == (before, 3)
    assert cursor().failure
    [found] = Finding.across_books.all()
    assert (found.kind, found.expected) == ("feed_stands_still", {"after": str(before)})

    assert harbour.comes(paid) == 1
    assert (cursor().failures, cursor().failure) == (0, "")
    found.refresh_from_db()
    assert found.resolution.startswith("It goes on behind")
    assert harbour.shop.available(ada) == "1.00"


def test_lies_among_good_records_hold_all_of_them(harbour: Harbour) -> None:
    ada = harbour.user("ada")
    good = [payment(harbour.address(ada)), payment(harbour.address(ada))]
    lie = payment(harbour.address(ada), 1.5)
    harbour.chain.says(200, page(*good, lie))
    assert feed.follow() == 0
    assert (harbour.shop.available(ada), ChainMovement.across_books.count()) == ("0.00", 0)
    later()
    harbour.comes(*good)
    assert harbour.shop.available(ada) == "2.00"


def test_a_failing_feed_is_left_in_peace_for_longer_and_longer(harbour: Harbour) -> None:
    def pages() -> int:
        return sum(target.startswith("/payments") for target in harbour.chain.asked)

    for seconds in (2, 4, 8, 16, 32, 60, 60):
        harbour.chain.says(503, b"")
        feed.follow()
        feed.follow()
        moved.advance(seconds=seconds - 1)
        feed.follow()
        moved.advance(seconds=1)
    assert pages() == 7


@pytest.mark.django_db(transaction=True)
def test_a_page_that_our_own_books_cannot_take_in_is_tried_again(harbour: Harbour) -> None:
    """A wallet whose user does not exist: the database refuses the whole page, at its commit."""
    with transaction.atomic():
        ghost = wallets.ensure(book=harbour.shop.book, holder="usr_ghost", by=SYSTEM)
        accounts = [chart.available("usr_ghost")]
        chart.open_accounts(harbour.shop.book, accounts, owner="usr_ghost")
    before = cursor().token
    assert harbour.comes(payment(ghost.address)) == 0
    assert (cursor().token, cursor().failures) == (before, 1)
    assert "IntegrityError" in cursor().failure
    assert not ChainMovement.across_books.exists()


def test_only_failures_leave_a_row(harbour: Harbour) -> None:
    Call.objects.all().delete()
    for _ in range(5):
        harbour.comes()
    assert Call.objects.count() == 0
    harbour.chain.says(503, b"busy")
    feed.follow()
    [call] = Call.objects.all()
    assert (call.status, call.response, call.trail) == (503, "busy", "feed")


def test_what_horizon_has_forgotten_is_a_finding_that_names_the_gap(harbour: Harbour) -> None:
    ada = harbour.user("ada")
    harbour.comes()
    harbour.chain.oldest = LEDGER + 100
    harbour.comes()
    [found] = Finding.across_books.all()
    assert found.kind == "feed_has_a_gap"
    assert found.expected == {"from": LEDGER - 1, "to": LEDGER + 99}
    assert harbour.comes(payment(harbour.address(ada), ledger=LEDGER + 100)) == 1
    assert harbour.shop.available(ada) == "1.00"


def test_what_horizon_forgets_without_a_word_is_a_gap_as_well(harbour: Harbour) -> None:
    """It answers 200 and begins later; nobody was listening when Ada was paid."""
    ada = harbour.user("ada")
    harbour.comes(payment(harbour.address(ada)))
    harbour.chain.newest = LEDGER + 10
    later()
    harbour.comes()
    assert cursor().caught_up_with == LEDGER + 10
    harbour.chain.forgets_in_silence = True
    harbour.chain.oldest = LEDGER + 11  # what is forgotten was read: nothing happened in it
    later()
    harbour.comes()
    assert not Finding.across_books.exists()

    harbour.chain.oldest = LEDGER + 300
    later()
    harbour.comes(
        payment(harbour.address(ada), ledger=LEDGER + 200),
        payment(harbour.address(ada), ledger=LEDGER + 300),
    )
    [found] = Finding.across_books.all()
    assert (found.kind, found.expected) == (
        "feed_has_a_gap",
        {"from": LEDGER + 11, "to": LEDGER + 299},
    )
    assert harbour.shop.available(ada) == "2.00"


def test_a_horizon_that_answers_and_takes_nothing_in_is_found_out(harbour: Harbour) -> None:
    stopped = clock.now() - timedelta(minutes=3)
    harbour.chain.closed_at = stopped.isoformat()
    later()
    harbour.comes()
    [found] = Finding.across_books.all()
    assert (found.kind, found.resolved_at) == ("chain_stands_still", None)
    harbour.chain.closed_at = "2999-01-01T00:00:00Z"
    later()
    harbour.comes()
    found.refresh_from_db()
    assert found.resolution == f"Ledger {LEDGER - 1} has closed."


def test_a_horizon_that_forgets_what_it_says_it_has_is_not_believed(harbour: Harbour) -> None:
    before = cursor().token
    harbour.chain.says(410, {"status": 410, "title": "Gone"})
    feed.follow()
    assert (cursor().token, cursor().failures) == (before, 1)


def test_another_chain_than_before_is_a_finding(harbour: Harbour) -> None:
    harbour.comes(payment("GNOBODY", ledger=LEDGER + 50))
    harbour.chain.records.clear()
    harbour.chain.newest = 7
    later()
    harbour.comes()
    [found] = Finding.across_books.all()
    assert (found.kind, found.observed["newest"]) == ("feed_is_ahead_of_the_chain", "7")


def test_many_pages_are_read_in_one_go(harbour: Harbour) -> None:
    ada = harbour.user("ada")
    address = harbour.address(ada)
    elsewhere = [payment("GNOBODY") for _ in range(feed_mapping.PAGE)]
    assert harbour.comes(*elsewhere, payment(address)) == 1
    assert harbour.shop.available(ada) == "1.00"
