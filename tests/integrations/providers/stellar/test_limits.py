"""Limits: no key signs for more than the books say its wallet holds (W-29)."""

import pytest
from stellar_sdk import Keypair

from integrations.providers.answers import Answer, Declined, Done
from integrations.providers.intents import PayUsdc
from integrations.providers.models import Signing, Wallet
from integrations.providers.stellar import submission
from ledger.models import Finding
from tests.integrations.providers.stellar.capital import bring_in
from tests.integrations.providers.stellar.pretend import Pretend

ELSEWHERE = Keypair.from_raw_ed25519_seed(b"e" * 32).public_key


def pay(treasury: Wallet, amount: int) -> Answer[submission.Prepared]:
    intent = PayUsdc(signer=treasury.address, destination=ELSEWHERE, amount=amount)
    return submission.prepare(book=treasury.book_id, intent=intent, about="wd_1")


def test_w29_a_payment_of_all_that_the_books_hold_is_signed(
    treasury: Wallet, horizon: Pretend
) -> None:
    bring_in(treasury, 50)
    assert isinstance(pay(treasury, 50), Done)


@pytest.mark.parametrize("held", [0, 49])
def test_w29_a_stroop_more_is_refused_with_a_row_that_says_why(
    treasury: Wallet, horizon: Pretend, held: int
) -> None:
    if held:
        bring_in(treasury, held)
    answer = pay(treasury, 50)
    assert isinstance(answer, Declined)
    assert answer.code == submission.BEYOND_LIMIT
    refusal = Signing.across_books.get()
    assert refusal.verdict == f"it moves 50 stroops, and the books hold {held}"
    assert (refusal.tx_hash, refusal.intent["amount"]) == ("", 50)
    assert Finding.across_books.get(kind="signing_limit_exceeded").subject == "wd_1"
