"""Acts: what operators may decide about a record, each by the function that the API calls too.

An act asks its questions, can be rehearsed, and is done at once or – where the sum or the kind
asks for it – only when a second person has agreed. `config/wiring.py` lists them all.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


class Act(ABC):
    """One thing that can be decided about one kind of record."""

    name: ClassVar[str]  # in the address of its page
    title: ClassVar[str]  # on its button
    explains: ClassVar[str]  # what it does, in a sentence
    about: ClassVar[type[models.Model]]
    permission: ClassVar[str] = SETTLE
    takes_two: ClassVar[bool | None] = None  # whatever the sum; None: above one that is a setting
    questions: ClassVar[type[forms.Form]] = forms.Form  # what it asks beside the reason

    def is_offered(self, record: Any) -> bool:
        """Whether it can be done as things stand."""
        return True

    def is_proposed(self, record: Any) -> bool:
        """Whether it is what would settle the record, by whoever has found it."""
        return False

    def stake(self, record: Any, answers: Mapping[str, Any]) -> int:
        """The sum that it decides about, in stroops."""
        return 0

    def needs_second(self, record: Any, answers: Mapping[str, Any]) -> bool:
        """Whether somebody else must agree."""
        if self.takes_two is not None:
            return self.takes_two
        return self.stake(record, answers) > money.parse(settings.FOUR_EYES_ABOVE)

    def initial(self, record: Any) -> dict[str, Any]:
        """What its questions are answered with before anybody types."""
        return {}

    @abstractmethod
    def do(self, record: Any, *, by: Actor, reason: str, cause: str, **answers: Any) -> str | None:
        """Carry it out in the caller's transaction; `cause` is the approval's id, if there is one.

        What it answers is a secret: it is shown once, to whoever had it done. Raises what the
        operation behind it raises.
        """

    def expect(self, record: Any) -> Iterable[str]:
        """Post, as an expectation, what the outcome would; tell what only a provider can say."""
        return ()

    def turned_down(self, record: Any, *, by: Actor, reason: str) -> None:  # noqa: B027 – a choice
        """What follows when the second person says no; usually nothing."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a decision: it waits for a second person, or is done and may tell a secret."""

    approval: Approval | None = None
    secret: str = ""


def decide(act: Act, record: Any, *, answers: Mapping[str, Any], reason: str, by: Actor) -> Decided:
    """Do it, or – where it takes two – write down that it was asked for. Raises refusals."""
    with transaction.atomic():
        if not act.needs_second(record, answers):
            return Decided(secret=act.do(record, by=by, reason=reason, cause="", **answers) or "")
        return Decided(
            approvals.ask_for(
                act=act.name,
                record=record,
                answers=answers,
                amount=act.stake(record, answers),
                reason=reason,
                by=by,
            )
        )


def tried(
    act: Act, record: Any, *, answers: Mapping[str, Any], reason: str, by: Actor
) -> Rehearsal:
    """What it would post, now and on its outcome, and whether it would be refused; nothing stays.

    The act works on a row of its own, so that the caller's says what is still so.
    """
    row = type(record)._base_manager.get(pk=record.pk)
    reason = reason or _REHEARSED

    def played() -> None:
        if act.needs_second(record, answers):  # then it would be asked for, once at a time
            book = approvals.book_of(row)
            approvals.require_unasked(book=book, act=act.name, subject=str(row.pk))
        act.do(row, by=by, reason=reason, cause=_REHEARSED, **answers)

    return rehearse(
        played,
        expects=lambda _: act.expect(type(row)._base_manager.get(pk=row.pk)),
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


def proposed(record: Any) -> list[Act]:
    """What would settle it as things stand, whoever may decide that."""
    return [
        act
        for act in known().values()
        if isinstance(record, act.about)
        if act.is_proposed(record) and act.is_offered(record)
    ]


_REHEARSED = "rehearsal"
