"""Contracts against the chain: losses, milestones that others settle, readings that lag or lie."""

import re
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from escrow import foreign, snapshots, stakes
from escrow.models import ContractCheck, Dispute, Escrow
from integrations.providers.models import Address, Call, Submission
from integrations.providers.stellar import feed
from integrations.simulators import clock as simulated
from integrations.simulators import switches
from integrations.simulators.stellar import faults, gifts
from ledger import clock, proofs, reconciling, sweeping
from ledger.compared import Report, Window
from ledger.display import dollars
from ledger.events import SYSTEM
from ledger.models import Account, Finding, Transfer
from ledger.money import DOLLAR, text
from payments.models import Milestone, Order
from tests import thief
from tests.cast import Sale
from tests.config.clerks import clerk
from tests.escrow.test_refunds_and_disputes import money, open_dispute, seen, work_through
from tests.journeys.test_chain_sabotage import found, settled
from tests.journeys.test_gig import check_out, statuses

pytestmark = pytest.mark.django_db(transaction=True)


def run(book: int) -> Report:
    feed.follow()
    return reconciling.run(book, "escrows", Window(since=None, until=clock.now()))


@pytest.fixture
def funded(sale: Sale) -> Escrow:
    assert feed.begin()
    sale.top_up("150.00")
    sale.check_out("100.00")
    feed.follow()
    escrow: Escrow = Escrow.across_books.get()
    return escrow


def test_a_loss_is_borne_by_the_platform_and_the_order_ends(sale: Sale, funded: Escrow) -> None:
    """60 of 100 are gone: Ada is paid back in full, 40 stay in the contract as a surplus."""
    thief.changes(funded.contract_id, by=-60 * DOLLAR)
    [short] = run(funded.book_id).differences
    assert (short.kind, short.subject, text(short.amount)) == ("contract_short", funded.pk, "60.00")
    funded.refresh_from_db()
    assert funded.frozen_at
    olga, oscar = clerk("olga", "Finance"), clerk("oscar", "Finance")
    frozen = "/admin/escrow/escrow/?queue=frozen-escrows"
    assert olga.client.get(frozen).context["cl"].result_count == 1
    finding = found("contract_short")
    asked = olga.asks_for("bear-contract-loss", finding.pk, paid_to="BUYER")
    assert oscar.decide("agree", asked.id).status_code == 302
    assert olga.client.get(frozen).context["cl"].result_count == 0  # it has ended
    assert "Frozen escrows" in olga.read("/admin/").split("Empty:")[1]
    assert proofs.faults() == []
    assert money(sale)[0] == "150.00"
    assert sale.api.seen(f"orders/{sale.order}")["outcome"] == "REFUNDED"
    left = {kind: Account.across_books.get(kind=kind, subject=funded.pk).balance
            for kind in ("contract", "surplus", "escrowed")}  # fmt: skip
    assert left == {"contract": 40 * DOLLAR, "surplus": 40 * DOLLAR, "escrowed": 0}
    [rest] = run(funded.book_id).differences
    assert (rest.kind, rest.proposal) == ("money_left_in_contract", "IGNORE")
    olga.decide("ignore-finding", found("money_left_in_contract").pk, reason="cannot be fetched")
    assert run(funded.book_id).status == "CLEAN"


def test_what_strangers_pay_into_an_abandoned_contract_is_booked(sale: Sale) -> None:
    """Nobody has funded it, the order is canceled, and then somebody sends 5 there."""
    assert feed.begin()
    sale.top_up("150.00")
    sale.agree("100.00")
    sale.api.made(f"orders/{sale.order}/reserve")
    sale.api.made(f"orders/{sale.order}/escrow")
    sale.worker.settle()
    sale.api.made(f"orders/{sale.order}/cancel")
    sale.worker.settle()
    escrow = Escrow.across_books.get()
    assert escrow.status == "FAILED"
    gifts.pay_by_contract(escrow.contract_id, amount=5 * DOLLAR)
    [given] = run(escrow.book_id).differences
    assert (given.kind, text(given.amount)) == ("foreign_money_in_contract", "5.00")
    olga, oscar = clerk("olga", "Finance"), clerk("oscar", "Finance")
    settled("book-contract-surplus", found("foreign_money_in_contract"), olga, oscar)
    assert run(escrow.book_id).status == "CLEAN"

    thief.changes(escrow.contract_id, by=-5 * DOLLAR)
    gifts.pay_by_contract(escrow.contract_id, amount=DOLLAR)  # so that it is looked at again
    [short] = run(escrow.book_id).differences
    assert (short.kind, text(short.amount)) == ("contract_short", "4.00")
    settled("bear-contract-loss", found("contract_short"), olga, oscar, paid_to="BUYER")
    [rest] = run(escrow.book_id).differences
    assert (rest.kind, text(rest.amount)) == ("money_left_in_contract", "1.00")


