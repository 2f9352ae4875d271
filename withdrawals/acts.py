"""What operators may decide about withdrawals."""

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.providers.ports import PayoutStatus
from ledger import acts
from ledger.acts import Act
from ledger.events import Actor
from ledger.models import Finding
from ledger.refusals import NotReady
from ledger.settling import Settle
from withdrawals import clearance, expectations, payouts
from withdrawals.airtm_outcomes import ANOTHER
from withdrawals.models import Withdrawal


class LookAtWithdrawal(Act):
    name = "look-at-withdrawal"
    title = "Look again"
    explains = "The provider or the chain is asked at once how it stands."
    about = Withdrawal

    def is_offered(self, record: Withdrawal) -> bool:
        return record.status != record.Status.CREATED or record.rail == record.Rail.AIRTM

    def do(self, record: Withdrawal, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        payouts.refresh(record)


class CancelWithdrawal(Act):
    name = "cancel-withdrawal"
    title = "Cancel"
    explains = "Taken back where that is still possible; what was set aside is the user's again."
    about = Withdrawal

    def is_offered(self, record: Withdrawal) -> bool:
        unasked = record.status == record.Status.COMMITTED and not record.asked_at
        return unasked or record.status in {
            record.Status.CREATED,
            record.Status.PENDING_USER_ACTION,
        }

    def do(self, record: Withdrawal, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        payouts.cancel(record, by=by)


class TakePayee(Settle):
    name = "take-payee"
    title = "It is the right payee"
    explains = (
        "Airtm knows the recipient by another address than we do: the withdrawal takes that one,"
        " and its payment is booked as Airtm shows it."
    )
    kinds = frozenset({ANOTHER})

    def is_offered(self, record: Finding) -> bool:
        """Not of an instruction that was not committed: that one is canceled at Airtm."""
        uncommitted = PayoutStatus.CREATED
        return super().is_offered(record) and (
            record.observed.get("status", uncommitted) != uncommitted
        )

    def book(self, record: Finding, *, by: Actor, **_: Any) -> None:
        withdrawal = Withdrawal.objects.of(record.book_id).get(pk=record.subject)
        payouts.take_payee(withdrawal, email=record.observed["to"], by=by)


class LetPayoutGo(Act):
    """Asked for by the system, which is why no page has a button for it: `Agree` does it."""

    name = clearance.ACT
    title = "Let the payout go"
    explains = "A withdrawal above the marketplace's limit is paid. Turned down, its money is back."
    about = Withdrawal
    permission = acts.MOVE_MONEY
    takes_two = True

    def is_offered(self, record: Withdrawal) -> bool:
        return False

    def stake(self, record: Withdrawal, answers: Mapping[str, Any]) -> int:
        return int(record.amount)

    def do(self, record: Withdrawal, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        record = record.locked()
        if record.status != record.Status.COMMITTED:
            raise NotReady(
                current_status=record.status, allowed_from=[record.Status.COMMITTED.value]
            )
        payouts.refresh(record)

    def expect(self, record: Withdrawal) -> Iterable[str]:
        return expectations.payout(record)

    def turned_down(self, record: Withdrawal, *, by: Actor, reason: str) -> None:
        payouts.turn_down(record, reason=reason, by=by)
