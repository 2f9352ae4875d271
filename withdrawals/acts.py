"""What operators may decide about a book: corrections and capital, always by two people."""

from collections.abc import Mapping
from typing import Any

from django import forms

from ledger import acts, chart
from ledger.acts import Act
from ledger.chart import Account
from ledger.events import Actor
from ledger.models import Book
from ledger.questions import AmountAsked
from withdrawals import postings

SIDES = {"credit": postings.credited, "debit": postings.debited}


class Correction(forms.Form):
    kind = forms.ChoiceField(
        label="Account", choices=[(kind, kind) for kind in chart.CHART if kind != "adjustments"]
    )
    subject = forms.CharField(
        required=False, help_text="Whose it is: a user, an escrow, or a Stellar address"
    )
    side = forms.ChoiceField(choices=[(side, side) for side in SIDES])
    amount = AmountAsked(help_text="In dollars, like 12.50")
    evidence = forms.URLField(
        required=False, assume_scheme="https", help_text="Where the reason can be read up"
    )


class Sum(forms.Form):
    amount = AmountAsked(help_text="In dollars, like 12.50")


class _OnBook(Act):
    about = Book
    permission = acts.MOVE_MONEY

    def stake(self, record: Book, answers: Mapping[str, Any]) -> int:
        return int(answers["amount"])

    def needs_second(self, record: Book, answers: Mapping[str, Any]) -> bool:
        return True


class Adjust(_OnBook):
    name = "adjust"
    title = "Adjust an account"
    explains = "The named account is corrected against `adjustments`, once somebody has agreed."
    questions = Correction

    def do(self, record: Book, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        place = Account(answers["kind"], answers["subject"])
        post = SIDES[answers["side"]]
        post(record.pk, place, answers["amount"], approval=cause, by=by)


class PayInCapital(_OnBook):
    name = "pay-in-capital"
    title = "Book capital"
    explains = "Money that had arrived unattributed is the platform's own."
    questions = Sum

    def do(self, record: Book, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        postings.capital(record.pk, answers["amount"], approval=cause, by=by)
