"""The chain: accounts, transactions, and the feed of what moves."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from integrations.providers.answers import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainAccount:
    address: str
    sequence: int
    xlm: int
    usdc: int
    trusts_usdc: bool
    usdc_changed_in: int  # the ledger in which that trustline changed last; 0 if not told
    usdc_room: int  # how much more of it the trustline takes
    is_authorised: bool  # by the issuer of USDC, to hold it
    requires_memo: bool  # SEP-29: it belongs to many, and a memo says to whom the money goes
    subentries: int = 0  # what it owns on the ledger beside itself: trustlines, data, signers
    sponsoring: int = 0  # reserves that it locks up for others
    sponsored: int = 0  # reserves of its own that somebody else locks up


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """USDC (code *and* issuer ours) that one operation moved, in stroops."""

    operation_id: str
    index: int
    source: str
    target: str
    amount: int


class MovementKind(StrEnum):
    PAYMENT = "PAYMENT"
    PATH_PAYMENT = "PATH_PAYMENT"
    TRANSFER = "TRANSFER"  # by a contract
    MINT = "MINT"  # the issuer gives
    BURN = "BURN"  # it goes back to the issuer, by its holder's will
    CLAWBACK = "CLAWBACK"  # the issuer takes
    CREATION = "CREATION"  # the first XLM of a new account
    MERGE = "MERGE"  # all XLM of an account that ends; the feed does not say how much


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One movement of any asset in the chain's feed, with the transaction that made it.

    An asset is `USDC` where code *and* issuer are ours, otherwise `CODE:ISSUER`, or `XLM`. What
    was sent is another amount than what arrived only where a path payment exchanged it.
    """

    operation_id: int
    index: int  # one contract call may move several times
    kind: MovementKind
    source: str
    sent: int
    sent_asset: str
    target: str
    amount: int
    asset: str
    memo: str
    muxed_id: str
    tx_hash: str  # the outer one of a fee bump
    inner_hash: str  # what was signed for; the same where there is no fee bump
    ledger: int
    closed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """A piece of the feed, in the chain's order, and where to go on."""

    movements: tuple[Observed, ...]
    cursor: int
    is_full: bool  # whether there may be more already


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """That a ledger has included a transaction, and to what end."""

    hash: str  # of the inner transaction, where it was fee-bumped
    outer_hash: str = ""  # of the fee bump that was applied; empty where there is none
    fee_charged: int = 0  # stroops of XLM
    ledger: int
    closed_at: datetime
    successful: bool
    result_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    sequence: int
    closed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What can be read of the chain: from the ledger `oldest` to the `newest` one."""

    oldest: int
    newest: Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeStats:
    """What others offer for an operation in the last ledgers, in stroops of XLM."""

    most_offered_p95: int


class Fault(StrEnum):
    """Why a transaction was refused or had no effect, in our words."""

    SEQUENCE_SPENT = "SEQUENCE_SPENT"  # an old copy was applied, or the number is not the next one
    TOO_LATE = "TOO_LATE"
    FEE_TOO_LOW = "FEE_TOO_LOW"
    PAYER_LACKS_XLM = "PAYER_LACKS_XLM"  # whoever pays the fee
    NEVER_VALID = "NEVER_VALID"  # badly signed or malformed: our own mistake
    SENDER_SHORT = "SENDER_SHORT"
    SENDER_BARRED = "SENDER_BARRED"  # has no trustline, or may not use it
    RECIPIENT_MISSING = "RECIPIENT_MISSING"
    RECIPIENT_TRUSTS_NOT = "RECIPIENT_TRUSTS_NOT"
    RECIPIENT_FULL = "RECIPIENT_FULL"
    RECIPIENT_BARRED = "RECIPIENT_BARRED"
    SPONSOR_SHORT = "SPONSOR_SHORT"  # the reserve for a new entry is not there
    EXISTS_ALREADY = "EXISTS_ALREADY"
    CONTRACT_REFUSED = "CONTRACT_REFUSED"
    CONTRACT_ARCHIVED = "CONTRACT_ARCHIVED"
    RESOURCES_EXCEEDED = "RESOURCES_EXCEEDED"
    OTHER = "OTHER"  # a word that this version does not know


class Chain(Protocol):
    def account(self, address: str) -> Answer[ChainAccount]:
        """`Declined(NOT_FOUND)` for an address that is not on the chain."""

    def submit(self, envelope_xdr: str) -> Answer[str]:
        """Hand in a signed envelope; its hash when included. Safe to repeat with the same bytes."""

    def find(self, tx_hash: str) -> Answer[Inclusion]:
        """A closed transaction by its inner or outer hash; `Declined(NOT_FOUND)` if not seen."""

    def moved_by(self, tx_hash: str) -> Answer[tuple[Movement, ...]]:
        """The USDC that an included transaction moved; `Declined(NOT_FOUND)` if not seen."""

    def latest_ledger(self) -> Answer[Ledger]:
        """The newest ledger that can be read, on our network and no other."""

    def fee_stats(self) -> Answer[FeeStats]:
        """What it takes at present to be included."""

    def movements_after(self, cursor: int) -> Answer[FeedPage]:
        """What moved on the whole network since; `Declined(BEFORE_HISTORY)` if that is forgotten.

        A page with anything in it that cannot be read is `Unclear` as a whole.
        """

    def newest_cursor(self) -> Answer[int]:
        """Behind everything that has happened so far."""

    def history(self) -> Answer[History]:
        """How far back and how far up it can be read."""

    def oldest_ledger(self) -> Answer[int]:
        """The first ledger that can still be read."""
