"""Airtm's reason codes: what each is called by us, and whether asking again may help."""

from dataclasses import dataclass
from enum import Enum, auto

from integrations.providers.answers import CODE_TAKEN, INSUFFICIENT_BALANCE


class Then(Enum):
    """What follows from a refusal."""

    FOR_GOOD = auto()  # refused for certain: asking again changes nothing
    TRY_LATER = auto()  # nothing is decided: nobody's money is sent back for it
    FUND = auto()  # our own balance there is too small: wait, and tell the treasury


@dataclass(frozen=True, slots=True)
class Reason:
    name: str
    then: Then = Then.FOR_GOOD


def _later(name: str) -> Reason:
    return Reason(name, Then.TRY_LATER)


# Airtm's own catalogue, group by group.
REASONS: dict[str, Reason] = {
    # Our own account and credentials: an operator's to mend, no user's fault.
    "415006": _later("AIRTM_NO_API_KEYS"),
    "415022": _later("AIRTM_ACCOUNT_PROBLEM"),
    "415024": _later("AIRTM_TOO_MANY_KEYS"),
    "415025": _later("AIRTM_KEY_NOT_FOUND"),
    "415028": _later("AIRTM_ENTERPRISE_REQUIRED"),
    "415045": _later("AIRTM_ACCOUNT_PROBLEM"),
    "415904": _later("AIRTM_UNAUTHORIZED"),
    "415905": _later("AIRTM_FORBIDDEN"),
    # What was sent.
    "415054": Reason("BAD_SORT"),
    "415901": Reason("BAD_REQUEST"),
    "415902": Reason("NOT_FOUND"),
    "415903": Reason("CANNOT_BE_PROCESSED"),
    "415906": Reason("INVALID_REQUEST"),
    # The person.
    "415008": _later("RECIPIENT_NOT_ACTIVE_YET"),
    "415009": Reason("RECIPIENT_INACTIVE"),
    "415010": Reason("RECIPIENT_BANNED"),
    "415034": Reason("PAYER_LACKS_BALANCE"),
    "415059": Reason("RECIPIENT_NOT_FOUND"),
    "415060": Reason("RECIPIENT_CANNOT_RECEIVE"),
    "415061": Reason("RECIPIENT_RESTRICTED_TERRITORY"),
    "415062": Reason("INVALID_PAYMENT_METHOD"),
    "415064": Reason("INVALID_PAYMENT_METHOD"),
    "415065": Reason("AML_REFUSED"),
    "415103": Reason("RECIPIENT_NAME_MISSING"),
    "415912": _later("RECIPIENT_MUST_OPEN_ACCOUNT"),
    # Payouts.
    "415005": Reason("PAYOUT_NOT_FOUND"),
    "415016": Reason(INSUFFICIENT_BALANCE, Then.FUND),
    "415027": Reason("PAYOUT_ALREADY_PROCESSED"),
    "415035": Reason("PAYOUT_TOO_SMALL"),
    "415055": Reason("PAYOUT_CANNOT_BE_CANCELED"),
    "415056": Reason(CODE_TAKEN),
    "415057": Reason("PAYOUT_ABOVE_MAXIMUM"),
    "415058": Reason("PAYOUT_BELOW_MINIMUM"),
    "415073": Reason("PAYOUT_UNDELIVERABLE"),
    # Payins.
    "415029": Reason(CODE_TAKEN),
    "415030": Reason("PAYIN_CANNOT_BE_CHANGED"),
    "415031": Reason("PAYIN_NOT_FOUND"),
    "415032": Reason("PAYIN_ALREADY_COMPLETED"),
    "415053": Reason("PAYER_IN_THE_UNITED_STATES"),
    # Bulk payouts.
    "415011": Reason("BULK_BAD_FILE"),
    "415012": Reason("BULK_DUPLICATES"),
    "415013": Reason("BULK_NOT_PENDING"),
    "415014": Reason(INSUFFICIENT_BALANCE, Then.FUND),
    "415015": _later("BULK_DAILY_LIMIT"),
    "415017": Reason("BULK_CANNOT_BE_REJECTED"),
    "415019": Reason("BULK_NOT_FINISHED"),
    "415041": Reason("BULK_NOT_FOUND"),
    # Withdrawals of our own balance, and what carries them.
    "415003": _later("AIRTM_EXTERNAL_SERVICE"),
    "415036": _later("AIRTM_NO_PROVIDER"),
    "415046": Reason("COUNTRY_UNSUPPORTED"),
    "415047": Reason(INSUFFICIENT_BALANCE, Then.FUND),
    "415048": Reason("INVALID_RAIL"),
    "415049": _later("AIRTM_BRIDGE_ACCOUNT_MISSING"),
    "415050": Reason("INVALID_CRYPTO_RAIL"),
    "415051": Reason("CRYPTO_WALLET_MISSING"),
    # Reports.
    "415039": Reason("REPORT_REFUSED"),
    "415042": Reason("REPORT_REFUSED"),
    "415043": Reason("REPORT_REFUSED"),
    "415044": Reason("REPORT_REFUSED"),
    # Their system.
    "415998": _later("AIRTM_SYSTEM"),
    "415999": _later("AIRTM_SYSTEM"),
}


def named(code: str) -> str:
    """Our word for a reason code; one that is new to us keeps its number."""
    reason = REASONS.get(code)
    return reason.name if reason else f"AIRTM_{code}" if code else ""


def decides(code: str) -> bool:
    """Whether a refusal with this code settles the matter; one that is new to us does."""
    reason = REASONS.get(code)
    return reason is None or reason.then is not Then.TRY_LATER
