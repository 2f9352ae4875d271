"""What operators may decide about money that nobody claims, and about what a wallet truly holds."""

from collections.abc import Mapping
from typing import Any

from django import forms

from integrations.providers.models import Wallet
from ledger import acts
from ledger.acts import Act
from ledger.events import Actor
from ledger.models import Arrival
from ledger.questions import AmountAsked
from payments import claims


class Owner(forms.Form):
    user = forms.CharField(max_length=40, help_text="The id of the user whose money it is (usr_…)")


class Difference(forms.Form):
    amount = AmountAsked(help_text="In dollars, like 12.50: what the chain and the books differ by")


class ClaimArrival(Act):
    name = "claim-arrival"
    title = "It is a user's"
    explains = "The user is credited with the whole of it, once somebody has agreed."
    about = Arrival
    permission = acts.MOVE_MONEY
    takes_two = True
    questions = Owner

    def is_offered(self, record: Arrival) -> bool:
        return record.status == record.Status.UNCLAIMED

    def stake(self, record: Arrival, answers: Mapping[str, Any]) -> int:
        return int(record.amount)

    def do(self, record: Arrival, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        claims.claim(record, user=answers["user"], approval=cause, by=by)


class _OnWallet(Act):
    about = Wallet
    permission = acts.MOVE_MONEY
    takes_two = True
    questions = Difference

    def stake(self, record: Wallet, answers: Mapping[str, Any]) -> int:
        return int(answers["amount"])


class BookClawback(_OnWallet):
    name = "book-clawback"
    title = "Book a clawback"
    explains = (
        "The issuer took USDC out of this wallet: its user loses what is left of it, "
        "the platform bears the rest."
    )

    def do(self, record: Wallet, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        claims.claw_back(record, answers["amount"], approval=cause, by=by)


class BookSurplus(_OnWallet):
    name = "book-surplus"
    title = "Book a surplus"
    explains = "This wallet holds more USDC than the books say: it is kept as unattributed."

    def do(self, record: Wallet, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        claims.keep_surplus(record, answers["amount"], approval=cause, by=by)
