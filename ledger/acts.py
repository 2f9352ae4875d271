"""Acts: what operators may decide about a record, each by the function that the API calls too.

An act asks its questions, can be rehearsed, and is done at once or – where the sum or the kind
asks for it – only when a second person has agreed. `config/wiring.py` lists them all.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.db import models, transaction

from ledger import approvals, money
from ledger.events import Actor
from ledger.models import Approval
from ledger.rehearsal import Rehearsal, rehearse
from ledger.wiring import table, wired

# The permissions that acts ask for; `manage.py roles` gives them to the groups.
SETTLE, MOVE_MONEY = "ledger.settle", "ledger.move_money"
AGREE, ADMINISTER = "ledger.agree", "ledger.administer"


class Act:
    """One thing that can be decided about one kind of record."""

    name: ClassVar[str]  # in the address of its page
    title: ClassVar[str]  # on its button
    explains: ClassVar[str]  # what it does, in a sentence
    about: ClassVar[type[models.Model]]
    permission: ClassVar[str] = SETTLE
    questions: ClassVar[type[forms.Form]] = forms.Form  # what it asks beside the reason

    def is_offered(self, record: Any) -> bool:
        """Whether it can be done as things stand."""
        return True

    def stake(self, record: Any, answers: Mapping[str, Any]) -> int:
        """The sum that it decides about, in stroops."""
        return 0

    def needs_second(self, record: Any, answers: Mapping[str, Any]) -> bool:
        """Whether somebody else must agree; by default above a sum that is a setting."""
        return self.stake(record, answers) > money.parse(settings.FOUR_EYES_ABOVE)

    def do(self, record: Any, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        """Carry it out in the caller's transaction; `cause` is the approval's id, if there is one.

        Raises what the operation behind it raises.
        """
        raise NotImplementedError


def decide(
    act: Act, record: Any, *, answers: Mapping[str, Any], reason: str, by: Actor
) -> Approval | None:
    """Do it, or – where it takes two – write down that it was asked for. Raises refusals."""
    with transaction.atomic():
        if act.needs_second(record, answers):
            return approvals.ask_for(
                act=act.name,
                record=record,
                answers=answers,
                amount=act.stake(record, answers),
                reason=reason,
                by=by,
            )
        act.do(record, by=by, reason=reason, cause="", **answers)
    return None


def tried(
    act: Act, record: Any, *, answers: Mapping[str, Any], reason: str, by: Actor
) -> Rehearsal:
    """What it would post and whether it would be refused; nothing is kept."""
    return rehearse(
        lambda actor: act.do(record, by=actor, reason=reason, cause=_REHEARSED, **answers), by=by
    )


def named(name: str) -> Act:
    """The act with this name. Raises `KeyError`."""
    return known()[name]


@cache
def known() -> dict[str, Act]:
    """Every act by its name."""
    listed = [wired(dotted)() for dotted in table("ACTS")]
    return {act.name: act for act in listed}


def offered(record: Any, *, operator: Any) -> list[Act]:
    """What this operator may decide about a record now."""
    return [
        act
        for act in known().values()
        if isinstance(record, act.about)
        if operator.has_perm(act.permission) and act.is_offered(record)
    ]


_REHEARSED = "rehearsal"
