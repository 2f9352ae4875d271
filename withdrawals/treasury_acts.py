"""What operators may decide about a book, its treasury's moves, and money that nobody claims."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from integrations.providers.intents import MemoType
from ledger import acts, allocations, backing, casework, chart, money
from ledger.acts import Act
from ledger.chart import Account
from ledger.events import Actor
from ledger.models import Arrival, Book, Finding, Proposal
from ledger.questions import AmountAsked
from ledger.refusals import Refusal
from withdrawals import postings, rails, strays
from withdrawals.models import MEMO_TYPES, TreasuryMove

# Each row of `unattributed` is an arrival, and ends by an act of its own.
NOT_CORRECTED = {"adjustments", "unattributed"}
SIDES = {"credit": postings.credited, "debit": postings.debited}


class MoreThanFound(Refusal):
    """The finding is about less than this; the page of the book adjusts any account by any sum."""

    code = "MORE_THAN_FOUND"


class Correction(forms.Form):
    kind = forms.ChoiceField(
        label="Account", choices=[(kind, kind) for kind in chart.CHART if kind not in NOT_CORRECTED]
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


class SumAtAirtm(Sum):
    reference = forms.CharField(max_length=120, help_text="Airtm's id of that withdrawal")


class WhoSentIt(forms.Form):
    address = forms.CharField(
        required=False, max_length=69, help_text="G… or M…; empty for the account that it came from"
    )
    memo = forms.CharField(required=False, max_length=64)
    memo_type = forms.ChoiceField(choices=MEMO_TYPES, initial=MemoType.TEXT)


class WhereItArrived(forms.Form):
    reference = forms.CharField(
        max_length=120, help_text="Airtm's deposit id, or the hash of the transaction"
    )
    amount = AmountAsked(required=False, help_text="What Airtm shows; on the chain it is known")


class HowItCameBack(forms.Form):
    tx_hash = forms.CharField(
        required=False, max_length=64, help_text="The transaction, if it came over the chain"
    )


class _OfASum(Act):
    permission = acts.MOVE_MONEY
    takes_two: ClassVar[bool | None] = True

    def stake(self, record: Any, answers: Mapping[str, Any]) -> int:
        return int(answers["amount"])


class Adjust(_OfASum):
    name = "adjust"
    title = "Adjust an account"
    explains = "The named account is corrected against adjustments, once somebody has agreed."
    about = Book
    questions = Correction

    def do(self, record: Book, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        _correct(record.pk, answers, approval=cause, by=by)


class AdjustForFinding(_OfASum):
    name = "adjust-for-finding"
    title = "Adjust an account"
    explains = (
        "The books are made to say what was seen, against `adjustments`, once somebody has agreed; "
        "the finding is closed, and the same facts are not found again."
    )
    about = Finding
    questions = Correction

    def is_offered(self, record: Finding) -> bool:
        return record.resolved_at is None and record.proposal == Proposal.ADJUST

    def is_proposed(self, record: Finding) -> bool:
        return True

    def stake(self, record: Finding, answers: Mapping[str, Any]) -> int:
        """What is found, so that nobody agrees to it once something else is."""
        return int(record.amount)

    def initial(self, record: Finding) -> dict[str, Any]:
        """What whoever found it would correct."""
        proposed = record.correction
        if not proposed or not proposed["debit"]:
            return {}
        return {
            "kind": proposed["kind"],
            "subject": proposed["subject"],
            "side": "debit" if proposed["debit"] > 0 else "credit",
            "amount": money.text(abs(proposed["debit"])),
        }

    def do(self, record: Finding, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        if answers["amount"] > record.amount:  # two people agree to what is at stake, and no more
            raise MoreThanFound(found=money.text(record.amount))
        _correct(record.book_id, answers, approval=cause, by=by)
        casework.settle(record, by=by, reason=reason, ignored=True)


def _correct(book: int, answers: Mapping[str, Any], *, approval: str, by: Actor) -> None:
    """Raises what posting raises, `StillPromised` and `NotItsRows`."""
    place = Account(answers["kind"], answers["subject"])
    with backing.kept(book):
        SIDES[answers["side"]](book, place, answers["amount"], approval=approval, by=by)
        allocations.require_kept(book, place)


class _OnArrival(Act):
    about = Arrival
    permission = acts.MOVE_MONEY
    takes_two = True

    def is_offered(self, record: Arrival) -> bool:
        return record.status == record.Status.UNCLAIMED

    def stake(self, record: Arrival, answers: Mapping[str, Any]) -> int:
        return int(record.amount)


class TakeAsCapital(_OnArrival):
    name = "take-as-capital"
    title = "It is the platform's"
    explains = "The whole of it is the platform's own capital, once somebody has agreed."

    def do(self, record: Arrival, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        strays.take_as_capital(record, approval=cause, by=by)


class SendBack(_OnArrival):
    name = "send-back"
    title = "Send it back"
    explains = "USDC is paid to whoever sent it, and booked when the chain shows the payment."
    questions = WhoSentIt

    def do(self, record: Arrival, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        strays.send_back(record, approval=cause, by=by, **answers)


class MoveToAirtm(_OfASum):
    name = "move-to-airtm"
    title = "Move money to Airtm"
    explains = "USDC is paid from the treasury to where Airtm takes it in for us."
    about = Book
    takes_two = None  # above the sum that is a setting
    questions = Sum

    def do(self, record: Book, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        rails.to_airtm(record.pk, answers["amount"], reason=reason[:250], by=by)


class MoveFromAirtm(MoveToAirtm):
    name = "move-from-airtm"
    title = "Record money that leaves Airtm"
    explains = "A person has asked Airtm to pay it to the treasury; until it arrives, in transit."
    questions = SumAtAirtm

    def do(self, record: Book, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        rails.from_airtm(record.pk, **answers, reason=reason[:250], by=by)


class _OnMove(Act):
    about = TreasuryMove
    permission = acts.MOVE_MONEY

    def is_offered(self, record: TreasuryMove) -> bool:
        return record.status == record.Status.IN_TRANSIT

    def stake(self, record: TreasuryMove, answers: Mapping[str, Any]) -> int:
        return int(record.amount)


class MoveArrived(_OnMove):
    name = "move-arrived"
    title = "It has arrived"
    explains = "What is missing was the price of the way."
    questions = WhereItArrived

    def do(
        self, record: TreasuryMove, *, by: Actor, reason: str, cause: str, **answers: Any
    ) -> None:
        reference, amount = answers["reference"], answers["amount"] or 0
        if record.route == TreasuryMove.Route.TO_AIRTM:
            rails.arrived_at_airtm(record, amount=amount, reference=reference, by=by)
        else:
            rails.arrived_on_chain(record, tx_hash=reference, by=by)


class MoveCameBack(_OnMove):
    name = "move-came-back"
    title = "It came back"
    explains = "It never arrived, and is seen again, whole, where it came from."
    questions = HowItCameBack

    def do(
        self, record: TreasuryMove, *, by: Actor, reason: str, cause: str, **answers: Any
    ) -> None:
        rails.came_back(record, reason=reason, tx_hash=answers["tx_hash"], by=by)
