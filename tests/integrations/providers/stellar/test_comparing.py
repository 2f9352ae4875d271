"""Wallets against the chain: what the feed does not tell of is found, and what is under way waits.

| what happens to Ada's wallet                  | chain | books | the comparison says           |
|-----------------------------------------------|-------|-------|-------------------------------|
| a deposit of 10, and nobody has looked        | 10.00 |  0.00 | waits                         |
| the feed is read                              | 10.00 | 10.00 | agrees                        |
| the issuer takes 4 back (a classic clawback)  |  6.00 | 10.00 | short by 4, frozen            |
| two operators book it                         |  6.00 |  6.00 | agrees; the finding is closed |
| 3 more than the feed told of                  |  9.00 |  6.00 | over by 3                     |
| two operators book it                         |  9.00 |  9.00 | agrees; 3 are unattributed    |
"""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from integrations.providers import directory
from integrations.providers.answers import Done
from integrations.providers.models import ChainMovement, Wallet, WalletCheck
from integrations.providers.stellar import comparing, feed
from integrations.simulators.models import StellarTrustline
from integrations.simulators.stellar import gifts
from ledger import acts, balances, casework, chart, clock
from ledger.events import SYSTEM, Actor
from ledger.models import Arrival, Finding
from ledger.money import DOLLAR
from payments import claims
from tests import purse, thief
from tests.cast import Sale, Worker

pytestmark = pytest.mark.django_db(transaction=True)


def told(**options: Any) -> tuple[int, dict[str, Any]]:
    """The command's exit code, and what it says of Bazaar's balances."""
    out, which = StringIO(), {"marketplace": "Bazaar", "format": "json"}
    with pytest.raises(SystemExit) as over:
        call_command("reconcile", "balances", stdout=out, **which, **options)
    [report] = json.loads(out.getvalue())
    return int(str(over.value)), report


def found() -> Finding:
    finding: Finding = Finding.across_books.get(resolved_at=None)
    return finding


def test_what_the_feed_does_not_tell_of_is_found(sale: Sale, worker: Worker) -> None:
    assert feed.begin()
    wallet = purse.wallet_of(sale.ada, worker)
    feed.follow()
    assert told()[0] == 0
    gifts.pay_from_stranger(wallet.address, amount=10 * DOLLAR)
    code, seen = told()
    assert (code, [one["subject"] for one in seen["waiting"]]) == (0, [wallet.pk])
    feed.follow()
    assert told()[1]["waiting"] == []

    gifts.claw_back(wallet.address, amount=4 * DOLLAR)
    feed.follow()
    code, seen = told(dry_run=True)
    [short] = seen["differences"]
    assert (code, short["amount"]) == (1, "4.00")
    assert (short["expected"]["books"], short["observed"]["stroops"]) == (10 * DOLLAR, 6 * DOLLAR)
    wallet.refresh_from_db()
    assert wallet.frozen_at is None
    assert not Finding.across_books.exists()
    assert told()[0] == 1
    assert (found().kind, found().amount) == ("wallet_short_of_books", 4 * DOLLAR)
    wallet.refresh_from_db()
    assert wallet.frozen_at
    with transaction.atomic():
        claims.claw_back(wallet, 4 * DOLLAR, approval="apr_1", by=SYSTEM)
    assert balances.of(wallet.book_id, chart.available(sale.ada)) == 6 * DOLLAR
    assert told()[0] == 0
    assert Finding.across_books.get().resolution.startswith("Chain and books agree on 6.00 USDC")

    line = StellarTrustline.objects.filter(account_id=wallet.address)
    line.update(balance=9 * DOLLAR)
    assert told()[0] == 1
    assert (found().kind, found().amount) == ("wallet_beyond_books", 3 * DOLLAR)
    with transaction.atomic():
        claims.keep_surplus(wallet, 3 * DOLLAR, approval="apr_2", by=SYSTEM)
    assert Arrival.across_books.get().amount == 3 * DOLLAR
    assert told()[0] == 0
    assert not Finding.across_books.filter(resolved_at=None).exists()


