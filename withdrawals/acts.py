"""What operators may decide about withdrawals, and – always two of them – about a book."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from ledger import acts, chart
from ledger.acts import Act
from ledger.chart import Account
from ledger.events import Actor
from ledger.models import Book
from ledger.questions import AmountAsked
from ledger.refusals import NotReady
from withdrawals import clearance, expectations, payouts, postings
from withdrawals.models import Withdrawal

SIDES = {"credit": postings.credited, "debit": postings.debited}


class _OnWithdrawal(Act):
    about = Withdrawal

    def needs_second(self, record: Withdrawal, answers: Mapping[str, Any]) -> bool:
        return False  # nothing is paid by it that would not be paid without


class LookAtWithdrawal(_OnWithdrawal):
    name = "look-at-withdrawal"
    title = "Look again"
    explains = "The provider or the chain is asked at once how it stands."

    def is_offered(self, record: Withdrawal) -> bool:
        return record.status != record.Status.CREATED

    def do(self, record: Withdrawal, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        payouts.refresh(record)


class CancelWithdrawal(_OnWithdrawal):
    name = "cancel-withdrawal"
    title = "Cancel"
    explains = "Taken back where that is still possible; what was set aside is the user's again."

    def is_offered(self, record: Withdrawal) -> bool:
        unasked = record.status == record.Status.COMMITTED and not record.asked_at
        return unasked or record.status in {
            record.Status.CREATED,
            record.Status.PENDING_USER_ACTION,
        }

    def do(self, record: Withdrawal, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        payouts.cancel(record, by=by)


class LetPayoutGo(Act):
    """Asked for by the system, which is why no page has a button for it: `Agree` does it."""

    name = clearance.ACT
    title = "Let the payout go"
    explains = "A withdrawal above the marketplace's limit is paid. Turned down, its money is back."
    about = Withdrawal
    permission = acts.MOVE_MONEY

    def is_offered(self, record: Withdrawal) -> bool:
        return False

    def needs_second(self, record: Withdrawal, answers: Mapping[str, Any]) -> bool:
        return True

    def stake(self, record: Withdrawal, answers: Mapping[str, Any]) -> int:
        return int(record.amount)

    def do(self, record: Withdrawal, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        record = record.locked()
        if record.status != record.Status.COMMITTED:
            raise NotReady(
                current_status=record.status, allowed_from=[record.Status.COMMITTED.value]
            )
        payouts.refresh(record)

    def expect(self, record: Withdrawal) -> Iterable[str]:
        return expectations.payout(record)

    def turned_down(self, record: Withdrawal, *, by: Actor, reason: str) -> None:
        payouts.turn_down(record, reason=reason, by=by)


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
