"""What we ask of the systems we call: five ports, and the frozen answers that adapters give.

Every amount is in whole stroops (10**-7 USD). Adapters never see a model and never raise for
what a provider says or fails to say: they answer `Done`, `Declined` or `Unclear`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from integrations.providers.answers import Answer

if TYPE_CHECKING:
    from integrations.providers.intents import EscrowIntent


# -- Money in ---------------------------------------------------------------------------------


class PayinStatus(StrEnum):
    AWAITING_USER_CONFIRMATION = "AWAITING_USER_CONFIRMATION"
    PROCESSING = "PROCESSING"
    SUCCEEDED = "SUCCEEDED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"  # a word that this version does not know: not final, ask again later


@dataclass(frozen=True, slots=True, kw_only=True)
class Payin:
    """A payment request as the provider has it."""

    reference: str  # the provider's id
    code: str  # ours: the top-up's id
    status: PayinStatus
    amount: int  # what the payer pays
    net_amount: int  # what reaches our balance
    fee: int
    payer_email: str
    payer_reference: str = ""  # the provider's id of the payer
    reason: str
    confirmation_url: str  # where the payer goes; from our template, never an echoed address


class Payins(Protocol):
    def create(
        self, *, code: str, amount: int, description: str, return_url: str, cancel_url: str
    ) -> Answer[Payin]:
        """Ask for a payment. A code that is already taken answers the stored payin."""

    def look_up(self, *, code: str) -> Answer[Payin]:
        """The payin with our code; `Declined(NOT_FOUND)` if there is none."""

    def cancel(self, *, reference: str) -> Answer[Payin]:
        """Close the payment page; declined if the payer was faster."""


# -- Money out --------------------------------------------------------------------------------


class PayoutStatus(StrEnum):
    CREATED = "CREATED"  # an instruction; no money has moved
    PENDING = "PENDING"
    PENDING_USER_ACTION = "PENDING_USER_ACTION"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """A payment to a person as the provider has it."""

    reference: str
    code: str  # ours: the withdrawal's id
    status: PayoutStatus
    amount: int  # what our balance there pays
    net_amount: int  # what the recipient gets
    fee: int
    recipient_email: str
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A person's account at the provider."""

    reference: str
    is_active: bool
    is_verified: bool
    country: str  # ISO 3166 alpha-3, or empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Money that came into our balance there beside the payins."""

    reference: str
    is_return: bool  # of a payout that had been completed
    payout_reference: str  # the provider's id of that payout; empty if it names none
    amount: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposits:
    """One page of deposits, the newest first."""

    items: tuple[Deposit, ...]
    next_page: str  # where the older ones begin; empty on the last page


class Payouts(Protocol):
    def recipient(self, *, email: str) -> Answer[Recipient]:
        """Who has this address there; `Declined(NOT_FOUND)` if nobody."""

    def create(self, *, code: str, email: str, amount: int, notes: str) -> Answer[Payout]:
        """Write the instruction; no money moves. A taken code answers the stored payout."""

    def commit(self, *, reference: str) -> Answer[None]:
        """Have it executed; a second commit is done as well."""

    def look_up(self, *, code: str) -> Answer[Payout]:
        """The payout with our code; `Declined(NOT_FOUND)` if there is none."""

    def cancel(self, *, reference: str) -> Answer[Payout]:
        """Take it back while the recipient has not acted."""

    def deposits(self, *, page: str = "") -> Answer[Deposits]:
        """What came into our balance, among it payouts that came back."""


# -- Escrow contracts -------------------------------------------------------------------------


class ContractKind(StrEnum):
    SINGLE_RELEASE = "SINGLE_RELEASE"  # one amount for one receiver, settled at once
    MULTI_RELEASE = "MULTI_RELEASE"  # each milestone has its amount and is settled by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The six addresses of a contract; a multi-release one pays the receiver of each milestone."""

    approver: str
    service_provider: str
    platform_address: str
    release_signer: str
    dispute_resolver: str
    receiver: str  # empty in what is read of a multi-release contract


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractMilestone:
    """One piece of the work; amount and flags are the milestone's own in a multi-release contract,
    and in a single-release one those of the contract.
    """

    status: str
    evidence: str
    approved: bool
    amount: int
    receiver: str
    disputed: bool
    released: bool
    resolved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """An escrow contract as it stands on the chain."""

    contract_id: str
    kind: ContractKind
    engagement_id: str
    amount: int  # of a multi-release contract: the sum of its milestones
    balance: int
    platform_fee_bps: int
    roles: Roles
    milestones: tuple[ContractMilestone, ...]


class Escrows(Protocol):
    def build(self, intent: "EscrowIntent") -> Answer[str]:
        """The unsigned transaction (base64 XDR) for one act. Changes nothing; never trusted."""

    def read(self, *, contract_id: str) -> Answer[Contract]:
        """The contract, validated against the chain; `Declined(NOT_FOUND)` if it is unknown."""

    def announce(self, *, tx_hash: str) -> Answer[None]:
        """Ask the provider's read model to catch up with a transaction that we submitted."""

    def submit(self, envelope_xdr: str) -> Answer[None]:
        """Have the provider hand in a signed envelope. Only the chain says what became of it."""


# -- The chain --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainAccount:
    address: str
    sequence: int
    xlm: int
    usdc: int
    trusts_usdc: bool
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
class ChainTransaction:
    hash: str  # of the inner transaction, where it was fee-bumped
    outer_hash: str = ""  # of the fee bump that was applied; empty where there is none
    fee_charged: int = 0  # stroops of XLM
    ledger: int
    closed_at: datetime
    successful: bool
    result_code: str
    movements: tuple[Movement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    sequence: int
    closed_at: datetime


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


# The recipient has to change something before the same payment can work.
RECIPIENT_FAULTS = frozenset(
    {
        Fault.RECIPIENT_MISSING,
        Fault.RECIPIENT_TRUSTS_NOT,
        Fault.RECIPIENT_FULL,
        Fault.RECIPIENT_BARRED,
    }
)


class Chain(Protocol):
    def account(self, address: str) -> Answer[ChainAccount]:
        """`Declined(NOT_FOUND)` for an address that is not on the chain."""

    def submit(self, envelope_xdr: str) -> Answer[str]:
        """Hand in a signed envelope; its hash when included. Safe to repeat with the same bytes."""

    def find(self, tx_hash: str) -> Answer[ChainTransaction]:
        """A closed transaction by its inner or outer hash; `Declined(NOT_FOUND)` if not seen."""

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

    def oldest_ledger(self) -> Answer[int]:
        """The first ledger that can still be read."""


# -- Names of addresses -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a federation server says of a name: untrusted until it has been read like any input."""

    address: str
    memo: str
    memo_type: str


class Federation(Protocol):
    def resolve(self, name: str) -> Answer[Named]:
        """Who `name*domain` is (SEP-2); declined where there is nobody, or no such server."""
