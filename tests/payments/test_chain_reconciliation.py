"""Deposits against the chain's own list, in both directions, and against what they have posted."""

from typing import Any

import pytest
from django.utils import timezone

from integrations.marketplaces.models import User
from integrations.providers.models import ChainMovement
from integrations.providers.stellar import feed
from ledger import clock, reconciling
from ledger.compared import Report, Window
from ledger.models import Finding
from ledger.money import DOLLAR
from tests.harbour import Harbour
from tests.integrations.providers.stellar.scripted import LEDGER, payment
from tests.shop import open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(harbour: Harbour) -> User:
    user = harbour.user("ada")
    harbour.comes(payment(harbour.address(user), "3.0000000"))
    harbour.chain.newest = LEDGER + 20
    feed.follow()
    return user


def run(harbour: Harbour, *, book: int = 0) -> Report:
    window = Window(since=None, until=clock.now())
    return reconciling.run(book or harbour.shop.book, "deposits", window)


def told(report: Report) -> list[tuple[str, int]]:
    return [(one.kind, one.amount) for one in report.differences]


def test_a_credit_that_the_chain_does_not_know_is_found_and_ends_when_it_does(
    harbour: Harbour, ada: User
) -> None:
    assert run(harbour).status == "CLEAN"
    known = harbour.chain.records.pop()
    report = run(harbour)
    assert told(report) == [("movement_not_on_chain", 3 * DOLLAR)]
    finding = Finding.across_books.get()
    assert finding.correction == {
        "kind": "wallet", "subject": harbour.address(ada), "debit": -3 * DOLLAR,
    }  # fmt: skip
    harbour.chain.records.append(known)
    assert run(harbour).closed == 1


def test_another_amount_than_was_credited_is_found(harbour: Harbour, ada: User) -> None:
    harbour.chain.records[-1]["amount"] = "2.5000000"
    assert told(run(harbour)) == [("movement_differs", DOLLAR // 2)]


def test_ledgers_that_horizon_has_forgotten_are_no_proof(harbour: Harbour, ada: User) -> None:
    harbour.chain.oldest = LEDGER + 3
    report = run(harbour)
    assert (told(report), [one.subject for one in report.unread]) == ([], ["ledgers"])


def test_a_movement_without_its_deposit_is_found(harbour: Harbour, ada: User) -> None:
    facts: dict[str, Any] = ChainMovement.across_books.values().get()
    again = payment(harbour.address(ada), "3.0000000")
    place = {"operation_id": int(again["id"]), "tx_hash": again["transaction_hash"]}
    facts |= {"id": "mov_lost", "recorded_at": timezone.now(), **place}
    ChainMovement.across_books.create(**facts | {"inner_hash": place["tx_hash"]})
    harbour.chain.records.append(again)
    report = run(harbour)
    assert told(report) == [("deposit_not_posted", 3 * DOLLAR)]
    assert report.differences[0].subject == "mov_lost"


def test_another_marketplace_is_told_nothing_of_it(harbour: Harbour, ada: User) -> None:
    stranger = open_shop("Stranger")
    harbour.chain.records.pop()
    assert run(harbour, book=stranger.book).status == "CLEAN"
