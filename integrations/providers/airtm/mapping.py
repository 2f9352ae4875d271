"""Airtm's words and numbers, turned into ours and back: the only file that knows both.

Their amounts are dollars as JSON numbers with two decimals; ours are whole stroops.
"""

from decimal import Decimal
from typing import Any

from integrations.providers import exactjson, redaction
from integrations.providers.answers import INSUFFICIENT_BALANCE
from integrations.providers.ports import Payin, PayinStatus, Payout, PayoutStatus, Recipient
from ledger.money import DOLLAR

CENT = DOLLAR // 100
LARGEST_MAGNITUDE = 10  # digits before the decimal point, less one
LONGEST_DESCRIPTION = 250

# -- Reason codes -------------------------------------------------------------------------------

PAYOUT_CODE_TAKEN = "415056"
PAYIN_CODE_TAKEN = "415029"
ALREADY_COMMITTED = "415027"
USER_NOT_FOUND = frozenset({"415059", "415902"})
PAYOUT_NOT_FOUND = frozenset({"415005", "415902"})
PAYIN_NOT_FOUND = frozenset({"415031", "415902"})

OURS = {"415016": INSUFFICIENT_BALANCE}  # the refusals that our rooms act upon

# Trouble on their side, or with our credentials: nobody's money should be sent back for it.
TRY_LATER = frozenset({"415003", "415008", "415904", "415905", "415998", "415999"})
UNCERTAIN_STATUSES = frozenset({401, 403, 408, 429})

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
    return int(amount)


# -- Answers ------------------------------------------------------------------------------------


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
        reason=_text(payin, "failureReason"),
        confirmation_url=url_template.replace("{id}", reference),
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
        reason_code=_text(payout, "reasonCode"),
        reason=_text(payout, "reasonDescription"),
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


def refusal(body: Any) -> tuple[str, str]:
    """The reason code and message of an error, in any shape seen; both empty if it is none."""
    if not isinstance(body, dict):
        return "", ""
    error = body["error"] if isinstance(body.get("error"), dict) else body
    return _text(error, "code"), _text(error, "message")


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


def subject(message: bytes) -> tuple[str, str]:
    """What a webhook is about: `payin` or `payout`, and our code; empty where it does not say."""
    try:
        body = _object(exactjson.read(message))
        inner = _object(body.get("data"))
    except ValueError:
        return "", ""
    return _text(body, "type").partition(".")[0], _text(inner, "code")
