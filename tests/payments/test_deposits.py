"""What comes in on the chain: credited to the stroop, kept where it is nobody's, and once."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from integrations.providers.answers import Done
from integrations.providers.models import Address, ChainMovement, Wallet
from integrations.providers.stellar import replaying
from ledger import allocations, chart, money, proofs
from ledger.chart import ADJUSTMENTS, available
from ledger.events import SYSTEM
from ledger.models import Account, Arrival, Event, Finding, Transfer
from ledger.money import DOLLAR
from ledger.posting import credit, debit, post, reverse
from ledger.refusals import NotFound, NotReady
from payments import claims, deposits, orders, topups
from payments.models import Deposit
from tests.harbour import Harbour
from tests.integrations.providers.stellar.scripted import (
    SOMEBODY,
    STRANGERS_ISSUER,
    change,
    contract_call,
    path_payment,
    payment,
    record,
    usdc,
)
from tests.shop import made, open_shop, paid

pytestmark = pytest.mark.django_db

CONTRACT = "CA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUWDA"


def arrival() -> Arrival:
    found: Arrival = Arrival.across_books.get()
    return found


def findings() -> list[str]:
    return sorted(Finding.across_books.values_list("kind", flat=True))


def balance(kind: str, subject: str = "") -> str:
    return money.text(Account.across_books.get(kind=kind, subject=subject).balance)


class TestCredits:
    def test_a_deposit_is_credited_and_told(self, harbour: Harbour) -> None:
        ada = harbour.user("ada")
        assert harbour.comes(payment(harbour.address(ada), "12.3456789")) == 1
        assert harbour.shop.available(ada) == "12.3456789"
        event = Event.objects.of(harbour.shop.book).get(type="deposit.credited")
        assert (event.payload["user_id"], event.payload["amount"]) == (ada.id, "12.3456789")
        assert findings() == []

    def test_w17_dust_is_kept_and_nothing_is_rounded(self, harbour: Harbour) -> None:
        ada = harbour.user("ada")
        address = harbour.address(ada)
        harbour.comes(*(payment(address, text) for text in ("0.0000001", "0.0040000", "0.0050000")))
        assert harbour.shop.available(ada) == "0.0090001"

    def test_w17_two_payments_to_two_users_in_one_transaction(self, harbour: Harbour) -> None:
        ada, ben = harbour.user("ada"), harbour.user("ben")
        tx = "ab" * 32
        harbour.comes(
            payment(harbour.address(ada), "1.0000000", tx=tx),
            payment(harbour.address(ben), "2.0000000", tx=tx),
            payment(harbour.address(ada), "4.0000000", tx=tx),
        )
        assert (harbour.shop.available(ada), harbour.shop.available(ben)) == ("5.00", "2.00")

    def test_w17_one_call_that_pays_two_users_and_one_of_them_twice(self, harbour: Harbour) -> None:
        ada, ben = harbour.user("ada"), harbour.user("ben")
        sides: dict[str, Any] = {"from": CONTRACT}
        harbour.comes(
            contract_call(
                change("transfer", "1.0000000", to=harbour.address(ada), **sides),
                change("transfer", "2.0000000", to=harbour.address(ben), **sides),
                change("transfer", "1.0000000", to=harbour.address(ada), **sides),
                change("mint", "0.5000000", to=harbour.address(ada)),
            )
        )
        assert (harbour.shop.available(ada), harbour.shop.available(ben)) == ("2.50", "2.00")

    def test_w17_a_path_payment_is_credited_with_what_arrives(self, harbour: Harbour) -> None:
        ada = harbour.user("ada")
        harbour.comes(path_payment(harbour.address(ada), "3.0000000", sent="25.0000000"))
        assert harbour.shop.available(ada) == "3.00"

    def test_the_same_record_again_changes_nothing(self, harbour: Harbour) -> None:
        ada = harbour.user("ada")
        harbour.comes(payment(harbour.address(ada)))
        harbour.comes()
        assert replaying.replay(ledgers=10).missed == []
        assert (harbour.shop.available(ada), Deposit.across_books.count()) == ("1.00", 1)

    def test_the_database_itself_takes_a_movement_once(self, harbour: Harbour) -> None:
        harbour.comes(payment(harbour.address(harbour.user("ada"))))
        [row] = ChainMovement.across_books.all()
        row.pk = "mov_another"
        with pytest.raises(IntegrityError, match="is_taken_in_once"), transaction.atomic():
            row.save(force_insert=True)

    def test_a_wallet_that_is_being_created_is_credited_too(self, harbour: Harbour) -> None:
        ada = harbour.user("ada")
        made(harbour.shop.post(f"users/{ada.id}/wallet"))
        address = Wallet.across_books.get(holder=ada.id).address
        harbour.comes(payment(address))
        assert harbour.shop.available(ada) == "1.00"

    def test_suspension_and_freezing_stop_no_deposit(self, harbour: Harbour) -> None:
        ada = harbour.user("ada")
        address = harbour.address(ada)
        type(ada).across_books.update(status="SUSPENDED", frozen_at="2026-01-01T00:00:00Z")
        Wallet.across_books.update(frozen_at="2026-01-01T00:00:00Z")
        harbour.comes(payment(address))
        assert harbour.shop.available(ada) == "1.00"

    def test_a_memo_that_names_nobody_is_kept_and_the_address_counts(
        self, harbour: Harbour
    ) -> None:
        ada = harbour.user("ada")
        paid = payment(harbour.address(ada), to_muxed="M…", to_muxed_id="18446744073709551615")
        paid["transaction"] |= {"memo_type": "text", "memo": "for Zoë\0"}
        harbour.comes(paid)
        [row] = ChainMovement.across_books.all()
        assert (row.memo, row.muxed_id) == ("for Zoë\ufffd", "18446744073709551615")
        assert harbour.shop.available(ada) == "1.00"

    def test_a_failed_operation_moved_nothing(self, harbour: Harbour) -> None:
        ada = harbour.user("ada")
        harbour.comes(payment(harbour.address(ada), transaction_successful=False))
        assert (harbour.shop.available(ada), ChainMovement.across_books.count()) == ("0.00", 0)


FOREIGN: dict[str, Any] = {
    "the right code of another issuer": lambda to: payment(to, **usdc(issuer=STRANGERS_ISSUER)),
    "another code": lambda to: payment(to, asset_code="EURC"),
    "XLM": lambda to: payment(to, asset_type="native"),
    "an account that ends": lambda to: record("account_merge", account=SOMEBODY, into=to),
    "somebody else's new account": lambda to: record(
        "create_account", funder=SOMEBODY, account=to, starting_balance="2.0000000"
    ),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_is_not_our_usdc_is_recorded_and_never_credited(what: str, harbour: Harbour) -> None:
    ada = harbour.user("ada")
    harbour.comes(FOREIGN[what](harbour.address(ada)))
    [row] = ChainMovement.across_books.all()
    assert (row.matter, row.asset == "USDC", row.holder) == ("FOREIGN", False, ada.id)
    assert (harbour.shop.available(ada), Deposit.across_books.count()) == ("0.00", 0)


class TestUnattributed:
    @pytest.fixture
    def deposit(self, harbour: Harbour) -> Deposit:
        """A stranger pays 5.00 into the treasury."""
        harbour.comes(payment(harbour.treasury(), "5.0000000"))
        deposit: Deposit = Deposit.across_books.get()
        return deposit

    def test_it_is_kept_with_a_finding(self, harbour: Harbour, deposit: Deposit) -> None:
        assert (deposit.status, deposit.user_id) == ("UNATTRIBUTED", None)
        assert balance("unattributed") == "5.00"
        assert findings() == ["deposit_unattributed"]

    def test_it_can_be_claimed_once(self, harbour: Harbour, deposit: Deposit) -> None:
        ada = harbour.user("ada")
        with transaction.atomic():
            claims.claim(arrival(), user=ada.id, approval="apr_1", by=SYSTEM)
        deposit.refresh_from_db()
        assert (deposit.status, deposit.user_id) == ("CLAIMED", ada.id)
        assert Finding.across_books.get().resolution.endswith("is CLAIMED (apr_1).")
        assert (harbour.shop.available(ada), balance("unattributed")) == ("5.00", "0.00")
        with pytest.raises(NotReady), transaction.atomic():
            claims.claim(arrival(), user=ada.id, approval="apr_2", by=SYSTEM)

    def test_a_stranger_cannot_be_given_it(self, harbour: Harbour, deposit: Deposit) -> None:
        eve = open_shop("Stranger").user("eve", linked=False)
        with pytest.raises(NotFound), transaction.atomic():
            claims.claim(arrival(), user=eve.id, approval="apr_1", by=SYSTEM)

    def test_the_proof_misses_money_that_no_arrival_stands_for(
        self, harbour: Harbour, deposit: Deposit
    ) -> None:
        with transaction.atomic():
            Arrival.across_books.update(amount=1)
            [fault] = proofs.faults()
            transaction.set_rollback(True)
        assert fault.invariant == "unattributed is the sum of what nobody has claimed"

    def test_a_top_up_of_another_amount_backs_it_as_well(self, harbour: Harbour) -> None:
        ada = harbour.shop.user("ada")
        with transaction.atomic():
            topup = topups.create(ada, by=SYSTEM, amount=DOLLAR)
        topups.absorb(topup, Done(replace(paid(topup), amount=DOLLAR * 2, net_amount=DOLLAR * 2)))
        assert balance("unattributed") == "2.00"
        assert proofs.faults() == []


class TestNotOurDoing:
    def test_an_outflow_freezes_the_wallet(self, harbour: Harbour) -> None:
        address = harbour.address(harbour.user("ada"))
        harbour.comes(payment(address, "9.0000000"), payment(SOMEBODY, **{"from": address}))
        assert Wallet.across_books.get(address=address).frozen_at is not None
        assert findings() == ["outflow_not_ours"]
        assert balance("wallet", address) == "9.00"  # the books wait for a person

    def test_between_two_of_our_wallets_nobody_is_credited(self, harbour: Harbour) -> None:
        ada, ben = harbour.user("ada"), harbour.user("ben")
        harbour.comes(payment(harbour.address(ben), **{"from": harbour.address(ada)}))
        assert (harbour.shop.available(ben), balance("unattributed")) == ("0.00", "1.00")
        assert findings() == ["deposit_unattributed", "outflow_not_ours"]

    def test_a_wallet_that_pays_itself_gains_nothing(self, harbour: Harbour) -> None:
        ada = harbour.user("ada")
        address = harbour.address(ada)
        harbour.comes(payment(address, **{"from": address}))
        assert (harbour.shop.available(ada), Deposit.across_books.count()) == ("0.00", 0)
        assert set(findings()) == {"outflow_not_ours"}

    def test_what_a_contract_of_ours_moves_is_the_escrows(self, harbour: Harbour) -> None:
        ada = harbour.user("ada")
        Address.across_books.create(
            book_id=harbour.shop.book, address=CONTRACT, role="CONTRACT", subject="esc_1"
        )
        surplus: dict[str, Any] = {"from": SOMEBODY, "to": CONTRACT}
        payout: dict[str, Any] = {"from": CONTRACT, "to": harbour.address(ada)}
        harbour.comes(
            contract_call(change("transfer", **surplus)),
            contract_call(change("transfer", **payout)),
        )
        assert set(ChainMovement.across_books.values_list("matter", flat=True)) == {"CONTRACT"}
        assert (harbour.shop.available(ada), Deposit.across_books.count()) == ("0.00", 0)
        assert sorted(findings()) == ["contract_paid_by_another", "foreign_money_in_contract"]

    def test_a_clawback_takes_what_the_user_has_left(self, harbour: Harbour) -> None:
        ada, ben = harbour.user("ada"), harbour.user("ben")
        address = harbour.address(ada)
        harbour.comes(payment(address, "10.0000000"))
        reserved(harbour, ada, ben, "7.00")
        taken: dict[str, Any] = {"from": address}
        harbour.comes(contract_call(change("clawback", "5.0000000", **taken)))
        assert harbour.shop.available(ada) == "0.00"  # 3.00 were left
        assert (balance("wallet", address), balance("adjustments")) == ("5.00", "-2.00")
        [found] = Finding.across_books.all()
        assert (found.kind, found.amount) == ("clawed_back", 5 * DOLLAR)

    def test_a_clawback_by_hand_leaves_what_is_promised(self, harbour: Harbour) -> None:
        wallet = Wallet.across_books.get(address=harbour.address(harbour.user("ada")))
        harbour.comes(payment(wallet.address, "10.0000000"))
        place = {"book": wallet.book_id, "name": chart.wallet(wallet.address)}
        with transaction.atomic():
            allocations.open_for(**place, operation="wd_1", amount=6 * DOLLAR)
        with pytest.raises(allocations.StillPromised), transaction.atomic():
            claims.claw_back(wallet, 5 * DOLLAR, approval="apr_1", by=SYSTEM)
        with transaction.atomic():
            claims.claw_back(wallet, 4 * DOLLAR, approval="apr_2", by=SYSTEM)
        assert balance("wallet", wallet.address) == "6.00"

    def test_a_clawback_of_more_than_the_books_have_is_a_finding(self, harbour: Harbour) -> None:
        address = harbour.address(harbour.user("ada"))
        taken: dict[str, Any] = {"from": address}
        harbour.comes(contract_call(change("clawback", "5.0000000", **taken)))
        assert (balance("wallet", address), findings()) == ("0.00", ["clawback_not_booked"])


def reserved(harbour: Harbour, buyer: Any, seller: Any, amount: str) -> None:
    order = harbour.shop.order(buyer, seller, amount)
    with transaction.atomic():
        orders.reserve(order, by=SYSTEM)


def test_what_the_books_refuse_keeps_nobody_else_waiting(harbour: Harbour) -> None:
    """Ada's account is as full as an account can be."""
    ada, ben = harbour.user("ada"), harbour.user("ben")
    book, most = harbour.shop.book, money.LARGEST
    with transaction.atomic():
        legs = [debit(ADJUSTMENTS, most), credit(available(ada.id), most)]
        full = post(book, "adjustment", cause="apr_full", legs=legs, by=SYSTEM)
    harbour.comes(payment(harbour.address(ada)), payment(harbour.address(ben)))
    assert harbour.shop.available(ben) == "1.00"
    kept = Deposit.across_books.get(user=ada)
    assert (kept.status, kept.failure_code) == ("RECEIVED", "AMOUNT_OUT_OF_RANGE")
    deposits.proceed(kept.id)  # as the sweep does, and it is still full
    assert findings() == ["deposit_not_booked"]

    with transaction.atomic():
        reverse(book, full.transfer, by=SYSTEM)
    deposits.proceed(kept.id)
    deposits.proceed(kept.id)
    assert harbour.shop.available(ada) == "1.00"
    assert Transfer.across_books.filter(kind="deposit").count() == 2
