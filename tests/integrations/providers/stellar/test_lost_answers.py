"""Applied and then 504, dropped and then 504: one payment, and the right balance (W-05)."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.db import transaction
from stellar_sdk import Keypair

from integrations.marketplaces.models import Marketplace
from integrations.providers.answers import Done
from integrations.providers.intents import PayUsdc, TrustUsdc
from integrations.providers.models import Submission
from integrations.providers.stellar import opening, sending, submission, wallets
from integrations.simulators.models import StellarTransaction, StellarTrustline
from integrations.simulators.stellar import genesis
from ledger import clock
from ledger.events import SYSTEM
from ledger.money import DOLLAR
from tests.cast import Api

pytestmark = pytest.mark.django_db(transaction=True)

AMOUNT = 7 * DOLLAR
Status = Submission.Status
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Proxy:
    """Stands before the pretended Horizon; answers 504 to the next submissions."""

    def __init__(self, behind: Application) -> None:
        self.behind = behind
        self.drops = 0
        self.loses = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST" or not (self.drops or self.loses):
            return self.behind(environ, start_response)
        if self.drops:
            self.drops -= 1
        else:
            self.loses -= 1
            list(self.behind(environ, lambda *_: None))
        start_response("504 Gateway Timeout", [("Content-Length", "0")])
        return []


@pytest.fixture
def proxy(live_server: Any) -> Iterator[Proxy]:
    server = live_server.thread.httpd
    behind = server.get_app()
    proxy = Proxy(behind)
    server.set_app(proxy)
    yield proxy
    server.set_app(behind)


@pytest.fixture
def book(bazaar: Api) -> int:
    return int(Marketplace.objects.get(name="Bazaar").book_id)


@pytest.fixture
def payment(book: int) -> Submission:
    somebody = Keypair.random().public_key
    genesis.open_account(somebody, xlm=10 * DOLLAR)
    treasury = wallets.treasury(book).address
    intent = PayUsdc(signer=treasury, destination=somebody, amount=AMOUNT)
    answer = submission.prepare(book=book, intent=intent, about=somebody)
    assert isinstance(answer, Done)
    with transaction.atomic():
        return submission.claim(
            answer.value, purpose="test", subject=somebody, trail=somebody, by=SYSTEM
        )


def send(payment: Submission) -> str:
    sending.send(payment.id)
    payment.refresh_from_db()
    return str(payment.status)


def balance(payment: Submission) -> int:
    return int(StellarTrustline.objects.get(account=payment.subject).balance)


def test_w05_applied_then_504_is_one_payment(payment: Submission, proxy: Proxy) -> None:
    proxy.loses = 1
    assert send(payment) == Status.CONFIRMED
    assert (balance(payment), StellarTransaction.objects.count()) == (AMOUNT, 1)


def test_w05_dropped_then_504_is_one_payment(payment: Submission, proxy: Proxy) -> None:
    proxy.drops = 2
    assert [send(payment) for _ in range(3)] == [Status.SENT, Status.SENT, Status.CONFIRMED]
    assert (balance(payment), StellarTransaction.objects.count()) == (AMOUNT, 1)


def test_w05_a_bid_that_was_raised_after_a_lost_answer_pays_once(
    payment: Submission, proxy: Proxy
) -> None:
    """Both bids reach the network; it applies the transaction inside them once."""
    proxy.drops = 1
    assert send(payment) == Status.SENT
    Submission.across_books.filter(pk=payment.pk).update(fault="FEE_TOO_LOW")
    proxy.loses = 1
    assert send(payment) == Status.CONFIRMED
    assert payment.bids.count() == 2
    sending.send(payment.id)
    assert (balance(payment), StellarTransaction.objects.count()) == (AMOUNT, 1)


def test_an_account_that_a_stranger_has_opened_is_given_its_trustline(book: int) -> None:
    with transaction.atomic():
        wallet = wallets.ensure(book=book, holder="usr_ada", by=SYSTEM)
    genesis.open_account(wallet.address, xlm=DOLLAR * 2)
    StellarTrustline.objects.filter(account=wallet.address).delete()
    opening.open_on_chain(wallet.id)
    asked = Submission.across_books.get(purpose=opening.TRUST)
    assert asked.max_time > clock.now()
    sending.send(asked.id)
    opening.follow(submission_id=asked.id)
    wallet.refresh_from_db()
    assert wallet.status == wallet.Status.READY
    line = StellarTrustline.objects.get(account=wallet.address)
    assert line.sponsor == wallets.treasury(book).address
    assert TrustUsdc.__name__ in {each.intent["intent"] for each in wallet.signings.all()}
