"""What administrators may decide about operators."""

from typing import Any

from django.contrib.auth.models import User as Operator
from django_otp import user_has_device

from config import factors
from ledger import acts
from ledger.acts import Act
from ledger.events import Actor
from ledger.refusals import Conflict, Refusal


class NotYourOwn(Refusal):
    """Nobody resets their own second factor: another administrator does."""

    code = "NOT_YOUR_OWN_FACTOR"


class NoFactor(Conflict):
    """This operator has no second factor."""

    code = "NO_SECOND_FACTOR"


class ResetSecondFactor(Act):
    """For whoever has lost the phone and the recovery codes."""

    name = "reset-second-factor"
    title = "Reset the second factor"
    explains = (
        "Phone and recovery codes are worth nothing from now on, and the next login enrols anew."
        " Make sure who is asking."
    )
    about = Operator
    permission = acts.ADMINISTER
    takes_two = False  # it moves nothing, and whoever lost a phone may be the second person

    def is_offered(self, record: Operator) -> bool:
        return bool(user_has_device(record))

    def do(self, record: Operator, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        if by.name == f"operator:{record.get_username()}":
            raise NotYourOwn
        if not factors.forget(record):
            raise NoFactor
