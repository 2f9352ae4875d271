"""The treasury is short while the money lies in people's wallets: it is swept, and nobody waits.

| what happens                                   | treasury  | Ben's wallet | waits for money |
|------------------------------------------------|-----------|--------------|-----------------|
| the treasury holds 10 000, all paid into escrow|      0.00 |         0.00 |                 |
| the escrow is released: Ben has 9 470          |      0.00 |     9 470.00 |                 |
| Ada checks out an order of 6 000               |      0.00 |     9 470.00 | the escrow      |
| what is short is swept                         |  6 000.00 |     3 470.00 |                 |
| the escrow is funded                           |      0.00 |     3 470.00 |                 |
"""

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from integrations.providers.models import Submission, Wallet
from integrations.providers.stellar import feed
from integrations.simulators.models import StellarTrustline
from integrations.simulators.stellar import gifts
from ledger import chart, proofs
from ledger.models import Account, Allocation, Arrival, Finding, Transfer
from ledger.money import DOLLAR, text
from tests import purse
from tests.cast import Sale, Worker
from withdrawals import moves, treasury
from withdrawals.models import TreasuryMove

pytestmark = pytest.mark.django_db(transaction=True)


def wallet(role: str) -> Wallet:
    return Wallet.across_books.get(role=role, book__name="Bazaar")


def until_relieved(worker: Worker) -> None:
    """What the beat does every few seconds, and the sweep every second."""
    for _ in range(4):
        treasury.relieve_all()
        purse.drain(worker, later=10)


@pytest.fixture
def spent(sale: Sale, worker: Worker) -> Sale:
    """The whole treasury has become Ben's USDC, by way of an escrow."""
    sale.top_up("18000.00")
    sale.check_out("10000.00")
    sale.deliver()
    sale.release()
    assert purse.in_books(wallet("TREASURY").address) == "0.00"
    return sale


def test_an_escrow_does_not_wait_for_money_that_is_in_wallets(spent: Sale, worker: Worker) -> None:
    order = spent.agree("6000.00")
    spent.api.made(f"orders/{order}/checkout")
    purse.drain(worker)
    assert spent.api.seen(f"orders/{order}")["status"] == "ESCROW_FUNDING"
    short = Finding.across_books.get(kind="treasury_short", resolved_at=None)
    until_relieved(worker)
    assert spent.api.seen(f"orders/{order}")["status"] == "IN_PROGRESS"
    bens = Wallet.across_books.get(holder=spent.ben)
    assert purse.in_books(wallet("TREASURY").address) == "0.00"
    # The fees (500.00) go first, the rest is Ben's.
    assert purse.in_books(wallet("FEES").address) == "0.00"
    assert purse.in_books(bens.address) == purse.on_chain(bens.address) == "3970.00"
    assert spent.api.seen(f"users/{spent.ben}/balance")["available"] == "9470.00"
    short.refresh_from_db()
    assert short.resolved_at
    assert short.resolution.startswith("6000.00 USD were promised to it from wallet G")
    assert not Allocation.across_books.filter(closed_at=None).exists()


def test_a_withdrawal_waits_for_the_treasury_and_goes_on(spent: Sale, worker: Worker) -> None:
    outside = purse.outside()
    made = spent.api.made(
        "withdrawals", {**purse.to(outside, "7000.00", spent.ada), "commit": True}
    )
    purse.drain(worker)
    assert spent.api.seen(f"withdrawals/{made['id']}")["status"] == "COMMITTED"
    until_relieved(worker)
    assert spent.api.seen(f"withdrawals/{made['id']}")["status"] == "COMPLETED"
    assert purse.on_chain(outside) == "7000.00"
    assert not Finding.across_books.filter(resolved_at=None).exists()


