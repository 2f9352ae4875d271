"""What operators may decide about top-ups, Airtm links, orders and milestones."""

from typing import Any

from django import forms

from integrations.marketplaces.models import User
from integrations.providers.models import AirtmLink
from ledger.acts import Act
from ledger.events import Actor
from payments import deliveries, linking, orders, topups
from payments.models import Milestone, Order, TopUp


class LookAtTopUp(Act):
    name = "look-at-topup"
    title = "Look again"
    explains = "Airtm is asked at once how it stands, also after it has ended."
    about = TopUp

    def do(self, record: TopUp, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        topups.refresh(record)


class CancelTopUp(Act):
    name = "cancel-topup"
    title = "Cancel"
    explains = "Airtm is asked to close its page; a payment that was faster is credited."
    about = TopUp

    def is_offered(self, record: TopUp) -> bool:
        return record.Status.CANCELING in record.TRANSITIONS[record.status]

    def do(self, record: TopUp, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        topups.cancel(record, by=by)


class CheckLink(Act):
    name = "check-link"
    title = "Check again"
    explains = "Airtm is asked whether the account is still active, verified, and the same one."
    about = AirtmLink

    def is_offered(self, record: AirtmLink) -> bool:
        return record.status != record.Status.LINKING

    def do(self, record: AirtmLink, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        user = User.objects.of(record.book_id).get(pk=record.holder)
        linking.link(user, email=record.email, by=by)


class CancelOrder(Act):
    name = "cancel-order"
    title = "Cancel"
    explains = "Given up before it is funded; what was reserved is the buyer's to spend again."
    about = Order

    def is_offered(self, record: Order) -> bool:
        return record.status in orders.UNFUNDED

    def do(self, record: Order, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        orders.cancel(record, reason=reason, by=by)


class Evidence(forms.Form):
    evidence = forms.CharField(max_length=2000, help_text="Where the delivery can be seen")


class _Deliver(Act):
    title = "Note the delivery"
    explains = "For the seller: the buyer's time to object begins."
    questions = Evidence


class DeliverOrder(_Deliver):
    name = "deliver-order"
    about = Order

    def is_offered(self, record: Order) -> bool:
        is_open = record.status == record.Status.IN_PROGRESS and not record.delivered_at
        return is_open and not record.has_milestones

    def do(self, record: Order, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        deliveries.deliver(record, evidence=answers["evidence"], by=by)


class DeliverMilestone(_Deliver):
    name = "deliver-milestone"
    about = Milestone

    def is_offered(self, record: Milestone) -> bool:
        is_open = record.status == record.Status.OPEN and not record.delivered_at
        return is_open and record.order.status == Order.Status.IN_PROGRESS

    def do(self, record: Milestone, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        deliveries.deliver_milestone(record, evidence=answers["evidence"], by=by)
