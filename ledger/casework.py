"""Casework: the acts on findings and on approvals."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from django import forms
from django.db import transaction

from ledger import acts, approvals, clock, events, money, reconciling
from ledger.acts import Act
from ledger.events import Actor
from ledger.models import Approval, Comment, Finding, Proposal
from ledger.questions import AmountAsked
from ledger.refusals import Conflict, NotReady


class AnotherStake(Conflict):
    """Not the same sum is at stake as when this was asked for: turn it down, and ask anew."""

    code = "STAKE_HAS_CHANGED"


class _OnOpenFinding(Act):
    about = Finding

    def is_offered(self, record: Finding) -> bool:
        return record.resolved_at is None


class TakeFinding(_OnOpenFinding):
    name = "take-finding"
    title = "Look after it"
    explains = "Your name stands on the finding, so that nobody else starts on it."

    def do(self, record: Finding, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        _change(record, "taken", by=by, reason=reason, owner=by.name)


class CommentOnFinding(Act):
    name = "comment-on-finding"
    title = "Comment"
    explains = "What you write stays with the finding."
    about = Finding

    def do(self, record: Finding, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        Comment.across_books.create(
            book_id=record.book_id,
            subject=record.pk,
            author=by.name,
            body=reason,
            written_at=clock.now(),
        )


class SettleFinding(_OnOpenFinding):
    name = "settle-finding"
    title = "Settle it"
    explains = "The finding is closed with your reason; it moves no money and unfreezes nobody."

    def stake(self, record: Finding, answers: Mapping[str, Any]) -> int:
        return int(record.amount)

    def do(self, record: Finding, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        settle(record, by=by, reason=reason)


class PostMissing(_OnOpenFinding):
    name = "post-missing"
    title = "Ask, and post what is missing"
    explains = (
        "The provider is asked once more, and what it says – not what stands here – is taken in as "
        "if its message had come. Then both sides are compared again."
    )

    def is_offered(self, record: Finding) -> bool:
        is_proposed = record.proposal == Proposal.POST_MISSING
        return record.resolved_at is None and is_proposed and reconciling.can_follow(record)

    def is_proposed(self, record: Finding) -> bool:
        return True

    def do(self, record: Finding, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        _change(record, "followed", by=by, reason=reason, owner=by.name)
        wake = partial(events.wake, "ledger.follow_finding", subject=record.pk)
        transaction.on_commit(wake, robust=True)


class HowLong(forms.Form):
    days = forms.IntegerField(min_value=1, max_value=90, initial=1, help_text="Look again then")


class WaitWithFinding(_OnOpenFinding):
    name = "wait-with-finding"
    title = "Wait"
    explains = "It stays open and leaves the queue until then; what ends by itself is closed."
    questions = HowLong

    def is_proposed(self, record: Finding) -> bool:
        return record.proposal == Proposal.WAIT

    def do(self, record: Finding, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        until = clock.now() + timedelta(days=answers["days"])
        _change(record, "put_off", by=by, reason=reason, owner=by.name, waits_until=until)


class IgnoreFinding(SettleFinding):
    name = "ignore-finding"
    title = "Ignore it"
    explains = "It is closed with your reason, and the very same facts are not found again."

    def is_proposed(self, record: Finding) -> bool:
        return record.proposal == Proposal.IGNORE

    def do(self, record: Finding, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        settle(record, by=by, reason=reason, ignored=True)


class Agree(Act):
    name = "agree"
    title = "Agree, and do it"
    explains = "What was asked for is done in this moment. It takes another person than who asked."
    about = Approval
    permission = acts.AGREE
    takes_two = False  # this is the second person

    def is_offered(self, record: Approval) -> bool:
        return record.status == record.Status.REQUESTED

    def stake(self, record: Approval, answers: Any) -> int:
        return int(record.amount)

    def do(self, record: Approval, *, by: Actor, reason: str, cause: str, **_: Any) -> str | None:
        return approvals.agree(record, by=by, reason=reason, do=lambda row: _carry_out(row, by=by))

    def expect(self, record: Approval) -> Iterable[str]:
        act, subject = _asked(record)
        return act.expect(subject)


class TurnDown(Act):
    name = "turn-down"
    title = "Turn it down"
    explains = "Nothing is done; whoever asked for it can read why."
    about = Approval
    permission = acts.AGREE

    def is_offered(self, record: Approval) -> bool:
        return record.status == record.Status.REQUESTED

    def do(self, record: Approval, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        approvals.refuse(record, by=by, reason=reason)
        act, subject = _asked(record)
        act.turned_down(subject, by=by, reason=reason)


def settle(record: Finding, *, by: Actor, reason: str, **facts: Any) -> None:
    """Close an open finding with its story. Raises `NotReady`."""
    told = {"resolved_at": clock.now(), "resolved_by": by.name, "resolution": reason}
    _change(record, "settled", by=by, reason=reason, **told, **facts)


def told(approval: Approval) -> list[tuple[str, str]]:
    """What was asked for, by whom and why, with every answer as it was given."""
    act = acts.named(approval.act)
    facts = [("Asked for", act.title), ("By", approval.requested_by), ("Because", approval.reason)]
    if approval.amount:
        facts.append(("At stake", money.text(approval.amount)))
    return [*facts, *(_answer(act, name, value) for name, value in approval.answers.items())]


def _answer(act: Act, name: str, value: Any) -> tuple[str, str]:
    field = act.questions.base_fields.get(name)
    label = str(field.label) if field and field.label else name.replace("_", " ").capitalize()
    if isinstance(field, AmountAsked) and value:
        return label, money.text(int(value))
    return label, ", ".join(map(str, value)) if isinstance(value, list) else str(value or "–")


def _asked(approval: Approval) -> tuple[Act, Any]:
    """The act that was asked for, and what it is about."""
    act = acts.named(approval.act)
    return act, act.about._base_manager.get(pk=approval.subject)


def _carry_out(approval: Approval, *, by: Actor) -> str | None:
    """What somebody agrees to is what was asked for; a finding may have grown since."""
    act, record = _asked(approval)
    if (by_now := act.stake(record, approval.answers)) != approval.amount:
        raise AnotherStake(asked_for=money.text(approval.amount), by_now=money.text(by_now))
    return act.do(record, by=by, reason=approval.reason, cause=approval.id, **approval.answers)


def _change(finding: Finding, what: str, *, by: Actor, reason: str, **facts: Any) -> None:
    """Write to an open finding, with the event that says who and why. Raises `NotReady`."""
    rows = Finding.across_books.filter(pk=finding.pk, resolved_at=None)
    if not rows.update(**facts):
        raise NotReady("Somebody has settled this finding already.")
    events.record(finding.book_id, f"finding.{what}", finding, by=by, reason=reason)