def test_attack_a_shortage_on_the_chain_alone_ends_once_its_escrow_is_funded(
    sale: Sale, worker: Worker
) -> None:
    """The issuer took from the treasury: the books could promise what the chain does not have."""
    sale.top_up("6000.00")
    treasurys = wallet("TREASURY").address
    gifts.claw_back(treasurys, amount=5_000 * DOLLAR)
    order = sale.agree("6000.00")
    sale.api.made(f"orders/{order}/checkout")
    for _ in range(3):
        purse.drain(worker, later=10)
    assert sale.api.seen(f"orders/{order}")["status"] == "ESCROW_FUNDING"
    assert Finding.across_books.get(kind="treasury_short").resolved_at is None
    gifts.pay_from_stranger(treasurys, amount=5_000 * DOLLAR)
    purse.drain(worker, later=10)
    assert sale.api.seen(f"orders/{order}")["status"] == "IN_PROGRESS"
    treasury.relieve_all()
    assert Finding.across_books.get(kind="treasury_short").resolution
    assert not TreasuryMove.across_books.exists()


def test_only_what_is_free_is_swept_and_only_for_a_reason(spent: Sale, worker: Worker) -> None:
    treasury.relieve_all()
    with override_settings(SWEEP_FEES_FROM="500.01"):
        treasury.sweep_fees()
    assert not TreasuryMove.across_books.exists()
    bens = Wallet.across_books.get(holder=spent.ben)
    assert treasury.sweep(bens, wallet("TREASURY"), amount=9_471 * DOLLAR, reason="") is None
    first = treasury.sweep(bens, wallet("TREASURY"), amount=9_000 * DOLLAR, reason="")
    assert first
    assert treasury.sweep(bens, wallet("TREASURY"), amount=1, reason="") is None  # one at a time
    worker.settle()
    first.refresh_from_db()
    assert (first.status, purse.in_books(bens.address)) == ("ARRIVED", "470.00")

    treasury.sweep_fees()
    worker.settle()
    assert purse.on_chain(wallet("TREASURY").address) == "9500.00"
    assert purse.on_chain(wallet("FEES").address) == "0.00"


def test_a_wallet_that_holds_less_than_the_books_say_is_swept_no_more(
    spent: Sale, worker: Worker
) -> None:
    bens = Wallet.across_books.get(holder=spent.ben)
    StellarTrustline.objects.filter(account_id=bens.address).update(balance=1)
    move = treasury.sweep(bens, wallet("TREASURY"), amount=DOLLAR, reason="")
    assert move
    worker.settle()
    move.refresh_from_db()
    bens.refresh_from_db()
    assert (move.status, move.failure) == ("FAILED", "tx_failed/op_underfunded")
    assert bens.frozen_at
    assert Finding.across_books.get(kind="treasury_move_failed").subject == move.id
    assert not Allocation.across_books.filter(closed_at=None).exists()


def test_money_moves_to_airtm_and_is_in_transit_between(sale: Sale, worker: Worker) -> None:
    airtm = purse.outside()
    with override_settings(AIRTM_DEPOSIT_ADDRESS=airtm, AIRTM_DEPOSIT_MEMO="acct-7"):
        run("to-airtm", "Bazaar", "250.00", "--reason", "Airtm runs low")
        worker.settle()
    move = TreasuryMove.across_books.get()
    assert (move.status, purse.on_chain(airtm)) == ("IN_TRANSIT", "250.00")
    assert move.left_as == Submission.across_books.get(subject=move.id).inner_hash
    assert in_transit(move) == "250.00"
    with pytest.raises(CommandError, match="--amount"):
        run("arrived", move.id, "--reference", "dep-1")
    run("arrived", move.id, "--reference", "dep-1", "--amount", "249.00")
    assert (in_transit(move), balance("airtm_float")) == ("0.00", "1249.00")
    assert balance("provider_fees") == "1.00"
    with pytest.raises(CommandError, match="INVALID_STATE"):
        run("came-back", move.id, "--reason", "no")


