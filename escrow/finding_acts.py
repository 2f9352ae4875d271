"""What operators may decide about what a comparison has found of a contract."""

from typing import Any

from django import forms

from escrow import comparison, foreign, freezing, losses, stakes, surpluses
from integrations.providers.stellar.movements import FOREIGN_MONEY
from ledger.events import Actor
from ledger.models import Finding
from ledger.settling import Settle
from payments.models import Party


class BookForeignEnd(Settle):
    name = "book-foreign-end"
    title = "Book how it ended"
    explains = (
        "Somebody else has settled the contract: order and escrow are closed, and everybody"
        " is credited with what the chain showed to arrive."
    )
    kinds = frozenset({freezing.ENDED_BY_ANOTHER})

    def book(self, record: Finding, *, by: Actor, **_: Any) -> None:
        foreign.take_in(stakes.of(record.subject), by=by)


class BookContractSurplus(Settle):
    name = "book-contract-surplus"
    title = "Book it as a surplus"
    explains = "The contract holds more than the books say: it is booked as in it, and nobody's."
    kinds = frozenset({comparison.BEYOND, FOREIGN_MONEY})

    def is_offered(self, record: Finding) -> bool:
        """Once a comparison has told how much the contract holds."""
        return super().is_offered(record) and comparison.has_told(record)

    def book(self, record: Finding, *, by: Actor, **_: Any) -> None:
        balance = comparison.told_by(record)
        among = (balance.due, balance.held)
        surpluses.book_found(balance.escrow, record.amount, among=among, by=by)


class RefsAsked(forms.CharField):
    """Refs of milestones; of each there is one."""

    def clean(self, value: Any) -> list[str]:
        return sorted(set(super().clean(value).split()))


class WhoIsPaid(forms.Form):
    paid_to = forms.ChoiceField(
        choices=[(Party.BUYER, "All to the buyer"), (Party.SELLER, "All to the seller")]
    )
    others = RefsAsked(
        label="Except",
        required=False,
        max_length=2000,
        help_text="Milestones that go to the other side, by their refs, separated by blanks",
    )


class BearContractLoss(Settle):
    name = "bear-contract-loss"
    title = "Bear the loss"
    explains = (
        "The contract cannot pay what it owes: the order ends without it, and the platform pays one"
        " side all of it, or each open milestone to the side that you say. What the contract still"
        " holds stays in it as a surplus."
    )
    kinds = frozenset({freezing.SHORT})
    questions = WhoIsPaid

    def is_offered(self, record: Finding) -> bool:
        """Once a comparison has told how much the contract holds."""
        return super().is_offered(record) and comparison.has_told(record)

    def book(self, record: Finding, *, by: Actor, **answers: Any) -> None:
        balance = comparison.told_by(record)
        losses.bear(balance.escrow, booked=balance.due, left=balance.held, **answers, by=by)