@pytest.mark.parametrize(
    ("booked", "kind", "amount"),
    [
        ([1], "wallet_short_of_books", 3),
        ([4, 4], "wallet_beyond_books", 4),  # as a clawback, and by an adjustment as well
        ([1, 2], "wallet_short_of_books", 1),
    ],
)
def test_what_people_have_booked_of_it_is_no_longer_missing(
    sale: Sale, worker: Worker, booked: list[int], kind: str, amount: int
) -> None:
    assert feed.begin()
    wallet = purse.wallet_of(sale.ada, worker)
    gifts.pay_from_stranger(wallet.address, amount=10 * DOLLAR)
    feed.follow()
    assert told()[0] == 0
    gifts.claw_back(wallet.address, amount=4 * DOLLAR)
    assert told()[0] == 1
    for number, dollars in enumerate(booked):
        with transaction.atomic():
            claims.claw_back(wallet, dollars * DOLLAR, approval=f"apr_{number}", by=SYSTEM)
    assert told()[0] == 1
    assert (found().kind, found().amount) == (kind, amount * DOLLAR)
    if kind == "wallet_short_of_books":
        assert found().correction["debit"] == -amount * DOLLAR


def test_an_outflow_that_is_booked_explains_no_other_loss(sale: Sale, worker: Worker) -> None:
    """The feed shows it already: booked by two people, it is not counted twice."""
    assert feed.begin()
    wallet = purse.wallet_of(sale.ada, worker)
    gifts.pay_from_stranger(wallet.address, amount=10 * DOLLAR)
    feed.follow()
    assert told()[0] == 0
    thief.takes(wallet, 4 * DOLLAR)
    feed.follow()
    taken = {"kind": "wallet", "subject": wallet.address, "side": "credit", "amount": 4 * DOLLAR}
    asked = {"answers": taken, "reason": "a thief", "by": Actor("operator:olga")}
    approval = acts.decide(acts.named("adjust-for-finding"), found(), **asked).approval
    agreed: dict[str, Any] = {"answers": {}, "reason": "seen", "by": Actor("operator:oscar")}
    acts.decide(casework.Agree(), approval, **agreed)
    thief.takes_unseen(wallet, 4 * DOLLAR)
    assert told()[0] == 1
    assert (found().kind, found().amount) == ("wallet_short_of_books", 4 * DOLLAR)


def test_what_the_books_have_still_to_post_waits_for_an_hour(sale: Sale, worker: Worker) -> None:
    """Money that the feed has written down, and that no posting has followed."""
    assert feed.begin()
    wallet = purse.wallet_of(sale.ada, worker)
    feed.follow()
    told()
    gifts.pay_from_stranger(wallet.address, amount=DOLLAR)
    ChainMovement.across_books.create(**movement(wallet))
    feed.follow()  # it is known already, and nobody is told
    assert len(told()[1]["waiting"]) == 1
    late = comparing.PATIENCE + timedelta(minutes=1)
    purse.clock.advance(seconds=int(late.total_seconds()))
    assert told()[0] == 1
    assert found().kind == "books_lag_behind_chain"
    wallet.refresh_from_db()
    assert wallet.frozen_at is None


def test_a_chain_that_cannot_be_read_says_nothing(sale: Sale, settings: Any) -> None:
    settings.STELLAR_HORIZON_URL = "http://127.0.0.1:9"
    code, seen = told()
    ours = Wallet.across_books.filter(book__name="Bazaar")
    assert (code, len(seen["unread"])) == (2, ours.count())
    assert not WalletCheck.across_books.exists()


def movement(wallet: Wallet) -> dict[str, Any]:
    """As the feed would write it down."""
    page = directory.chain().movements_after(feed.span()[1])
    assert isinstance(page, Done)
    [seen] = page.value.movements
    return {
        "book_id": wallet.book_id,
        "network": "simulated",
        "operation_id": seen.operation_id,
        "change_index": seen.index,
        "direction": "IN",
        "address": wallet.address,
        "holder": wallet.holder,
        "counterparty": seen.source,
        "amount": seen.amount,
        "asset": "USDC",
        "kind": seen.kind,
        "matter": "DEPOSIT",
        "tx_hash": seen.tx_hash,
        "inner_hash": seen.inner_hash,
        "ledger": seen.ledger,
        "closed_at": seen.closed_at,
        "found_by": "WATCH",
        "recorded_at": clock.now(),
    }
