"""Where the contract stands decides: what it says already, what was done, and what is left."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction

from escrow.models import Escrow
from integrations.providers.models import Submission, Wallet
from integrations.providers.stellar.networks import network
from integrations.simulators import switches
from integrations.simulators.models import StellarContract, StellarTrustline
from integrations.simulators.trustlesswork import fees, terms
from ledger.events import SYSTEM
from ledger.models import Account, Arrival, Finding, Transfer
from ledger.money import DOLLAR, text
from payments import claims
from tests.cast import Sale
from tests.escrow.test_refunds_and_disputes import (
    QUARREL,
    SPLIT,
    a_stranger_sends,
    money,
    seen,
    work_through,
)
from tests.journeys.test_gig import check_out, statuses

pytestmark = pytest.mark.django_db(transaction=True)

RELEASE = {"requested_by": "BUYER"}
REFUND = {"requested_by": "SELLER", "reason": "."}


@pytest.fixture
def funded(sale: Sale) -> Sale:
    sale.top_up("150.00")
    sale.check_out("100.00")
    return sale


def until_claimed(sale: Sale, purpose: str) -> None:
    while not Submission.across_books.filter(purpose=purpose).exists():
        assert sale.worker.step()


def change_contract(**facts: Any) -> None:
    """Somebody else does the same on the chain, a moment earlier."""
    contract = StellarContract.objects.get()
    escrow = terms.stored(contract)
    if "approved" in facts:
        changed = escrow.with_milestone(0, replace(escrow.milestones[0], **facts))
    else:
        changed = escrow.with_flags(**facts)
    StellarContract.objects.update(storage=terms.to_value(changed).to_xdr())


@pytest.mark.parametrize(
    ("purpose", "act", "body", "ahead", "end"),
    [
        ("escrow.approve", "release", RELEASE, {"approved": True}, "RELEASED"),
        ("escrow.dispute", "refund", REFUND, {"disputed": True}, "REFUNDED"),
    ],
)
def test_w38_a_step_that_fails_because_it_was_done_already_leads_on(
    funded: Sale, purpose: str, act: str, body: Any, ahead: dict[str, bool], end: str
) -> None:
    funded.api.made(f"orders/{funded.order}/{act}", body)
    until_claimed(funded, purpose)
    change_contract(**ahead)
    funded.worker.settle()
    step = Submission.across_books.get(purpose=purpose)
    assert step.status == "FAILED"
    assert seen(funded) == ("CLOSED", end, end)
    assert not Finding.across_books.exists()


def test_stale_readings_cannot_take_back_what_we_have_done(funded: Sale) -> None:
    switches.turn("trustlesswork", "stale_flags", times=4, options={})
    funded.api.made(f"orders/{funded.order}/release", RELEASE)
    funded.worker.settle()
    assert seen(funded) == ("CLOSED", "RELEASED", "RELEASED")
    done = Submission.across_books.filter(purpose__startswith="escrow.").order_by("pk")
    assert list(done.values_list("purpose", flat=True))[2:] == [
        "escrow.mark_done", "escrow.approve", "escrow.release",
    ]  # fmt: skip


def test_a_contract_that_stands_elsewhere_is_read_again_and_the_finding_told_how_it_went(
    funded: Sale,
) -> None:
    change_contract(approved=True)
    switches.turn("trustlesswork", "stale_flags", times=2, options={})
    funded.api.made(f"orders/{funded.order}/release", RELEASE)
    funded.worker.settle()
    assert seen(funded) == ("CLOSED", "RELEASED", "RELEASED")
    finding = Finding.across_books.get()
    assert (finding.kind, finding.resolved_at is None) == ("contract_stands_elsewhere", False)
    assert "escrow.release" in finding.resolution


@pytest.mark.parametrize("whose", ["protocol", pytest.param("fees", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("before", ["deploy", "release"])
def test_every_receiver_of_a_fee_has_a_trustline_before(
    before: str, whose: str, sale: Sale
) -> None:
    sale.top_up("150.00")
    sale.check_out("100.00")
    if before == "deploy":
        sale.agree("40.00")
    fees_wallet = Wallet.across_books.get(role="FEES", book__name="Bazaar").address
    address = network().protocol_fee_address if whose == "protocol" else fees_wallet
    trust = StellarTrustline.objects.get(account_id=address)
    StellarTrustline.objects.filter(pk=trust.pk).delete()
    act = ("checkout", {}) if before == "deploy" else ("release", RELEASE)
    sale.api.made(f"orders/{sale.order}/{act[0]}", act[1])
    work_through(sale)
    finding = Finding.across_books.get()
    assert (finding.kind, finding.observed) == (
        "receiver_without_trustline", {"address": address},
    )  # fmt: skip
    step = Submission.across_books.filter(order=sale.order, purpose=f"escrow.{before}")
    assert not step.exists()
    trust.save(force_insert=True)
    sale.worker.settle()
    assert sale.api.seen(f"orders/{sale.order}")["status"] in {"IN_PROGRESS", "CLOSED"}
    assert step.get().status == "CONFIRMED"


@pytest.mark.parametrize("to", ["stranger", "seller"])
def test_a_division_that_went_elsewhere_freezes_and_is_booked_as_it_was_seen(
    to: str, funded: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The contract itself cheats: the chain shows another division than the one that we signed."""
    honest = fees.of_distribution
    roles = {w.holder or w.role: w.address for w in Wallet.across_books.filter(
        book__name="Bazaar")}  # fmt: skip
    elsewhere = network().usdc_issuer if to == "stranger" else roles[funded.ben]
    monkeypatch.setattr(fees, "of_distribution", lambda **asked: _redirected(
        honest(**asked), away_from=roles[funded.ada], to=elsewhere))  # fmt: skip
    dispute = funded.api.made(f"orders/{funded.order}/disputes", QUARREL)["id"]
    funded.api.made(f"disputes/{dispute}/resolve", SPLIT)
    funded.worker.settle()
    assert seen(funded) == ("CLOSED", "SPLIT", "RESOLVED")
    finding = Finding.across_books.get()
    assert finding.kind == "split_differs"
    assert (finding.expected["to_buyer"], finding.observed["to_buyer"]) == (378_800_000, 0)
    assert Escrow.across_books.get().frozen_at
    lost = Account.across_books.get(kind="adjustments", book__name="Bazaar")
    ada, _, ben, *_ = money(funded)
    assert (ada, ben) == ("50.00", "56.82" if to == "stranger" else "94.70")
    drawn = Transfer.across_books.get(kind="split").entries.filter(account=lost)
    assert [text(entry.amount) for entry in drawn] == (["37.88"] if to == "stranger" else [])


