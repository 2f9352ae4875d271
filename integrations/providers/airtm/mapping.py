"""Airtm's words and numbers, turned into ours and back: the only file that knows both.

Their amounts are dollars as JSON numbers with two decimals; ours are whole stroops.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from integrations.providers import exactjson, redaction
from integrations.providers.airtm import reasons
from integrations.providers.ports import (
    Balance,
    Deposit,
    Deposits,
    Page,
    Payin,
    PayinStatus,
    Payout,
    PayoutStatus,
    Recipient,
)
from ledger.money import DOLLAR

T = TypeVar("T")

CENT = DOLLAR // 100
LARGEST_MAGNITUDE = 10  # digits before the decimal point, less one
LONGEST_DESCRIPTION = 250

# -- Reason codes -------------------------------------------------------------------------------

ALREADY_COMMITTED = reasons.named("415027")
USER_NOT_FOUND = frozenset(map(reasons.named, ("415059", "415902")))
PAYOUT_NOT_FOUND = frozenset(map(reasons.named, ("415005", "415902")))
PAYIN_NOT_FOUND = frozenset(map(reasons.named, ("415031", "415902")))

UNCERTAIN_STATUSES = frozenset({401, 403, 408, 429})
RETURN = "refunded"  # the type of a deposit that a completed payout has become

# -- Statuses -------------------------------------------------------------------------------------

PAYIN_STATUSES = {
    "CREATED": PayinStatus.AWAITING_USER_CONFIRMATION,
    "PROCESSING": PayinStatus.PROCESSING,
    "CONFIRMED": PayinStatus.SUCCEEDED,
    "CANCELED": PayinStatus.CANCELED,
    "FAILED": PayinStatus.FAILED,
    "BRIDGE_FAILED": PayinStatus.FAILED,
    "BRIDGE_CANCELED": PayinStatus.FAILED,
}

# What is missing here (ERROR, failures of their bridge, words to come) is UNKNOWN: not final.
PAYOUT_STATUSES = {
    "CREATED": PayoutStatus.CREATED,
    "COMMITTED": PayoutStatus.PENDING,
    "PROCESSING": PayoutStatus.PENDING,
    "PENDING_SIGNATURE": PayoutStatus.PENDING,
    "SIGNED": PayoutStatus.PENDING,
    "CANCEL_REQUESTED": PayoutStatus.PENDING,
    "BRIDGE_CREATED": PayoutStatus.PENDING,
    "BRIDGE_COMPLETED": PayoutStatus.PENDING,
    "COSMOEM_COMPLETED": PayoutStatus.PENDING,
    # Airtm's PENDING means that the money waits for the recipient: to sign up, to be verified.
    "PENDING": PayoutStatus.PENDING_USER_ACTION,
    "PENDING_USER_ACTION": PayoutStatus.PENDING_USER_ACTION,
    "BRIDGE_USER_SIGNUP_PENDING": PayoutStatus.PENDING_USER_ACTION,
    "COMPLETED": PayoutStatus.COMPLETED,
    "CANCELED": PayoutStatus.CANCELED,
    "FAILED": PayoutStatus.FAILED,
}

# -- Numbers ------------------------------------------------------------------------------------


class Unreadable(ValueError):
    """An answer that does not say what its kind of answer must say."""


def dollars(amount: int) -> Decimal:
    """`amount` stroops as Airtm writes them. Raises `ValueError` unless in positive whole cents."""
    if amount <= 0 or amount % CENT:
        raise ValueError(f"{amount} stroops are not a positive number of whole cents")
    return Decimal(amount) / DOLLAR


def description(text: str) -> str:
    """A text for people, as long as Airtm takes it."""
    return text[:LONGEST_DESCRIPTION]


def stroops(number: Any) -> int:
    """What Airtm wrote, exactly, in stroops."""
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        raise Unreadable(f"{number!r} is not an amount")
    if Decimal(number).adjusted() > LARGEST_MAGNITUDE:
        raise Unreadable("an amount beyond all measure")
    amount = Decimal(number) * DOLLAR
    if amount != amount.to_integral_value():
        raise Unreadable(f"{number} has more decimals than we can keep")
    if amount < 0:
        raise Unreadable(f"{number} is less than nothing")
    return int(amount)


# -- Answers ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subject:
    """What a webhook is about: its type, our code of the object, and Airtm's own id of it."""

    type: str
    code: str
    reference: str

    @property
    def kind(self) -> str:
        """`payin` or `payout`, or whatever else they may speak about one day."""
        return self.type.partition(".")[0]


