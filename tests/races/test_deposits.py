"""Several readers of one feed, and money that moves beside them: one credit, and no deadlock."""

from functools import partial

import pytest
from django.db import transaction

from integrations.providers.models import ChainCursor, ChainMovement
from integrations.providers.ports import Observed
from integrations.providers.stellar import feed, feed_mapping, movements, replaying
from ledger.events import SYSTEM
from ledger.models import Event
from payments import orders
from payments.models import Deposit
from tests.harbour import Harbour
from tests.integrations.providers.stellar.scripted import page, payment
from tests.races.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)

READERS = 6


def take_in(seen: list[Observed], found_by: str) -> int:
    with transaction.atomic():
        return len(movements.take_in(seen, found_by=found_by))


def test_w17_watchers_at_once_are_one_credit(harbour: Harbour) -> None:
    ada = harbour.user("ada")
    address = harbour.address(ada)
    harbour.chain.records += [payment(address) for _ in range(30)]
    assert sum(at_once([feed.follow] * READERS)) == 30
    assert harbour.shop.available(ada) == "30.00"
    assert Event.across_books.filter(type="deposit.credited").count() == 30


def test_w17_the_same_operation_seen_from_two_sides_at_once(harbour: Harbour) -> None:
    """Without the lock of the watch: the database alone decides who was first."""
    ada, ben = harbour.user("ada"), harbour.user("ben")
    records = [payment(harbour.address(user)) for user in (ada, ben) * 5]
    seen = list(feed_mapping.page(page(*records), after=0).movements)
    found = at_once([partial(take_in, seen, name) for name in ("WATCH", "REPLAY") * 3])
    assert sum(found) == 10
    assert (harbour.shop.available(ada), harbour.shop.available(ben)) == ("5.00", "5.00")
    assert Deposit.across_books.count() == ChainMovement.across_books.count() == 10


def test_a_reader_that_was_overtaken_does_nothing(harbour: Harbour) -> None:
    ada = harbour.user("ada")
    harbour.chain.records.append(payment(harbour.address(ada)))
    stale = ChainCursor.objects.get()
    feed.follow()
    after = ChainCursor.objects.get().token
    assert feed._catch_up(stale) == 0
    assert ChainCursor.objects.get().token == after


def test_replay_beside_the_watch_finds_nothing(harbour: Harbour) -> None:
    ada = harbour.user("ada")
    harbour.comes(payment(harbour.address(ada)))
    harbour.chain.records += [payment(harbour.address(ada)) for _ in range(20)]
    _, *replays = at_once([feed.follow, *[partial(replaying.replay, ledgers=5)] * 3])
    assert [replayed.missed for replayed in replays] == [[], [], []]
    assert harbour.shop.available(ada) == "21.00"


def test_w17_a_deposit_beside_a_reservation_loses_neither(harbour: Harbour) -> None:
    ada, ben = harbour.user("ada"), harbour.user("ben")
    addresses = [harbour.address(ada), harbour.address(ben)]
    harbour.comes(payment(addresses[0], "10.0000000"), payment(addresses[1], "10.0000000"))
    bought = [
        harbour.shop.order(*pair, "1.00") for pair in ((ada, ben), (ben, ada)) for _ in range(5)
    ]
    harbour.chain.records += [payment(address) for address in (*addresses, *addresses[::-1]) * 5]

    def reserve(number: int) -> None:
        with transaction.atomic():
            orders.reserve(bought[number], by=SYSTEM)

    at_once([feed.follow, *(partial(reserve, number) for number in range(10))])
    assert (harbour.shop.available(ada), harbour.shop.available(ben)) == ("15.00", "15.00")
