"""Twenty who all want the next sequence number of one account: one gets it."""

from collections import Counter
from functools import partial

import pytest
from django.db import transaction

from integrations.marketplaces.models import Marketplace
from integrations.providers.answers import Done
from integrations.providers.intents import OpenWallet, PayUsdc
from integrations.providers.models import Submission, Wallet
from integrations.providers.stellar import sending, submission, wallets
from integrations.simulators.models import StellarTransaction
from ledger.events import SYSTEM
from ledger.money import DOLLAR
from tests.cast import Api
from tests.races.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 20


@pytest.fixture
def treasury(bazaar: Api) -> Wallet:
    return wallets.treasury(Marketplace.objects.get(name="Bazaar").book_id)


def prepared(treasury: Wallet, intent: PayUsdc | OpenWallet) -> submission.Prepared:
    answer = submission.prepare(book=treasury.book_id, intent=intent, about="")
    assert isinstance(answer, Done), answer
    return answer.value


def claim(ready: submission.Prepared, subject: str) -> str:
    try:
        with transaction.atomic():
            submission.claim(ready, purpose="test", subject=subject, trail="", by=SYSTEM)
    except submission.Busy:
        return "busy"
    return "claimed"


def test_of_twenty_claims_for_one_source_one_wins(treasury: Wallet) -> None:
    fees = wallets.of_role(book=treasury.book_id, role=Wallet.Role.FEES).address
    intents = [
        PayUsdc(signer=treasury.address, destination=fees, amount=DOLLAR + n) for n in range(MANY)
    ]
    ready = [prepared(treasury, intent) for intent in intents]
    claims = [partial(claim, each, f"test_{n}") for n, each in enumerate(ready)]
    assert Counter(at_once(claims)) == {"claimed": 1, "busy": MANY - 1}
    assert Submission.across_books.count() == 1


def test_of_twenty_claims_for_one_subject_one_wins(treasury: Wallet) -> None:
    fees = wallets.of_role(book=treasury.book_id, role=Wallet.Role.FEES).address
    intent = PayUsdc(signer=treasury.address, destination=fees, amount=DOLLAR)
    ready = prepared(treasury, intent)
    outcomes = Counter(at_once([partial(claim, ready, "test_1")] * MANY))
    assert outcomes == {"claimed": 1, "busy": MANY - 1}


def test_twenty_who_send_the_same_submission_hand_it_in_once(treasury: Wallet) -> None:
    fees = wallets.of_role(book=treasury.book_id, role=Wallet.Role.FEES).address
    intent = PayUsdc(signer=treasury.address, destination=fees, amount=DOLLAR)
    claim(prepared(treasury, intent), "test_1")
    row = Submission.across_books.get()
    at_once([partial(sending.send, row.id)] * MANY)
    row.refresh_from_db()
    assert (row.status, row.attempts) == (Submission.Status.CONFIRMED, 1)
    assert StellarTransaction.objects.count() == 1
