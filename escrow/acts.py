"""What operators may decide about escrows, disputes, and the money of orders and milestones."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.html import format_html

from escrow import disputes, expectations, obstacles, outcomes, settlements, stakes
from escrow.models import Comment, Dispute, Escrow
from ledger import acts, events, findings
from ledger.acts import Act
from ledger.events import Actor
from ledger.models import Finding
from ledger.questions import AmountAsked
from ledger.refusals import NotReady
from ledger.unfreezing import Freeze, Unfreeze
from payments.models import Milestone, Order, Party

Decision = Dispute.Decision


class FreezeEscrow(Freeze):
    name = "freeze-escrow"
    about = Escrow


class UnfreezeEscrow(Unfreeze):
    name = "unfreeze-escrow"
    about = Escrow


class _OnDispute(Act):
    about = Dispute

    def is_offered(self, record: Dispute) -> bool:
        return record.status in {Dispute.Status.OPEN, Dispute.Status.UNDER_REVIEW}


class Assignment(forms.Form):
    assignee = forms.CharField(max_length=120, help_text="Who looks into it")


class AssignDispute(_OnDispute):
    name = "assign-dispute"
    title = "Assign"
    explains = "Says who looks into the dispute."
    questions = Assignment

    def do(self, record: Dispute, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        disputes.assign(record, assignee=answers["assignee"], by=by)


class Remark(forms.Form):
    visibility = forms.ChoiceField(
        choices=[
            (Comment.Visibility.INTERNAL, "Internal – for those who decide"),
            (Comment.Visibility.SHARED, "Shared – the marketplace sees it"),
        ]
    )


class CommentOnDispute(Act):
    name = "comment-on-dispute"
    title = "Comment"
    explains = "What you write as the reason stays with the dispute."
    about = Dispute
    questions = Remark

    def do(self, record: Dispute, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        disputes.comment(record, body=reason, visibility=answers["visibility"], by=by)


class SplitInput(forms.TextInput):
    """A number with a slider beside it, which appears where scripts run (`decide.js`)."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        slider = (
            '<input type="range" class="record-split" min="0" max="1000" value="500"'
            ' aria-label="The seller\'s part" hidden>{}'
        )
        return format_html(slider, super().render(name, value, attrs, renderer))


class Verdict(forms.Form):
    decision = forms.ChoiceField(
        choices=[
            (Decision.SPLIT, "Split it, as below"),
            (Decision.FULL_RELEASE, "All to the seller"),
            (Decision.FULL_REFUND, "All to the buyer"),
        ]
    )
    release_amount = AmountAsked(
        label="To the seller", required=False, widget=SplitInput,
        help_text="In dollars, before fees; only of a split",
    )  # fmt: skip
    refund_amount = AmountAsked(
        label="To the buyer", required=False, help_text="Both must be the amount in dispute"
    )

    def clean(self) -> dict[str, Any]:
        """Both shares belong to a split; of one that is left empty nothing goes that way."""
        given = dict(self.cleaned_data)
        if given.get("decision") == Decision.SPLIT:
            shares = {name: given.get(name) or 0 for name in ("release_amount", "refund_amount")}
            if not (any(shares.values()) or self.errors):
                raise forms.ValidationError("Say who gets how much.")
            return given | shares
        return {"decision": given.get("decision"), "reason": given.get("reason")}


class DecideDispute(_OnDispute):
    name = "decide-dispute"
    title = "Decide"
    explains = "The money is divided as decided, on the contract. It cannot be taken back."
    questions = Verdict

    def stake(self, record: Dispute, answers: Mapping[str, Any]) -> int:
        return int(record.amount)

    def do(self, record: Dispute, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        disputes.resolve(record, note=reason, by=by, **answers)

    def expect(self, record: Dispute) -> Iterable[str]:
        return expectations.decision(record)


class WithdrawDispute(_OnDispute):
    name = "withdraw-dispute"
    title = "Withdraw"
    explains = "The matter is the parties' again; nothing is paid by this."

    def do(self, record: Dispute, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        disputes.withdraw(record, by=by)


class _ForThePlatform(Act):
    """An act that a party would ask for, done as the platform: for one who cannot or will not."""

    permission = acts.MOVE_MONEY

    def is_offered(self, record: Any) -> bool:
        if isinstance(record, Milestone):
            is_ours = record.status in {record.Status.OPEN, record.Status.DELIVERED}
            return is_ours and record.order.status == Order.Status.IN_PROGRESS
        return record.status == Order.Status.IN_PROGRESS and not record.has_milestones

    def stake(self, record: Any, answers: Mapping[str, Any]) -> int:
        return int(record.amount)


class _Release(_ForThePlatform):
    title = "Release to the seller"
    explains = "The seller is paid, asked for by the platform; also where a party is suspended."

    def expect(self, record: Any) -> Iterable[str]:
        return expectations.release(record)

    def do(self, record: Any, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        settlements.release(record, requested_by=Party.PLATFORM, reason=reason, by=by)


class _Refund(_ForThePlatform):
    title = "Refund to the buyer"
    explains = "The buyer is paid back, asked for by the platform; also where one is suspended."

    def expect(self, record: Any) -> Iterable[str]:
        return expectations.refund(record)

    def do(self, record: Any, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        settlements.refund(record, requested_by=Party.PLATFORM, reason=reason, by=by)


class ReleaseOrder(_Release):
    name = "release-order"
    about = Order


class RefundOrder(_Refund):
    name = "refund-order"
    about = Order


class ReleaseMilestone(_Release):
    name = "release-milestone"
    about = Milestone


class RefundMilestone(_Refund):
    name = "refund-milestone"
    about = Milestone


class LetWholeRefundGo(Act):
    """The platform makes a buyer whole although its own money is spent."""

    name = obstacles.LET_GO
    title = "Let the refund go"
    explains = (
        "The platform spends more than its own money to make the buyer whole."
        " Turned down, the refund is given back to whoever asked for it."
    )
    about = Finding
    permission = acts.MOVE_MONEY
    takes_two = True

    def is_offered(self, record: Finding) -> bool:
        return record.kind == obstacles.NOT_OURS_TO_GIVE and record.resolved_at is None

    def is_proposed(self, record: Finding) -> bool:
        return True

    def stake(self, record: Finding, answers: Mapping[str, Any]) -> int:
        return int(record.amount)

    def do(self, record: Finding, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        _settle(record, f"Let go by {cause}: {reason}")
        events.record(record.book_id, "finding.settled", record, by=by, reason=reason)
        stakes.of(record.subject).owner.look_again()

    def turned_down(self, record: Finding, *, by: Actor, reason: str) -> None:
        """A step that is on its way comes first: what it moves cannot be turned back."""
        if record.resolved_at is not None:
            return
        _settle(record, f"Turned down: {reason}")
        stake = stakes.at_rest(stakes.of(record.subject))
        if obstacles.may_give(stake):
            outcomes.turn_back(stake, code="REFUND_NOT_APPROVED", message=reason)


def _settle(record: Finding, story: str) -> None:
    """Raises `NotReady` if somebody was faster, or if it is a finding of another kind."""
    subject = {"kind": obstacles.NOT_OURS_TO_GIVE, "subject": record.subject}
    if not findings.resolve(book=record.book_id, story=story, **subject):
        raise NotReady("Somebody has settled this finding already.")
