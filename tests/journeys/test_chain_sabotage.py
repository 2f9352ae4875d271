"""Sabotage on the chain: one run finds each, names sum and subject, and operators settle it.

| behind our back                                 | found as                    |  sum  | settled by       |
|-------------------------------------------------|-----------------------------|-------|------------------|
| Ada's key pays 5 to a stranger                  | `outflow_not_ours`          |  5.00 | an adjustment    |
| 25 of the treasury are gone, in no feed         | `wallet_short_of_books`     | 25.00 | an adjustment    |
| 3 reach Ben's wallet, and the watch misses them | `movement_not_booked`       |  3.00 | asked, and taken |
| a contract holds 7 more, in no feed             | `contract_beyond_books`     |  7.00 | a surplus        |
| Ada's key releases an order at the contract     | `contract_ended_by_another` | 50.00 | booked as seen   |
"""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from escrow.models import Escrow
from integrations.providers.models import Wallet
from integrations.providers.stellar import feed
from integrations.simulators.stellar import gifts
from ledger import proofs
from ledger.models import Finding, Run
from ledger.money import DOLLAR
from tests import purse, thief
from tests.cast import Sale, Worker
from tests.config.clerks import Clerk, clerk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def olga(sale: Sale) -> Clerk:
    return clerk("olga", "Finance")


@pytest.fixture
def oscar(sale: Sale) -> Clerk:
    return clerk("oscar", "Finance")


def reconcile(part: str, *, code: int, **options: Any) -> Any:
    told = StringIO()
    with pytest.raises(SystemExit) as exited:
        call_command("reconcile", part, marketplace="Bazaar", format="json", stdout=told, **options)
    assert exited.value.code == code, told.getvalue()
    return json.loads(told.getvalue())


def found(kind: str) -> Finding:
    finding: Finding = Finding.across_books.get(kind=kind, resolved_at=None)
    return finding


def settled(act: str, finding: Finding, olga: Clerk, oscar: Clerk, **answers: object) -> None:
    """As the page of the finding proposes it: one asks, another agrees."""
    form = olga.open(act, finding.pk).context["form"]
    oscar.decide("agree", olga.asks_for(act, finding.pk, **form.initial | answers).id)
    finding.refresh_from_db()
    assert finding.resolved_at
    assert proofs.faults() == []


def of(role: str) -> Wallet:
    wallet: Wallet = Wallet.across_books.get(role=role, book__name="Bazaar")
    return wallet


def funded(sale: Sale, amount: str) -> Escrow:
    sale.check_out(amount)
    escrow: Escrow = Escrow.across_books.get(order=sale.order)
    return escrow


def test_each_is_found_by_one_run_and_settled_in_the_back_office(
    sale: Sale, worker: Worker, olga: Clerk, oscar: Clerk
) -> None:
    assert feed.begin()
    sale.top_up("400.00")
    ada, ben = (purse.wallet_of(user, worker) for user in (sale.ada, sale.ben))
    gifts.pay_from_stranger(ada.address, amount=10 * DOLLAR)
    watched, ended = funded(sale, "100.00"), funded(sale, "50.00")
    feed.follow()
    reconcile("all", code=0)

    thief.takes(ada, 5 * DOLLAR)
    thief.takes_unseen(of("TREASURY"), 25 * DOLLAR)
    thief.changes(watched.contract_id, by=7 * DOLLAR)
    thief.releases(ended.contract_id, ada)
    feed.follow()
    thief.pays_unseen(ben, 3 * DOLLAR)

    reports = reconcile("all", code=1)
    seen = {one["kind"]: one for report in reports for one in report["differences"]}
    assert {kind: one["amount"] for kind, one in seen.items()} == {
        "outflow_not_ours": "5.00",
        "wallet_short_of_books": "25.00",
        "movement_not_booked": "3.00",
        "contract_beyond_books": "7.00",
        "contract_ended_by_another": "50.00",
    }

    subjects = {kind: one["subject"] for kind, one in seen.items()}
    assert subjects["wallet_short_of_books"] == of("TREASURY").pk
    assert subjects["contract_beyond_books"] == watched.pk
    assert subjects["contract_ended_by_another"] == ended.pk

    for wallet in (ada, of("TREASURY")):
        wallet.refresh_from_db()
        assert wallet.frozen_at

    settled("adjust-for-finding", found("outflow_not_ours"), olga, oscar)
    settled("adjust-for-finding", found("wallet_short_of_books"), olga, oscar)
    settled("book-contract-surplus", found("contract_beyond_books"), olga, oscar)
    settled("book-foreign-end", found("contract_ended_by_another"), olga, oscar)
    lost = found("movement_not_booked")
    assert olga.decide("post-missing", lost.pk).status_code == 302
    worker.settle()
    lost.refresh_from_db()
    assert lost.resolved_at

    for wallet in (ada, of("TREASURY")):
        oscar.decide("agree", olga.asks_for("unfreeze-wallet", wallet.pk).id)
        wallet.refresh_from_db()
        assert wallet.frozen_at is None

    #                             Ada       Ben                       books and chain
    assert standing(sale) == ["260.00", "50.35", ("5.00", "5.00"), ("50.35", "50.35")]
    order = sale.api.seen(f"orders/{ended.order_id}")
    assert (order["status"], order["outcome"]) == ("CLOSED", "RELEASED")
    assert sale.api.seen(f"orders/{watched.order_id}")["status"] == "IN_PROGRESS"
    reconcile("all", code=0)
    assert not Finding.across_books.filter(resolved_at=None).exists()
    assert set(Run.across_books.order_by("-started_at").values_list("status", flat=True)[:5]) == {
        "CLEAN"
    }


def standing(sale: Sale) -> list[Any]:
    ada, ben = (
        sale.api.seen(f"users/{user}/balance")["available"] for user in (sale.ada, sale.ben)
    )
    wallets = [Wallet.across_books.get(holder=user).address for user in (sale.ada, sale.ben)]
    return [ada, ben, *((purse.in_books(each), purse.on_chain(each)) for each in wallets)]
