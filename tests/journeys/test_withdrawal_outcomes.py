"""Withdrawals on chain that do not go smoothly: lost answers, refusing recipients, stopped users."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from stellar_sdk import IdMemo, Keypair, MuxedAccount, TextMemo, TransactionBuilder

from integrations.marketplaces.models import User
from integrations.providers.models import Submission, Wallet
from integrations.providers.stellar.networks import network
from integrations.simulators.models import (
    StellarDatum,
    StellarOperation,
    StellarTransaction,
    StellarTrustline,
)
from ledger.models import Allocation, Finding
from ledger.money import DOLLAR
from tests import purse
from tests.cast import Sale, Worker
from tests.crashes.gate import Gate
from withdrawals.models import Withdrawal

pytestmark = pytest.mark.django_db(transaction=True)

PAST_ITS_BOUNDS = 200  # seconds


def applied_then_504(gate: Gate, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    list(gate.application(environ, lambda *_: None))
    return dropped_then_504(gate, environ, start_response)


def dropped_then_504(gate: Gate, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("504 Gateway Timeout", [("Content-Length", "0")])
    return []


class Wall(Gate):
    """Holds every transaction, however often it comes."""

    def _is_first(self, environ: dict[str, Any]) -> bool:
        return str(environ["PATH_INFO"]).endswith("/stellar/transactions")


@pytest.fixture(params=[Gate])
def gate(live_server: Any, request: Any) -> Iterator[Gate]:
    server = live_server.thread.httpd
    behind = server.get_app()
    gate = request.param(behind)
    server.set_app(gate)
    yield gate
    server.set_app(behind)


@pytest.fixture
def rich(sale: Sale, worker: Worker) -> Sale:
    """Ada has 100 USDC in a wallet of her own."""
    purse.deposit(sale.ada, "100.00", worker)
    return sale


def commit(sale: Sale, address: str, amount: str, **more: object) -> str:
    body = {**purse.to(address, amount, sale.ada, **more), "commit": True}
    return str(sale.api.made("withdrawals", body)["id"])


def seen(sale: Sale, withdrawal: str) -> Any:
    return sale.api.seen(f"withdrawals/{withdrawal}")


def available(sale: Sale) -> str:
    return str(sale.api.seen(f"users/{sale.ada}/balance")["available"])


def until(worker: Worker, is_so: Callable[[], bool]) -> None:
    """Step to the moment between two tasks at which something is so."""
    for _ in range(100):
        if is_so():
            return
        assert worker.step()
    raise AssertionError("it never came to that")


def is_signed(purpose: str) -> bool:
    return Submission.across_books.filter(purpose=purpose, status="SIGNED").exists()


@pytest.mark.parametrize("fault", [applied_then_504, dropped_then_504])
def test_w05_an_unknown_answer_is_one_payment(
    rich: Sale, worker: Worker, gate: Gate, fault: Any
) -> None:
    rich.top_up("100.00")
    outside = purse.outside()
    gate.hold = fault
    withdrawal = commit(rich, outside, "160.00")  # more than her wallet holds: covered first
    for _ in range(6):
        purse.drain(worker)
        if seen(rich, withdrawal)["status"] == "COMPLETED":
            break
        assert rich.api.seen(f"users/{rich.ada}/balance")["paying_out"] == "160.00"
        purse.drain(worker, later=10)
    assert seen(rich, withdrawal)["status"] == "COMPLETED"
    assert len(gate.seen) == 2  # the cover and the payment
    assert purse.on_chain(outside) == "160.00"
    assert purse.in_books(own(rich)) == purse.on_chain(own(rich)) == "100.00"
    assert not Allocation.across_books.filter(closed_at=None).exists()


def own(sale: Sale) -> str:
    return str(Wallet.across_books.get(holder=sale.ada).address)


def test_w05_a_refused_payment_gives_back_what_was_set_aside_and_nothing_else(
    rich: Sale, worker: Worker
) -> None:
    outside = purse.outside()
    withdrawal = commit(rich, outside, "60.00")
    until(worker, lambda: is_signed("withdrawal.pay"))
    assert seen(rich, withdrawal)["status"] == "PENDING"
    StellarTrustline.objects.filter(account_id=outside).delete()
    rich.top_up("50.00")
    worker.settle()
    failed = seen(rich, withdrawal)
    assert (failed["status"], failed["failure"]) == (
        "FAILED",
        {"code": "DESTINATION_INVALID", "message": "The account has no trustline for USDC."},
    )
    assert available(rich) == "150.00"
    assert purse.in_books(own(rich)) == "100.00"
    assert not Finding.across_books.exists()


@pytest.mark.parametrize("gate", [Wall], indirect=True)
def test_a_payment_that_expired_is_prepared_anew_and_paid_once(
    rich: Sale, worker: Worker, gate: Gate
) -> None:
    outside = purse.outside()
    gate.hold = dropped_then_504
    withdrawal = commit(rich, outside, "60.00")
    purse.drain(worker)
    first = seen(rich, withdrawal)
    assert first["status"] == "PENDING"
    gate.hold = None
    purse.drain(worker, later=PAST_ITS_BOUNDS)
    rich.api.made(f"withdrawals/{withdrawal}/refresh")
    purse.drain(worker)
    last = seen(rich, withdrawal)
    assert last["status"] == "COMPLETED"
    assert last["transaction_hash"] != first["transaction_hash"]
    statuses = Submission.across_books.filter(subject=withdrawal).order_by("pk")
    assert list(statuses.values_list("status", flat=True)) == ["EXPIRED", "CONFIRMED"]
    assert purse.on_chain(outside) == "60.00"


def test_a_cover_stays_with_the_user_when_the_recipient_refuses(rich: Sale, worker: Worker) -> None:
    rich.top_up("150.00")
    outside = purse.outside()
    withdrawal = commit(rich, outside, "200.00")
    until(worker, lambda: is_signed("withdrawal.pay"))
    assert purse.in_books(own(rich)) == "300.00"
    StellarTrustline.objects.filter(account_id=outside).delete()
    worker.settle()
    assert seen(rich, withdrawal)["status"] == "FAILED"
    assert available(rich) == "250.00"
    assert purse.in_books(own(rich)) == purse.on_chain(own(rich)) == "300.00"
    again = purse.withdrawn(rich.api, worker, purse.to(purse.outside(), "250.00", rich.ada))
    assert again["status"] == "COMPLETED"
    purposes = Submission.across_books.filter(subject=again["id"]).values_list("purpose", flat=True)
    assert list(purposes) == ["withdrawal.pay"]


def test_what_the_chain_would_refuse_is_found_before_anything_is_claimed(
    rich: Sale, worker: Worker
) -> None:
    untrusting, full = purse.outside(), purse.outside()
    StellarTrustline.objects.filter(account_id=untrusting).delete()
    StellarTrustline.objects.filter(account_id=full).update(limit=39 * DOLLAR)
    barred, shared = purse.outside(), purse.outside()
    StellarTrustline.objects.filter(account_id=barred).update(flags=0)
    StellarDatum.objects.create(account_id=shared, name="config.memo_required", value="MQ==")
    words = {
        Keypair.random().public_key: "There is no such account on the chain.",
        untrusting: "The account has no trustline for USDC.",
        full: "The account's trustline has no room for so much USDC.",
        barred: "The issuer of USDC has not authorised the account.",
        shared: "The account requires a memo (SEP-29).",
    }
    asked = {
        rich.api.made("withdrawals", {**purse.to(address, "40.00", rich.ada), "commit": now})["id"]:
        address
        for address, now in zip([*words, untrusting], [True, False, False] * 2, strict=True)
    }  # fmt: skip
    worker.settle()
    for withdrawal, address in asked.items():
        failed = seen(rich, withdrawal)
        assert failed["status"] == "FAILED"
        assert failed["failure"] == {"code": "DESTINATION_INVALID", "message": words[address]}
    assert available(rich) == "100.00"
    assert not Submission.across_books.filter(subject__in=asked).exists()
    with_memo = purse.to(shared, "40.00", rich.ada, memo="7")
    assert purse.withdrawn(rich.api, worker, with_memo)["status"] == "COMPLETED"


def test_a_stopped_user_is_not_paid_until_they_may_act(rich: Sale, worker: Worker) -> None:
    outside = purse.outside()
    withdrawal = commit(rich, outside, "60.00")
    users = User.across_books.filter(pk=rich.ada)
    users.update(status="SUSPENDED")
    for _ in range(20):
        worker.step()
    assert seen(rich, withdrawal)["status"] == "COMMITTED"
    assert not Submission.across_books.filter(subject=withdrawal).exists()
    users.update(status="ACTIVE")
    worker.settle()
    assert seen(rich, withdrawal)["status"] == "COMPLETED"


def test_what_was_handed_in_ends_whatever_became_of_the_user(rich: Sale, worker: Worker) -> None:
    outside = purse.outside()
    withdrawal = commit(rich, outside, "60.00")
    until(worker, lambda: is_signed("withdrawal.pay"))
    User.across_books.filter(pk=rich.ada).update(status="SUSPENDED")
    worker.settle()
    assert seen(rich, withdrawal)["status"] == "COMPLETED"
    assert purse.on_chain(outside) == "60.00"


def test_a_payment_that_differs_freezes_and_is_never_repeated(rich: Sale, worker: Worker) -> None:
    """The chain's answer is altered: it says less than we signed."""
    outside = purse.outside()
    withdrawal = commit(rich, outside, "60.00")
    until(worker, lambda: Submission.across_books.filter(status="CONFIRMED").exclude(
        purpose="wallet.open").exists())  # fmt: skip
    paid = StellarOperation.objects.filter(source=own(rich)).latest("pk")
    true, told = paid.details, {**paid.details, "amount": "59.0000000"}
    StellarOperation.objects.filter(pk=paid.pk).update(details=told)
    for _ in range(20):
        worker.step()
    assert seen(rich, withdrawal)["status"] == "PENDING"
    finding = Finding.across_books.get(kind="payment_differs")
    assert finding.observed["moved"] == [[own(rich), outside, 59 * DOLLAR]]
    assert User.across_books.get(pk=rich.ada).frozen_at
    StellarOperation.objects.filter(pk=paid.pk).update(details=true)
    worker.settle()
    assert seen(rich, withdrawal)["status"] == "COMPLETED"
    assert purse.on_chain(outside) == "60.00"
    assert Submission.across_books.filter(subject=withdrawal).count() == 1