def _redirected(payout: Any, *, away_from: str, to: str) -> Any:
    moved = dict(payout.receivers)
    moved[to] = moved.get(to, 0) + moved.pop(away_from)
    return type(payout)(protocol=payout.protocol, platform=payout.platform, receivers=moved)


def test_what_strangers_left_among_milestones_goes_to_the_treasury_and_to_its_owner(
    sale: Sale,
) -> None:
    """5.00 at 5 % and 0.3 %: the treasury gets 4.735, 0.25 are commission, 0.015 the protocol's."""
    pieces = check_out(sale)
    a_stranger_sends(5 * DOLLAR, to=sale.api.seen(f"orders/{sale.order}")["escrow"]["contract_id"])
    sale.api.made(f"{pieces}/draft/release", RELEASE)
    sale.api.made(f"{pieces}/card/refund", REFUND)
    sale.worker.settle()
    sale.api.made(f"{pieces}/logo/release", RELEASE)
    sale.worker.settle()
    assert statuses(sale) == {"draft": "RELEASED", "logo": "RELEASED", "card": "REFUNDED"}
    escrow = Escrow.across_books.get()
    arrival = Arrival.across_books.get()
    assert (escrow.status, text(arrival.amount)) == ("RESOLVED", "4.735")
    assert escrow.emptied_at
    for kind in ("contract", "surplus", "escrowed"):
        assert Account.across_books.get(kind=kind, subject=escrow.id).balance == 0
    booked = Transfer.across_books.get(kind="surplus_withdrawn").entries.select_related("account")
    assert sorted((entry.account.kind, text(abs(entry.amount))) for entry in booked) == [
        ("contract", "5.00"), ("platform_fees", "0.265"), ("protocol_fees", "0.015"),
        ("surplus", "5.00"), ("unattributed", "4.735"), ("wallet", "0.25"), ("wallet", "4.735"),
    ]  # fmt: skip
    before = money(sale)[0]
    with transaction.atomic():
        claims.claim(arrival, user=sale.ada, approval="apr_1", by=SYSTEM)
    assert (before, money(sale)[0]) == ("70.00", "74.735")
    assert Arrival.across_books.get().status == Arrival.Status.CLAIMED
    assert not Finding.across_books.exists()
