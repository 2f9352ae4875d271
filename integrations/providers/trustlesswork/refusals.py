"""What Trustless Work's sentences mean: a fragment of each, and our word for it."""

from typing import Any

ESCROW_UNKNOWN = "ESCROW_UNKNOWN"
ALREADY_IN_DISPUTE = "ALREADY_IN_DISPUTE"  # a dispute's own answer; seen as a lie to other acts

# A fragment of what they say → our word. The first that fits counts; numbers and HTTP statuses
# differ between their revisions, and so does the rest of the sentence.
REFUSALS = (
    ("escrow not found", ESCROW_UNKNOWN),
    ("amount cannot be", "AMOUNT_NOT_POSITIVE"),
    ("already initialized", "ALREADY_DEPLOYED"),
    ("platform fee cannot exceed", "PLATFORM_FEE_TOO_HIGH"),
    ("without milestone", "NO_MILESTONES"),
    ("cannot define more than", "TOO_MANY_MILESTONES"),
    ("flags (approved", "FLAGS_NOT_FALSE"),
    ("properties do not match", "TERMS_DIFFER"),
    ("insufficient funds to fund", "INSUFFICIENT_FUNDS"),
    ("only the service provider", "WRONG_SIGNER"),
    ("only the approver", "WRONG_SIGNER"),
    ("only the release signer", "WRONG_SIGNER"),
    ("only the dispute resolver", "WRONG_SIGNER"),
    ("not authorized to change the dispute", "WRONG_SIGNER"),
    ("resolver cannot dispute", "WRONG_SIGNER"),
    ("invalid milestone index", "NO_SUCH_MILESTONE"),
    ("already been approved", "ALREADY_APPROVED"),
    ("status cannot be empty", "STATUS_EMPTY"),
    ("funds have been released", "ALREADY_RELEASED"),
    ("milestone is already released", "ALREADY_RELEASED"),
    ("already resolved", "ALREADY_RESOLVED"),
    ("must be completed to release", "NOT_APPROVED"),
    ("opened for dispute", "IN_DISPUTE"),
    ("already in dispute", ALREADY_IN_DISPUTE),
    ("not in dispute", "NOT_IN_DISPUTE"),
    ("balance must be equal to the amount", "BALANCE_TOO_LOW"),
    ("insufficient funds for resolution", "BALANCE_TOO_LOW"),
    ("must equal the current escrow balance", "SHARES_DIFFER_FROM_BALANCE"),
    ("exceed the milestone amount", "SHARES_EXCEED_MILESTONE"),
    ("amounts to be transferred", "SHARE_NOT_POSITIVE"),
    ("to be distributed cannot be", "NOTHING_TO_SHARE"),
    ("too many distributions", "TOO_MANY_SHARES"),
    ("before withdrawing", "NOT_ALL_SETTLED"),
    ("no trustline", "NO_TRUSTLINE"),
)


def message(body: Any) -> str:
    """What an error says, as one line; `message` may be a list."""
    said = body.get("message") or body.get("detail") or "" if isinstance(body, dict) else ""
    return "; ".join(map(str, said)) if isinstance(said, list) else str(said)


def refusal(text: str) -> str:
    """Our word for what they said; empty if we do not know the sentence."""
    said = text.casefold()
    return next((word for fragment, word in REFUSALS if fragment in said), "")