def test_books_that_claim_more_than_the_chain_freeze_the_wallet(rich: Sale, worker: Worker) -> None:
    outside = purse.outside()
    StellarTrustline.objects.filter(account_id=own(rich)).update(balance=1)
    withdrawal = commit(rich, outside, "60.00")
    worker.settle()
    failed = seen(rich, withdrawal)
    assert (failed["status"], failed["failure"]["code"]) == ("FAILED", "PAYMENT_FAILED")
    assert available(rich) == "100.00"
    assert Wallet.across_books.get(holder=rich.ada).frozen_at
    assert Finding.across_books.get(kind="payment_failed").subject == withdrawal


def test_memo_and_muxed_address_are_on_the_transaction(rich: Sale, worker: Worker) -> None:
    outside = purse.outside()
    for kind, memo in (("TEXT", "invoice é"), ("ID", str(2**64 - 1)), ("HASH", "ab" * 32)):
        paid = purse.withdrawn(
            rich.api, worker, purse.to(outside, "1.00", rich.ada, memo=memo, memo_type=kind)
        )
        assert paid["status"] == "COMPLETED"
        assert as_text(sent(paid).memo) == memo
    muxed = MuxedAccount(outside, 77).account_muxed
    paid = purse.withdrawn(rich.api, worker, purse.to(muxed, "1.00", rich.ada))
    assert paid["status"] == "COMPLETED"
    assert sent(paid).operations[0].destination.account_muxed == muxed
    assert purse.on_chain(outside) == "4.00"


def sent(withdrawal: Any) -> Any:
    """The inner transaction, as the chain keeps it."""
    row = StellarTransaction.objects.get(inner_hash=withdrawal["transaction_hash"])
    bump: Any = TransactionBuilder.from_xdr(row.envelope_xdr, network().passphrase)
    return bump.transaction.inner_transaction_envelope.transaction


def as_text(memo: Any) -> str:
    match memo:
        case TextMemo():
            return str(memo.memo_text.decode())
        case IdMemo():
            return str(memo.memo_id)
    return str(memo.memo_hash.hex())


def test_nobody_is_paid_into_the_wallet_of_another_user(rich: Sale, worker: Worker) -> None:
    bens = purse.wallet_of(rich.ben, worker).address
    answer = rich.api.post("withdrawals", purse.to(bens, "1.00", rich.ada))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "DESTINATION_INVALID")
    assert not Withdrawal.across_books.exists()