def test_a_loss_among_milestones_is_borne_piece_by_piece(sale: Sale) -> None:
    """The draft is released; of the other 50, of which the card's 20 are disputed, 45 are gone.

    The logo's 30 go to Ben, who has delivered it, and the card's 20 back to Ada.
    """
    assert feed.begin()
    pieces = check_out(sale)
    sale.api.made(f"{pieces}/draft/release", {"requested_by": "BUYER"})
    sale.api.made(f"{pieces}/card/disputes", {"opened_by": "BUYER", "reason": "OTHER"})
    sale.worker.settle()
    escrow = Escrow.across_books.get()
    thief.changes(escrow.contract_id, by=-45 * DOLLAR)
    [short] = run(escrow.book_id).differences
    assert (short.kind, text(short.amount)) == ("contract_short", "45.00")

    olga, oscar = clerk("olga", "Finance"), clerk("oscar", "Finance")
    finding = found("contract_short")
    unknown = olga.preview("bear-contract-loss", finding.pk, paid_to="BUYER", others="draft logo")
    assert "no such milestone" in unknown  # the draft is settled
    told = {"paid_to": "BUYER", "others": " logo  logo "}
    page = olga.preview("bear-contract-loss", finding.pk, **told)
    assert re.search(r"The platform bears <[^>]+>50\.00<", page)
    assert f"gets {dollars(20 * DOLLAR)}" in page
    asked = olga.asks_for("bear-contract-loss", finding.pk, **told)
    assert "logo" in oscar.open("agree", asked.id).content.decode()
    assert oscar.decide("agree", asked.id).status_code == 302

    sale.worker.settle()
    assert proofs.faults() == []
    assert statuses(sale) == {"draft": "RELEASED", "logo": "RELEASED", "card": "REFUNDED"}
    assert sale.api.seen(f"orders/{sale.order}")["outcome"] == "MIXED"
    assert [row["status"] for row in sale.api.seen("disputes")["data"]] == ["WITHDRAWN"]
    #                      Ada               Ben: 47.35 + 30
    assert money(sale) == ["70.00", "0.00", "77.35", "0.00", "2.65", "0.15"]
    [rest] = run(escrow.book_id).differences
    assert (rest.kind, text(rest.amount)) == ("money_left_in_contract", "5.00")

    thief.changes(escrow.contract_id, by=-5 * DOLLAR)  # the rest, which was nobody's
    [short] = run(escrow.book_id).differences
    assert (short.kind, text(short.amount)) == ("contract_short", "5.00")
    settled("bear-contract-loss", found("contract_short"), olga, oscar, paid_to="BUYER")
    assert money(sale) == ["70.00", "0.00", "77.35", "0.00", "2.65", "0.15"]
    assert run(escrow.book_id).status == "CLEAN"


def test_milestones_that_others_settled_are_booked_one_by_one(sale: Sale) -> None:
    assert feed.begin()
    check_out(sale)
    escrow = Escrow.across_books.get()
    thief.releases(escrow.contract_id, escrow.buyer_wallet)
    [ended] = run(escrow.book_id).differences
    first = Milestone.across_books.get(order=escrow.order_id, place=0)
    assert (ended.kind, ended.subject) == ("contract_ended_by_another", first.pk)
    assert ended.amount == first.amount
    olga, oscar = clerk("olga", "Finance"), clerk("oscar", "Finance")
    settled("book-foreign-end", found(ended.kind), olga, oscar)
    assert statuses(sale)[first.ref] == "RELEASED"
    assert sale.api.seen(f"orders/{sale.order}")["status"] == "IN_PROGRESS"
    assert run(escrow.book_id).status == "CLEAN"
    second = stakes.of(Milestone.across_books.get(order=escrow.order_id, place=1).pk)
    with pytest.raises(foreign.NotSeen), transaction.atomic():
        foreign.take_in(second, by=SYSTEM)