def test_money_from_airtm_is_believed_when_the_chain_shows_it(sale: Sale, worker: Worker) -> None:
    run("from-airtm", "Bazaar", "80.00", "--reference", "wd-9", "--reason", "sales run high")
    move = TreasuryMove.across_books.get()
    assert (move.status, in_transit(move)) == ("IN_TRANSIT", "80.00")
    assert balance("airtm_float") == "920.00"
    with pytest.raises(CommandError, match="ARRIVAL_NOT_SEEN"):
        run("arrived", move.id, "--reference", "0" * 64)
    assert feed.begin()
    paid = gifts.pay_from_stranger(wallet("TREASURY").address, amount=79 * DOLLAR)
    with pytest.raises(CommandError, match="ARRIVAL_NOT_SEEN"):
        run("arrived", move.id, "--reference", paid.hash)  # nobody has booked it yet
    assert feed.follow()
    assert balance("unattributed") == "79.00"
    run("arrived", move.id, "--reference", paid.hash)
    assert (in_transit(move), balance("unattributed"), balance("provider_fees")) == (
        "0.00", "0.00", "1.00",
    )  # fmt: skip
    assert Arrival.across_books.get().status == "RECOGNISED"
    assert not Finding.across_books.filter(resolved_at=None).exists()


def test_a_move_that_is_asked_for_twice_is_one(sale: Sale, worker: Worker) -> None:
    """As by a second click: the first is still on its way, or names the same withdrawal there."""
    with override_settings(AIRTM_DEPOSIT_ADDRESS=purse.outside(), AIRTM_DEPOSIT_MEMO="acct-7"):
        run("to-airtm", "Bazaar", "250.00", "--reason", "Airtm runs low")
        with pytest.raises(CommandError, match="MOVE_ALREADY_BEGUN"):
            run("to-airtm", "Bazaar", "250.00", "--reason", "Airtm runs low")
        worker.settle()
    run("from-airtm", "Bazaar", "80.00", "--reference", "wd-9", "--reason", "sales run high")
    with pytest.raises(CommandError, match="MOVE_ALREADY_BEGUN"):
        run("from-airtm", "Bazaar", "80.00", "--reference", "wd-9", "--reason", "sales run high")
    assert list(TreasuryMove.across_books.values_list("amount", flat=True).order_by("pk")) == [
        250 * DOLLAR, 80 * DOLLAR,
    ]  # fmt: skip
    assert balance("airtm_float") == "920.00"


def test_a_move_that_comes_back_is_where_it_was(sale: Sale) -> None:
    run("from-airtm", "Bazaar", "80.00", "--reference", "wd-9", "--reason", "sales run high")
    move = TreasuryMove.across_books.get()
    run("came-back", move.id, "--reason", "Airtm refused it")
    assert (in_transit(move), balance("airtm_float")) == ("0.00", "1000.00")
    assert Transfer.across_books.filter(cause=move.id).count() == 2


def test_more_than_there_is_does_not_leave(sale: Sale) -> None:
    with pytest.raises(CommandError, match="NOTHING_FREE"):
        run("from-airtm", "Bazaar", "1000.01", "--reference", "x", "--reason", "too much")
    with pytest.raises(CommandError, match="NO_DEPOSIT_ADDRESS"):
        run("to-airtm", "Bazaar", "1.00", "--reason", "nowhere")
    assert not TreasuryMove.across_books.exists()


def test_in_transit_without_a_move_is_found_by_the_proof(sale: Sale) -> None:
    run("from-airtm", "Bazaar", "80.00", "--reference", "wd-9", "--reason", "sales run high")
    moved = TreasuryMove.across_books.filter(status="IN_TRANSIT")
    moved.update(amount=81 * DOLLAR)
    [fault] = proofs.faults()
    assert fault.invariant == "in_transit is the sum of every treasury_move under way"
    assert (fault.expected, fault.observed) == (str(81 * DOLLAR), str(80 * DOLLAR))
    moves.freeze_source(fault.subject)  # what the scheduled proof does with it
    assert not Wallet.across_books.filter(frozen_at__isnull=False).exists()
    moved.update(amount=80 * DOLLAR)


def run(*words: str) -> None:
    call_command("move_treasury", "--by", "olga", *words, verbosity=0)


def in_transit(move: TreasuryMove) -> str:
    return text(Account.across_books.get(kind="in_transit", subject=move.id).balance)


def balance(kind: str) -> str:
    name = chart.Account(kind)
    found = Account.across_books.get(kind=name.kind, subject="", book__name="Bazaar")
    return text(found.balance)
