"""One payment on the chain, with the worker killed between every two steps of handing it in.

| window | what lies between                                          | how the worker is stopped        |
|--------|------------------------------------------------------------|----------------------------------|
| C14    | signed / stored with what it is for                        | nobody can insert a submission   |
| C23    | the user's wallet is written down / anybody is asked for it| the same                         |
| C14    | stored / said to be handed in                              | its row is locked                |
| C15    | said to be handed in / handed in                           | the request never arrives        |
| C15    | included / the answer read                                 | the answer is held               |
| C15    | answered / looked up                                       | its row is locked                |
| C15    | found by its hash / settled                                | nobody can write an event        |
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from stellar_sdk import Keypair

from integrations.marketplaces.models import Marketplace
from integrations.providers.answers import Done
from integrations.providers.intents import PayUsdc
from integrations.providers.models import Bid, Submission, Wallet
from integrations.providers.stellar import submission, wallets
from integrations.simulators.models import StellarTransaction, StellarTrustline
from integrations.simulators.stellar import genesis
from ledger.events import SYSTEM
from ledger.models import Event, Finding
from ledger.money import DOLLAR
from tests.cast import Api
from tests.crashes.gate import the_answer, the_request
from tests.crashes.mortal import Mortal, is_kept_waiting, until

pytestmark = pytest.mark.django_db(transaction=True)

AMOUNT = 12 * DOLLAR
Status = Submission.Status


@pytest.fixture
def book(bazaar: Api) -> int:
    return int(Marketplace.objects.get(name="Bazaar").book_id)


@pytest.fixture
def payment(book: int) -> Submission:
    """From the treasury to somebody who has nothing yet; signed, stored, and not handed in."""
    somebody = Keypair.random().public_key
    genesis.open_account(somebody, xlm=10 * DOLLAR)
    intent = PayUsdc(signer=wallets.treasury(book).address, destination=somebody, amount=AMOUNT)
    answer = submission.prepare(book=book, intent=intent, about=somebody)
    assert isinstance(answer, Done)
    with transaction.atomic():
        return submission.claim(
            answer.value, purpose="test", subject=somebody, trail=somebody, by=SYSTEM
        )


def test_c14_c23_killed_after_signing_and_before_it_is_stored(book: int, mortal: Mortal) -> None:
    with transaction.atomic():
        wallet = wallets.ensure(book=book, holder="usr_somebody", by=SYSTEM)
    with nobody_writes("providers_submission"):
        mortal.start()
        until(is_kept_waiting)
        mortal.kill()
    assert not Submission.across_books.exists()
    mortal.start_again()
    mortal.settle()
    wallet.refresh_from_db()
    assert wallet.status == Wallet.Status.READY
    assert Submission.across_books.get().status == Status.CONFIRMED
    assert StellarTransaction.objects.count() == 1


def test_c14_killed_after_it_is_stored_and_before_it_is_handed_in(
    payment: Submission, mortal: Mortal
) -> None:
    with locked(payment):
        mortal.start()
        until(is_kept_waiting)
        mortal.kill()
    assert status_of(payment) == Status.SIGNED
    assert not StellarTransaction.objects.exists()
    finish(mortal)
    assert_paid_once(payment)


def test_c15_killed_before_the_request_arrives(payment: Submission, mortal: Mortal) -> None:
    mortal.gate.hold = the_request
    mortal.settle()
    assert mortal.deaths == 1
    assert_paid_once(payment)


def test_c15_killed_before_the_answer_is_read(payment: Submission, mortal: Mortal) -> None:
    mortal.gate.hold = the_answer
    mortal.settle()
    assert mortal.deaths == 1
    assert_paid_once(payment)


def test_c15_killed_between_the_answer_and_the_look_up(payment: Submission, mortal: Mortal) -> None:
    held_with_its_answer(mortal)
    with locked(payment):
        mortal.gate.release()
        until(is_kept_waiting)
        mortal.kill()
    assert status_of(payment) == Status.SENT
    finish(mortal)
    assert_paid_once(payment)


def test_c15_killed_between_the_look_up_and_the_settlement(
    payment: Submission, mortal: Mortal
) -> None:
    held_with_its_answer(mortal)
    with nobody_writes("ledger_event"):
        mortal.gate.release()
        until(is_kept_waiting)
        mortal.kill()
    assert status_of(payment) == Status.SENT
    finish(mortal)
    assert_paid_once(payment)


def held_with_its_answer(mortal: Mortal) -> None:
    """It is included, and the worker does not know yet."""
    mortal.gate.hold = the_answer
    mortal.start()
    until(mortal.gate.holds)
    assert StellarTransaction.objects.count() == 1


def finish(mortal: Mortal) -> None:
    mortal.start_again()
    mortal.settle()


def assert_paid_once(payment: Submission) -> None:
    payment.refresh_from_db()
    assert payment.status == Status.CONFIRMED
    assert StellarTransaction.objects.get().inner_hash == payment.inner_hash
    assert StellarTrustline.objects.get(account=payment.subject).balance == AMOUNT
    assert Bid.across_books.filter(submission=payment, outer_hash=payment.outer_hash).exists()
    for told in ("submission.sent", "submission.confirmed"):
        assert Event.across_books.filter(resource_id=payment.id, type=told).count() == 1
    assert not Finding.across_books.exists()


def status_of(payment: Submission) -> str:
    return str(Submission.across_books.get(pk=payment.pk).status)


@contextmanager
def locked(payment: Submission) -> Iterator[None]:
    with transaction.atomic():
        Submission.across_books.select_for_update(no_key=True).get(pk=payment.pk)
        yield


@contextmanager
def nobody_writes(table: str) -> Iterator[None]:
    """Everybody may read it, and whoever writes has to wait."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
        yield