def test_a_reading_is_believed_once_nothing_of_ours_is_under_way(
    sale: Sale, funded: Escrow
) -> None:
    """Twenty contracts are one request; what cannot be read, lags or lies is no finding, and one
    that was archived is one until a call has restored it.
    """
    sale.check_out("20.00")
    switches.turn("trustlesswork", "server_error", times=1, options={})
    assert [one.subject for one in run(funded.book_id).unread] == ["contracts"]
    assert not ContractCheck.across_books.exists()
    asked = Call.objects.filter(provider="trustlesswork")
    before = asked.count()
    every = list(Escrow.across_books.values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as alone:
        snapshots.of(funded.book_id, every[:1])
    with CaptureQueriesContext(connection) as together:
        assert len(snapshots.of(funded.book_id, every)) == 2
    assert len(together) == len(alone)
    assert run(funded.book_id).status == "CLEAN"
    assert (ContractCheck.across_books.count(), asked.count()) == (2, before + 1)

    switches.turn("stellar", faults.ENTRY_ARCHIVED, times=1, options={})
    sale.release()  # and given back
    archived = Finding.across_books.get(kind="contract_archived")
    assert archived.resolved_at is None

    sale.api.made(f"orders/{sale.order}/release", {"requested_by": "BUYER"})
    while not Submission.across_books.filter(purpose="escrow.release", status="CONFIRMED").exists():
        assert sale.worker.step()
    [waiting] = run(funded.book_id).waiting
    assert waiting.why == "A step of ours is under way."
    sale.worker.settle()
    archived.refresh_from_db()
    assert "had its effect" in archived.resolution
    switches.turn("trustlesswork", "stale_flags", times=1, options={})
    assert run(funded.book_id).status == "CLEAN"

    stray = Address.across_books.create(
        book_id=funded.book_id, address="C" * 56, role=Address.Role.CONTRACT, subject="esc_unknown"
    )
    [unknown] = run(funded.book_id).differences
    assert (unknown.kind, unknown.subject) == ("contract_without_escrow", stray.address)
    stray.delete()
    assert run(funded.book_id).closed == 1


def test_w16_a_run_changes_no_status_and_an_end_is_booked_with_its_money(
    sale: Sale, funded: Escrow
) -> None:
    """The resolver's key has given all to Ben: a contract at zero is no refund."""
    open_dispute(sale)

    def state() -> list[Any]:
        kinds = (Order, Escrow, Dispute)
        statuses = [list(kind.across_books.values_list("pk", "status")) for kind in kinds]
        return [*statuses, Transfer.across_books.count()]

    before = state()
    thief.resolves(
        funded.contract_id, funded.resolver_wallet, {funded.seller_wallet.address: 100 * DOLLAR}
    )
    [ended] = [one for one in run(funded.book_id).differences if one.subject == funded.pk]
    assert ended.kind == "contract_ended_by_another"
    assert state() == before
    olga, oscar = clerk("olga", "Finance"), clerk("oscar", "Finance")
    settled("book-foreign-end", found(ended.kind), olga, oscar)
    assert seen(sale) == ("CLOSED", "RELEASED", "RESOLVED")
    assert money(sale) == ["50.00", "0.00", "94.70", "0.00", "5.30", "0.30"]
    before = state()
    switches.turn("trustlesswork", "stale_flags", times=1, options={})  # as if it were funded still
    assert run(funded.book_id).status == "CLEAN"
    assert state() == before  # and no closed order is in progress again


def test_w16_a_step_that_does_not_end_is_found_also_without_a_contract(
    sale: Sale, funded: Escrow
) -> None:
    switches.turn("trustlesswork", "server_error", times=50, options={})
    order = sale.agree("20.00")
    sale.api.made(f"orders/{order}/checkout")
    work_through(sale)
    stuck = Escrow.across_books.get(order=order)
    assert (stuck.status, stuck.contract_id) == ("CREATING", "")
    simulated.advance(seconds=3700)
    found_late = [one for one in run(funded.book_id).differences if one.subject == stuck.pk]
    assert [(one.kind, text(one.amount)) for one in found_late] == [("escrow_overdue", "20.00")]
    switches.turn("trustlesswork", "server_error", times=0, options={})
    sweeping.sweep()
    sale.worker.settle()
    assert sale.api.seen(f"orders/{order}")["status"] == "IN_PROGRESS"
    run(funded.book_id)
    assert Finding.across_books.get(kind="escrow_overdue").resolution.startswith("It is FUNDED")


@pytest.mark.thorough
def test_a_dispute_that_others_have_resolved_is_booked_with_the_strangers_gift(
    sale: Sale, funded: Escrow
) -> None:
    """60 to Ben, 40 and the 5 that a stranger had put in to Ada, less 5 % and 0.3 %."""
    open_dispute(sale)
    gifts.pay_by_contract(funded.contract_id, amount=5 * DOLLAR)
    roles = {funded.seller_wallet.address: 60 * DOLLAR, funded.buyer_wallet.address: 45 * DOLLAR}
    thief.resolves(funded.contract_id, funded.resolver_wallet, roles)
    [ended] = [one for one in run(funded.book_id).differences if one.subject == funded.pk]
    assert ended.kind == "contract_ended_by_another"
    olga, oscar = clerk("olga", "Finance"), clerk("oscar", "Finance")
    settled("book-foreign-end", found(ended.kind), olga, oscar)
    assert seen(sale) == ("CLOSED", "SPLIT", "RESOLVED")
    assert money(sale) == ["92.615", "0.00", "56.82", "0.00", "5.565", "0.315"]
    assert run(funded.book_id).status == "CLEAN"
