"""Money that nobody claims, and what two operators decide about it.

| arrival                                        | they decide        | available (Ada) | unattributed | adjustments |
|------------------------------------------------|--------------------|-----------------|--------------|-------------|
| 5, 7, 9 and 11 reach the treasury; 3 from Airtm|                    |            0.00 |        35.00 |         0.00|
| 5                                              | it is Ada's        |            5.00 |        30.00 |         0.00|
| 7                                              | it is sent back    |            5.00 |        23.00 |         0.00|
| 9                                              | it is ours         |            5.00 |        14.00 |         9.00|
| 11, to somebody who takes no USDC              | it is sent back    |            5.00 |        14.00 |         9.00|
| 3, which Airtm returned                        | it is Ada's        |            8.00 |        11.00 |         9.00|
"""

from typing import Any

import pytest
from django.db import transaction
from stellar_sdk import Keypair

from integrations.providers.models import ChainMovement, Wallet
from integrations.providers.stellar import feed
from integrations.simulators.stellar import genesis, gifts
from ledger import acts, approvals, balances, casework, chart, money
from ledger.acts import named
from ledger.events import SYSTEM, Actor
from ledger.models import Approval, Arrival, Finding
from ledger.money import DOLLAR
from ledger.refusals import NotReady
from tests import purse
from tests.cast import Sale, Worker
from withdrawals import postings
from withdrawals.models import TreasuryMove
from withdrawals.strays import SenderUnknown

pytestmark = pytest.mark.django_db(transaction=True)
OLGA, OSCAR = Actor("operator:olga"), Actor("operator:oscar")
NOWHERE = {"address": "", "memo": "", "memo_type": "TEXT"}


def decided(act: str, arrival: Arrival, **answers: Any) -> None:
    """Olga asks for it, Oscar agrees, and nobody agrees with themselves."""
    asked = acts.decide(named(act), arrival, answers=answers, reason="seen", by=OLGA).approval
    assert isinstance(asked, Approval)
    agree = {"answers": {}, "reason": "seen as well"}
    with pytest.raises(approvals.TwoPeopleDecide):
        acts.decide(casework.Agree(), asked, by=OLGA, **agree)
    acts.decide(casework.Agree(), asked, by=OSCAR, **agree)


def of(amount: int) -> Arrival:
    arrival: Arrival = Arrival.across_books.get(amount=amount * DOLLAR)
    return arrival


def standing(sale: Sale, opening: int) -> tuple[str, ...]:
    book = of(5).book_id
    available = balances.of(book, chart.available(sale.ada))
    unattributed = balances.of(book, chart.UNATTRIBUTED)
    capital = balances.of(book, chart.ADJUSTMENTS) - opening
    return money.text(available), money.text(unattributed), money.text(capital)


def test_every_stray_finds_its_end(sale: Sale, worker: Worker) -> None:
    assert feed.begin()
    treasury = Wallet.across_books.get(role="TREASURY", book__name="Bazaar")
    opening = balances.of(treasury.book_id, chart.ADJUSTMENTS)
    for amount in (5, 7, 9, 11):
        gifts.pay_from_stranger(treasury.address, amount=amount * DOLLAR)
    feed.follow()
    with transaction.atomic():
        back = {"deposit": "dep-1", "by": SYSTEM}
        postings.returned_unattributed(treasury.book_id, 3 * DOLLAR, **back)
    assert standing(sale, opening) == ("0.00", "35.00", "0.00")

    decided("claim-arrival", of(5), user=sale.ada)
    assert standing(sale, opening) == ("5.00", "30.00", "0.00")

    before = purse.on_chain(genesis.STRANGER.public_key)
    decided("send-back", of(7), **NOWHERE)
    assert of(7).status == "GOING_BACK"
    assert standing(sale, opening) == ("5.00", "30.00", "0.00")
    worker.settle()
    after = purse.on_chain(genesis.STRANGER.public_key)
    assert money.parse(after) - money.parse(before) == 7 * DOLLAR
    assert of(7).status == "SENT_BACK"
    assert standing(sale, opening) == ("5.00", "23.00", "0.00")
    feed.follow()  # what went back is known to be ours
    assert not ChainMovement.across_books.filter(matter="OUTFLOW").exists()

    decided("take-as-capital", of(9))
    assert standing(sale, opening) == ("5.00", "14.00", "9.00")

    closed = Keypair.random().public_key
    genesis.begin()
    decided("send-back", of(11), **{**NOWHERE, "address": closed})
    worker.settle()
    assert TreasuryMove.across_books.get(target=closed).failure.endswith("op_no_destination")
    treasury.refresh_from_db()
    assert (of(11).status, treasury.frozen_at) == ("UNCLAIMED", None)
    assert standing(sale, opening) == ("5.00", "14.00", "9.00")

    with pytest.raises(SenderUnknown):  # Airtm is no account on the chain
        decided("send-back", of(3), **NOWHERE)
    Approval.across_books.filter(status="REQUESTED").update(status="REFUSED")
    decided("claim-arrival", of(3), user=sale.ada)
    assert standing(sale, opening) == ("8.00", "11.00", "9.00")

    with pytest.raises(NotReady):
        decided("claim-arrival", of(5), user=sale.ada)
    open_ones = Finding.across_books.filter(resolved_at=None)
    assert set(open_ones.values_list("kind", flat=True)) == {
        "deposit_unattributed", "treasury_move_failed",
    }  # fmt: skip
