"""What operators may decide about wallets, and about messages that were given up."""

from typing import Any

from integrations.providers import inbox
from integrations.providers.models import Inbound, Wallet
from ledger.acts import Act
from ledger.events import Actor
from ledger.unfreezing import Freeze, Unfreeze


class FreezeWallet(Freeze):
    name = "freeze-wallet"
    about = Wallet


class UnfreezeWallet(Unfreeze):
    name = "unfreeze-wallet"
    about = Wallet


class TryMessageAgain(Act):
    name = "try-message-again"
    title = "Try it again"
    explains = "The message is absorbed anew, with as many attempts as a fresh one."
    about = Inbound

    def is_offered(self, record: Inbound) -> bool:
        return record.given_up_at is not None

    def do(self, record: Inbound, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        inbox.try_again(record, story=f"{by.name} has it tried again: {reason}")
