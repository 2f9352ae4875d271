"""Handing in: prepare, claim and send the opening of a wallet, step by step."""

from django.db import transaction

from integrations.providers.answers import Answer, Done
from integrations.providers.intents import Intent, OpenWallet
from integrations.providers.models import Submission, Wallet
from integrations.providers.stellar import sending, submission
from ledger.events import SYSTEM


def opening_of(wallet: Wallet, treasury: Wallet) -> OpenWallet:
    return OpenWallet(signer=treasury.address, address=wallet.address)


def prepare(wallet: Wallet, treasury: Wallet) -> Answer[submission.Prepared]:
    intent = opening_of(wallet, treasury)
    return submission.prepare(book=wallet.book_id, intent=intent, about=wallet.trail)


def prepared(wallet: Wallet, treasury: Wallet) -> submission.Prepared:
    return prepared_for(wallet.book_id, opening_of(wallet, treasury))


def prepared_for(book: int, intent: Intent) -> submission.Prepared:
    answer = submission.prepare(book=book, intent=intent, about="")
    assert isinstance(answer, Done), answer
    return answer.value


def claim(prepared: submission.Prepared, subject: str) -> Submission:
    with transaction.atomic():
        return submission.claim(prepared, purpose="test", subject=subject, trail=subject, by=SYSTEM)


def sent(row: Submission) -> Submission:
    sending.send(row.id)
    row.refresh_from_db()
    return row
