"""Plays: for every act of operators a record on which it can be done, what is answered, and which
sum its dry run must show."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User as Operator
from django.db import transaction
from stellar_sdk import Keypair

from config.models import Phone
from escrow import obstacles
from escrow.models import Dispute, Escrow
from integrations.marketplaces import maintenance, users
from integrations.marketplaces.models import ApiKey, Marketplace, User
from integrations.providers.models import AirtmLink, Inbound, Wallet
from ledger import clock
from ledger.events import SYSTEM
from ledger.models import Approval, Arrival, Book, Finding
from payments.models import Deposit, Milestone, Order, TopUp
from tests.backoffice import found
from tests.house import House
from withdrawals.models import TreasuryMove, Withdrawal

NOTHING = "No money moves."


@dataclass(frozen=True)
class Play:
    """One act on one record of the house."""

    on: Callable[[House], Any]
    shows: str = NOTHING
    answers: dict[str, Any] = field(default_factory=dict)


def _book(_: House) -> Book:
    return Book.objects.get(name="Bazaar")


def _marketplace(_: House) -> Marketplace:
    return Marketplace.objects.get(name="Bazaar")


def _ada(house: House) -> User:
    return User.across_books.get(pk=house.sale.ada)


def _adas_wallet(house: House) -> Wallet:
    return Wallet.across_books.get(holder=house.sale.ada)


def _escrow(house: House) -> Escrow:
    return Escrow.across_books.get(order=house.gig)


def _running(house: House) -> Order:
    return Order.across_books.get(pk=house.running)


def _milestone(house: House) -> Milestone:
    return Milestone.across_books.get(order=house.gig, ref="draft")


def _dispute(house: House) -> Dispute:
    return Dispute.across_books.get(pk=house.dispute)


def _finding(house: House) -> Finding:
    return Finding.across_books.get(pk=house.finding)


def _clearance(house: House) -> Approval:
    return Approval.across_books.get(pk=house.clearance)


def _key(_: House) -> ApiKey:
    return ApiKey.objects.filter(marketplace__name="Bazaar").earliest("pk")


def _arrival(_: House) -> Arrival:
    return Arrival.across_books.get(status="UNCLAIMED")


def _move(_: House) -> TreasuryMove:
    return TreasuryMove.across_books.get(status="IN_TRANSIT")


def _frozen(find: Callable[[House], Any]) -> Callable[[House], Any]:
    def found(house: House) -> Any:
        record = find(house)
        record.frozen_at = clock.now()
        record.save(update_fields=["frozen_at"])
        return record

    return found


def _suspended(house: House) -> User:
    with transaction.atomic():
        return users.suspend(_ada(house), reason="odd", by=SYSTEM)


def _not_yet_asked_for(house: House) -> Withdrawal:
    Approval.across_books.filter(pk=house.clearance).update(status="EXPIRED")
    return Withdrawal.across_books.get(pk=house.held_back)


def _paused(house: House) -> Marketplace:
    maintenance.begin(message="soon", until=None, by=SYSTEM)
    return _marketplace(house)


def _enrolled(_: House) -> Operator:
    operator = Operator.objects.create_user("paula", is_staff=True)
    Phone.objects.create(user=operator, name="phone", confirmed=True)
    return operator


def _transaction(house: House) -> str:
    """That which brought the stray to the treasury."""
    return str(Deposit.across_books.get(status="UNATTRIBUTED").tx_hash)


SPLIT = {"decision": "SPLIT", "release_amount": "60.00", "refund_amount": "40.00"}
SETTINGS = {
    "platform_fee_bps": "250", "topup_fee_bearer": "USER", "refund_fee_bearer": "USER",
    "foreign_payer": "HOLD", "return_hosts": "a.example", "topup_most": "50",
}  # fmt: skip
SHOWN_AT = {"evidence": "https://example.com/logo"}
WRONG = {"kind": "available", "side": "credit", "amount": "12.50"}
AT_AIRTM = {"kind": "airtm_float", "side": "debit", "amount": "7.00"}
NOT_OURS = obstacles.NOT_OURS_TO_GIVE

# Act → how it is played; an answer that can be called is told by the house.
PLAYS: dict[str, Play] = {
    "take-finding": Play(_finding),
    "comment-on-finding": Play(_finding),
    "settle-finding": Play(_finding),
    "ignore-finding": Play(_finding),
    "wait-with-finding": Play(_finding, answers={"days": "3"}),
    "post-missing": Play(found.missing),
    "adjust-for-finding": Play(found.float_differs, "7.00", AT_AIRTM),
    "book-contract-surplus": Play(found.surplus, "7.00"),
    "bear-contract-loss": Play(found.loss, "100.00", {"paid_to": "BUYER"}),
    "book-foreign-end": Play(found.foreign_end, "94.70"),
    "agree": Play(_clearance, "50.00"),
    "turn-down": Play(_clearance, "50.00"),
    "freeze-user": Play(_ada),
    "unfreeze-user": Play(_frozen(_ada)),
    "freeze-wallet": Play(_adas_wallet),
    "unfreeze-wallet": Play(_frozen(_adas_wallet)),
    "freeze-escrow": Play(_escrow),
    "unfreeze-escrow": Play(_frozen(_escrow)),
    "assign-dispute": Play(_dispute, answers={"assignee": "olga"}),
    "comment-on-dispute": Play(_dispute, answers={"visibility": "INTERNAL"}),
    "decide-dispute": Play(_dispute, "56.82", SPLIT),
    "withdraw-dispute": Play(_dispute),
    "release-order": Play(_running, "94.70"),
    "refund-order": Play(_running, "100.00"),
    "release-milestone": Play(_milestone, "47.35"),
    "refund-milestone": Play(_milestone, "50.00"),
    "let-whole-refund-go": Play(lambda _: Finding.across_books.get(kind=NOT_OURS)),
    "look-at-topup": Play(lambda house: TopUp.across_books.get(pk=house.paid)),
    "cancel-topup": Play(lambda house: TopUp.across_books.get(pk=house.awaited)),
    "check-link": Play(lambda house: AirtmLink.across_books.get(holder=house.sale.ada)),
    "cancel-order": Play(lambda house: Order.across_books.get(pk=house.agreed)),
    "deliver-order": Play(_running, answers=SHOWN_AT),
    "deliver-milestone": Play(_milestone, answers=SHOWN_AT),
    "look-at-withdrawal": Play(lambda house: Withdrawal.across_books.get(pk=house.withdrawn)),
    "cancel-withdrawal": Play(lambda house: Withdrawal.across_books.get(pk=house.wished)),
    "take-payee": Play(found.payee),
    "let-payout-go": Play(_not_yet_asked_for, "50.00"),
    "suspend-user": Play(_ada),
    "reactivate-user": Play(_suspended),
    "create-key": Play(_marketplace, answers={"name": "erp", "scopes": ["read"]}),
    "rotate-key": Play(_key, answers={"hours": "1"}),
    "revoke-key": Play(_key),
    "configure-marketplace": Play(_marketplace, answers=SETTINGS),
    "pause-writes": Play(_marketplace, answers={"message": "soon"}),
    "resume-writes": Play(_paused),
    "try-message-again": Play(lambda _: Inbound.objects.get(given_up_at__isnull=False)),
    "adjust": Play(_book, "12.50", {**WRONG, "subject": lambda house: house.sale.ada}),
    "take-as-capital": Play(_arrival, "7.00"),
    "send-back": Play(_arrival, answers={"memo": "thanks", "memo_type": "TEXT"}),
    "move-to-airtm": Play(_book, answers={"amount": "5.00"}),
    "move-from-airtm": Play(_book, "5.00", {"amount": "5.00", "reference": "wd-10"}),
    "move-arrived": Play(_move, "7.00", {"reference": _transaction}),
    "move-came-back": Play(_move, "80.00"),
    "claim-arrival": Play(_arrival, "7.00", {"user": lambda house: house.sale.ada}),
    "book-clawback": Play(_adas_wallet, "2.00", {"amount": "2.00"}),
    "reset-second-factor": Play(_enrolled),
    "book-surplus": Play(_adas_wallet, "2.00", {"amount": "2.00"}),
}

# Where the platform pays USDC in at Airtm, which a move there needs.
DEPOSIT_ADDRESS = Keypair.random().public_key
