"""What operators may decide about wallets, and about messages that were given up."""

from collections.abc import Mapping
from typing import Any

from integrations.providers import inbox
from integrations.providers.models import Inbound, Wallet
from integrations.providers.stellar import replaying
from ledger import events
from ledger.acts import Act
from ledger.events import Actor
from ledger.models import Finding
from ledger.unfreezing import Freeze, Unfreeze


class FreezeWallet(Freeze):
    name = "freeze-wallet"
    about = Wallet


class UnfreezeWallet(Unfreeze):
    name = "unfreeze-wallet"
    about = Wallet


class TakeInMovement(Act):
    name = "take-in-movement"
    title = "Take it in"
    explains = (
        "The ledger is read again, and what our watch has missed is booked as it would have been:"
        " a deposit is credited, other arrivals wait for their owner."
    )
    about = Finding

    def is_offered(self, record: Finding) -> bool:
        return record.kind == replaying.UNBOOKED and record.resolved_at is None

    def needs_second(self, record: Finding, answers: Mapping[str, Any]) -> bool:
        return False  # the chain decides what it is and whose

    def do(self, record: Finding, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        events.record(record.book_id, "finding.taken_in", record, by=by, reason=reason)
        events.wake("providers.take_in_movement", subject=record.pk)


class TryMessageAgain(Act):
    name = "try-message-again"
    title = "Try it again"
    explains = "The message is absorbed anew, with as many attempts as a fresh one."
    about = Inbound

    def is_offered(self, record: Inbound) -> bool:
        return record.given_up_at is not None

    def needs_second(self, record: Inbound, answers: Mapping[str, Any]) -> bool:
        return False  # it is looked up at the provider, and the look-up decides

    def do(self, record: Inbound, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        inbox.try_again(record, story=f"{by.name} has it tried again: {reason}")
