"""What administrators may decide about operators, and who may agree to what operators ask for."""

from typing import Any

from django.contrib.auth.models import User as Operator
from django_otp import user_has_device

from config import factors
from ledger import acts, casework
from ledger.acts import Act
from ledger.events import Actor
from ledger.models import Approval
from ledger.refusals import Conflict, Refusal


class NotYourOwn(Refusal):
    """Nobody resets their own second factor: another administrator does."""

    code = "NOT_YOUR_OWN_FACTOR"


class NoFactor(Conflict):
    """This operator has no second factor."""

    code = "NO_SECOND_FACTOR"


class AskerMayNoLonger(Refusal):
    """Whoever asked for it may not decide this any more: turn it down, or ask for it yourself."""

    code = "ASKER_MAY_NO_LONGER"


class Agree(casework.Agree):
    """Two people decide only while both may: the first is looked at again."""

    def do(self, record: Approval, *, by: Actor, reason: str, cause: str, **_: Any) -> str | None:
        kind, _, name = record.requested_by.partition(":")
        if kind == "operator" and not _may_decide(name, acts.named(record.act)):
            raise AskerMayNoLonger
        return super().do(record, by=by, reason=reason, cause=cause)


def _may_decide(name: str, act: Act) -> bool:
    """Whether the operator of this name is there still, and may decide about such an act."""
    found = Operator.objects.filter(username=name, is_active=True, is_staff=True).first()
    return found is not None and found.has_perm(act.permission)


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