def payin(body: Any, *, url_template: str) -> Payin:
    """Raises `Unreadable`. The page to pay at is of our template: Airtm echoes our own links."""
    payin = _object(body)
    reference = _text(payin, "id", required=True)
    return Payin(
        reference=reference,
        code=_text(payin, "code", required=True),
        status=PAYIN_STATUSES.get(_text(payin, "status", required=True), PayinStatus.UNKNOWN),
        amount=stroops(payin.get("amount")),
        net_amount=stroops(payin.get("netAmount")),
        fee=stroops(payin.get("airtmFee")),
        payer_email=_text(payin, "airtmUserEmail"),
        payer_reference=_text(payin, "airtmUserId"),
        reason=_text(payin, "failureReason"),
        confirmation_url=url_template.replace("{id}", reference),
        created_at=_moment_if_any(payin, "createdAt"),
        changed_at=_moment_if_any(payin, "updatedAt"),
    )


def payout(body: Any) -> Payout:
    """Raises `Unreadable`."""
    payout = _object(body)
    amount, net_amount = stroops(payout.get("amount")), stroops(payout.get("netAmount"))
    return Payout(
        reference=_text(payout, "id", required=True),
        code=_text(payout, "code"),
        status=PAYOUT_STATUSES.get(_text(payout, "status", required=True), PayoutStatus.UNKNOWN),
        amount=amount,
        net_amount=net_amount,
        fee=stroops(payout["airtmFee"]) if "airtmFee" in payout else amount - net_amount,
        recipient_email=_text(payout, "airtmUserEmail"),
        reason_code=reasons.named(_text(payout, "reasonCode")),
        reason=_text(payout, "reasonDescription"),
        created_at=_moment_if_any(payout, "createdAt"),
        changed_at=_moment_if_any(payout, "updatedAt"),
    )


def recipient(body: Any) -> Recipient:
    """Raises `Unreadable`."""
    user = _object(body)
    return Recipient(
        reference=_text(user, "id", required=True),
        is_active=_text(user, "status", required=True).lower() == "active",
        is_verified=user.get("isVerified") is True,
        country=_text(user, "country"),
    )


def balance(body: Any) -> Balance:
    """Raises `Unreadable`."""
    balance = _object(body)
    return Balance(
        available=stroops(balance.get("available")), pending=stroops(balance.get("pending"))
    )


def deposits(body: Any) -> Deposits:
    """Raises `Unreadable`."""
    read = page(body, _deposit)
    return Deposits(items=read.items, next_page=read.next_page)


def page(body: Any, read: Callable[[Any], T]) -> Page[T]:
    """One page of any list. Raises `Unreadable`."""
    page = _object(body)
    items = page.get("items")
    if not isinstance(items, list):
        raise Unreadable("items is missing")
    older = _text(page, "endCursor") if items else ""
    return Page(items=tuple(map(read, items)), next_page=older)


def committed(body: Any) -> None:
    """A commit says nothing beside its status; what looks like an error is none of a success."""
    code, _ = refusal(body)
    if code:
        raise Unreadable(f"it says {code}")


def refusal(body: Any) -> tuple[str, str]:
    """The reason code and message of an error, in any shape seen; both empty if it is none."""
    if not isinstance(body, dict):
        return "", ""
    error = body["error"] if isinstance(body.get("error"), dict) else body
    return _text(error, "code"), _text(error, "message")


def subject(message: bytes) -> Subject:
    """What a webhook is about; whatever it does not say is empty."""
    try:
        body = _object(exactjson.read(message))
        inner = _object(body.get("data"))
    except ValueError:
        return Subject("", "", "")
    return Subject(_text(body, "type"), _text(inner, "code"), _text(inner, "id"))


def _deposit(body: Any) -> Deposit:
    deposit = _object(body)
    return Deposit(
        reference=_text(deposit, "id", required=True)[:120],
        is_return=_text(deposit, "type", required=True) == RETURN,
        payout_reference=_text(deposit, "refundedPayoutId")[:120],
        amount=stroops(deposit.get("amount")),
        created_at=_moment(_text(deposit, "createdAt", required=True)),
    )


def _moment_if_any(body: dict[str, Any], name: str) -> datetime | None:
    """No object of ours was ever refused for its dates, and none is now."""
    text = _text(body, name)
    try:
        return _moment(text) if text else None
    except Unreadable:
        return None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"{text!r} is no moment") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Unreadable("the answer is not an object")
    return body


def _text(body: dict[str, Any], name: str, *, required: bool = False) -> str:
    """A member as text of sane length; numbers count, since Airtm's samples show numeric codes."""
    value = body.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        value = ""
    if required and not value:
        raise Unreadable(f"{name} is missing")
    return redaction.storable(value)[:500]
