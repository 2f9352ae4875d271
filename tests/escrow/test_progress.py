"""The step machine: it goes on from where the contract stands, and stops where something is odd."""

import pytest

from integrations.providers.models import Submission, Wallet
from integrations.simulators.models import StellarContract, StellarTrustline
from integrations.simulators.trustlesswork import terms
from ledger import clock
from ledger.models import Account, Finding, Hold, Transfer
from ledger.money import DOLLAR
from tests.cast import Sale
from tests.escrow.test_refunds_and_disputes import (
    QUARREL,
    SPLIT,
    a_stranger_sends,
    money,
    seen,
    work_through,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def funded(sale: Sale) -> Sale:
    sale.top_up("150.00")
    sale.check_out("100.00")
    return sale


def test_w02_a_release_takes_from_its_own_escrow_and_from_nothing_else(funded: Sale) -> None:
    first = funded.order
    second = funded.agree("50.00")
    funded.api.made(f"orders/{second}/reserve")
    funded.api.made(f"orders/{first}/release", {"requested_by": "BUYER"})
    funded.worker.settle()
    assert funded.api.seen(f"orders/{first}")["outcome"] == "RELEASED"
    assert funded.api.seen(f"users/{funded.ben}/balance")["available"] == "94.70"
    assert funded.api.seen(f"users/{funded.ada}/balance")["reserved"] == "50.00"
    assert funded.api.made(f"orders/{second}/cancel")["outcome"] == "CANCELED"
    assert money(funded)[:3] == ["50.00", "0.00", "94.70"]


def test_w03_a_refused_funding_keeps_the_hold_and_is_tried_again(sale: Sale) -> None:
    sale.top_up("150.00")
    sale.agree("100.00")
    sale.api.made(f"orders/{sale.order}/reserve")
    sale.api.made(f"orders/{sale.order}/escrow")
    sale.worker.settle()
    Wallet.across_books.filter(role=Wallet.Role.TREASURY).update(frozen_at=clock.now())
    told = sale.api.made(f"orders/{sale.order}/escrow/fund?dry_run=true")
    assert (told["status"], told["postings"]) == ("ESCROW_FUNDING", [])
    assert {(one["account"], one["direction"]) for one in told["expected_postings"]} == {
        ("reserved", "DEBIT"), ("escrowed", "CREDIT"), ("contract", "DEBIT"), ("wallet", "CREDIT"),
    }  # fmt: skip
    sale.api.made(f"orders/{sale.order}/escrow/fund")
    sale.worker.settle()
    order = sale.api.seen(f"orders/{sale.order}")
    assert (order["status"], order["failure"]["code"]) == ("ESCROW_CREATED", "WALLET_FROZEN")
    assert order["hold_expires_at"]
    assert money(sale)[:2] == ["50.00", "0.00"]
    assert Hold.across_books.get().status == "OPEN"

    Wallet.across_books.update(frozen_at=None)
    assert sale.api.made(f"orders/{sale.order}/checkout")["failure"] is None
    sale.worker.settle()
    assert seen(sale) == ("IN_PROGRESS", None, "FUNDED")
    assert StellarContract.objects.count() == 1
    assert money(sale)[:2] == ["50.00", "100.00"]


def test_w14_a_step_that_failed_on_the_chain_is_no_success(funded: Sale) -> None:
    """Foreign money came between the reading of the balance and the division of it."""
    dispute = funded.api.made(f"orders/{funded.order}/disputes", QUARREL)["id"]
    funded.worker.settle()
    contract = funded.api.seen(f"orders/{funded.order}")["escrow"]["contract_id"]
    funded.api.made(f"disputes/{dispute}/resolve", SPLIT)
    division = Submission.across_books.filter(purpose="escrow.resolve")
    while not division.exists():
        funded.worker.step()
    a_stranger_sends(5 * DOLLAR, to=contract)
    funded.worker.settle()
    assert list(division.order_by("pk").values_list("status", flat=True)) == ["FAILED", "CONFIRMED"]
    assert seen(funded) == ("CLOSED", "SPLIT", "RESOLVED")
    assert Transfer.across_books.filter(kind="split").count() == 1
    surplus = Account.across_books.get(kind="surplus", version__gt=0)
    assert surplus.balance == 0


def test_w16_a_contract_that_a_stranger_has_ended_moves_no_money_of_ours(funded: Sale) -> None:
    contract = StellarContract.objects.get()
    ended = terms.stored(contract).with_flags(released=True)
    StellarContract.objects.update(storage=terms.to_value(ended).to_xdr())
    funded.api.made(f"orders/{funded.order}/release", {"requested_by": "BUYER"})
    work_through(funded)
    assert seen(funded) == ("RELEASE_REQUESTED", None, "RELEASING")
    assert Finding.across_books.get().kind == "contract_ended_by_another"
    assert money(funded) == ["50.00", "100.00", "0.00", "0.00", "0.00", "0.00"]


def test_nobody_is_paid_who_does_not_trust_usdc(funded: Sale) -> None:
    ben = Wallet.across_books.get(holder=funded.ben)
    trust = StellarTrustline.objects.get(account_id=ben.address)
    StellarTrustline.objects.filter(pk=trust.pk).delete()
    funded.api.made(f"orders/{funded.order}/release", {"requested_by": "BUYER"})
    work_through(funded)
    assert Finding.across_books.get().kind == "receiver_without_trustline"
    assert not Submission.across_books.filter(purpose="escrow.release").exists()
    trust.save(force_insert=True)
    funded.worker.settle()
    assert seen(funded) == ("CLOSED", "RELEASED", "RELEASED")


def test_w07_nobody_can_tell_us_that_a_contract_was_funded(funded: Sale) -> None:
    for path in ("webhooks/trustlesswork", "webhooks/trustless-work", "webhooks/escrow"):
        assert funded.api.post(path, {"event": "escrow.released"}).status_code == 404
    assert seen(funded) == ("IN_PROGRESS", None, "FUNDED")
