"""Replay: what the watch has missed is booked and told; what it has not missed stays as it is."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from integrations.providers.models import ChainCursor, ChainMovement
from integrations.providers.stellar import feed_mapping, replaying
from ledger.models import Finding
from payments.models import Deposit
from tests.harbour import Harbour
from tests.integrations.providers.stellar.scripted import LEDGER, payment

pytestmark = pytest.mark.django_db


@pytest.fixture
def missed(harbour: Harbour) -> Any:
    """A deposit that lies behind the cursor, and that nobody has written down."""
    ada = harbour.user("ada")
    harbour.chain.records.append(payment(harbour.address(ada), "3.0000000"))
    harbour.chain.newest = LEDGER + 20
    token = feed_mapping.cursor_before(LEDGER + 10)
    ChainCursor.objects.update(token=token)
    return ada


def run(**options: Any) -> tuple[int, Any]:
    """The exit code, and what was told."""
    told = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("replay_deposits", stdout=told, stderr=told, format="json", **options)
    code = int(ended.value.code or 0)
    return code, json.loads(told.getvalue()) if code < 2 else told.getvalue()


def test_w17_what_was_missed_is_booked_and_reported(harbour: Harbour, missed: Any) -> None:
    code, told = run(ledgers=100)
    assert (code, len(told["missed"]), told["missed"][0]["stroops"]) == (1, 1, 30_000_000)
    assert harbour.shop.available(missed) == "3.00"
    assert ChainMovement.across_books.get().found_by == "REPLAY"
    [found] = Finding.across_books.all()
    assert (found.kind, found.amount) == ("movement_missed", 30_000_000)
    assert run(ledgers=100)[0] == 0


def test_a_dry_run_books_nothing(harbour: Harbour, missed: Any) -> None:
    code, told = run(ledgers=100, dry_run=True)
    assert (code, len(told["missed"]), told["effect"]) == (1, 1, "shown")
    assert harbour.shop.available(missed) == "0.00"
    assert not Deposit.across_books.exists()
    assert not Finding.across_books.exists()


def test_only_the_ledgers_that_were_asked_for_are_read(harbour: Harbour, missed: Any) -> None:
    assert run(ledgers=3)[0] == 0  # the newest three
    assert run(since=LEDGER + 1, ledgers=100)[0] == 0
    assert run(since=LEDGER, ledgers=1)[0] == 1


def test_what_happened_before_the_feed_began_is_nobodys_business(harbour: Harbour) -> None:
    ada = harbour.user("ada")
    harbour.chain.records.append(payment(harbour.address(ada), ledger=LEDGER - 5))
    harbour.comes(payment(harbour.address(ada)))
    assert run(since=1, ledgers=5_000)[0] == 0
    assert harbour.shop.available(ada) == "1.00"


def test_what_lies_before_the_cursor_is_left_to_the_watch(harbour: Harbour, missed: Any) -> None:
    later = payment(harbour.address(missed), ledger=LEDGER + 15)
    harbour.chain.records.append(later)
    assert len(replaying.replay(ledgers=100).missed) == 1
    assert harbour.comes() == 1
    assert harbour.shop.available(missed) == "4.00"


def test_forgotten_ledgers_are_told(harbour: Harbour, missed: Any) -> None:
    harbour.chain.oldest = LEDGER + 3
    code, told = run(ledgers=100)
    assert (code, told["forgotten"], told["missed"]) == (1, 3, [])


def test_it_says_when_it_cannot_look(harbour: Harbour, missed: Any) -> None:
    harbour.chain.says(503, b"")
    code, told = run(ledgers=100)
    assert code == 2
    assert "HTTP 503" in told
    assert run(ledgers=0)[0] == 2
