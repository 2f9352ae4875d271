"""What operators may decide about escrows."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import F

from escrow import postings
from escrow.models import Escrow
from integrations.marketplaces.models import User
from ledger import acts, chart
from ledger.acts import Act
from ledger.events import Actor
from ledger.refusals import InsufficientFunds, NotFound
from ledger.unfreezing import Freeze, Unfreeze


class FreezeEscrow(Freeze):
    name = "freeze-escrow"
    about = Escrow


class UnfreezeEscrow(Unfreeze):
    name = "unfreeze-escrow"
    about = Escrow


class Owner(forms.Form):
    user = forms.CharField(
        required=False, help_text="The id of the user whose it is; empty if it is the platform's"
    )


class AttributeSurplus(Act):
    """All that the treasury holds of a surplus is given to its owner; always takes two."""

    name = "attribute-surplus"
    title = "Attribute the surplus"
    explains = "Foreign money from its contract, now with the treasury, becomes somebody's."
    about = Escrow
    permission = acts.MOVE_MONEY
    questions = Owner

    def is_offered(self, record: Escrow) -> bool:
        return record.unattributed > 0

    def stake(self, record: Escrow, answers: Mapping[str, Any]) -> int:
        return int(record.unattributed)

    def needs_second(self, record: Escrow, answers: Mapping[str, Any]) -> bool:
        return True

    def do(self, record: Escrow, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        amount = record.unattributed
        rows = Escrow.across_books.filter(pk=record.pk, unattributed=amount, unattributed__gt=0)
        if not rows.update(unattributed=F("unattributed") - amount):
            raise InsufficientFunds
        to = _account(record.book_id, answers["user"])
        postings.surplus_attributed(record, to, amount, cause=cause, by=by)


def _account(book: int, user: str) -> chart.Account:
    if not user:
        return chart.ADJUSTMENTS
    if not User.objects.of(book).filter(pk=user).exists():
        raise NotFound("There is no such user.")
    return chart.available(user)
