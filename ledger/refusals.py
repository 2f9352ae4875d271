"""Four families of refusals with stable codes; the database's own are told in the same words."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import Error


class Refused(Exception):
    """What was asked cannot be done. The docstring is the message unless one is given."""

    code = "REFUSED"

    def __init__(self, message: str = "", **details: Any) -> None:
        self.message = message or (type(self).__doc__ or "").strip().split("\n")[0]
        self.details = details
        super().__init__(self.message)


class Refusal(Refused):
    """The request is well formed, and the rules of the business forbid it."""


class Conflict(Refused):
    """It cannot be done as things stand."""

    code = "INVALID_STATE"


class NotFound(Refused):
    """There is no such thing here."""

    code = "NOT_FOUND"


class Invalid(Refused):
    """The request itself is malformed."""

    code = "VALIDATION_ERROR"


class NotReady(Conflict):
    """This step does not follow from where it stands."""

    def __init__(self, message: str = "", **details: Any) -> None:
        super().__init__(message or _where(**details), **details)


def _where(*, current_status: str = "", allowed_from: Iterable[str] = (), **_: Any) -> str:
    """Where it stands, and from where the step would follow; nothing if that is not known."""
    places = ", ".join(map(str, allowed_from))
    return f"It is {current_status}; this is possible from {places}." if places else ""


class InsufficientFunds(Refusal):
    """The balance is too small."""

    code = "INSUFFICIENT_FUNDS"


class UnknownAccount(Refusal):
    """The book has no such account."""

    code = "UNKNOWN_ACCOUNT"


class ForeignAccount(Refusal):
    """The account belongs to another book."""

    code = "FOREIGN_ACCOUNT"


class MixedAssets(Refusal):
    """A transfer moves one asset."""

    code = "MIXED_ASSETS"


class UnbalancedTransfer(Refusal):
    """The debits of a transfer must equal its credits."""

    code = "UNBALANCED_TRANSFER"


class EmptyTransfer(Refusal):
    """A transfer must move something."""

    code = "EMPTY_TRANSFER"


class CauseAlreadyPosted(Conflict):
    """This cause was posted before, with other entries."""

    code = "CAUSE_ALREADY_POSTED"


class UnknownTransfer(NotFound):
    """The book has no such transfer."""

    code = "UNKNOWN_TRANSFER"


class ForeignTransfer(Refusal):
    """The transfer belongs to another book."""

    code = "FOREIGN_TRANSFER"


class AlreadyReversed(Conflict):
    """A transfer is reversed once."""

    code = "ALREADY_REVERSED"


class ReversalOfReversal(Refusal):
    """A reversal is final; post the transfer anew instead."""

    code = "REVERSAL_OF_REVERSAL"


class NotTheMirror(Refusal):
    """A reversal has the entries of the reversed transfer with debits and credits swapped."""

    code = "NOT_THE_MIRROR"


class NotBalanced(Conflict):
    """Balances follow from entries, entry by entry; nothing but a posting changes them."""

    code = "BALANCE_NOT_FROM_ENTRIES"


class AmountOutOfRange(Refusal):
    """The amount is larger than an account can hold."""

    code = "AMOUNT_OUT_OF_RANGE"


class AlreadyHeld(Conflict):
    """There is an open hold for this purpose."""

    code = "ALREADY_HELD"


class AlreadyAllocated(Conflict):
    """There is an open allocation for this operation."""

    code = "ALREADY_ALLOCATED"


class AppendOnly(Conflict):
    """What is recorded is not changed; correct it with a new transfer."""

    code = "APPEND_ONLY"


# The names of the database's refusals (constraints, and the exceptions of ledger/sql).
BY_NAME: dict[str, type[Refused]] = {
    "balance_stays_above_its_floor": InsufficientFunds,
    "account_is_open": UnknownAccount,
    "account_is_of_this_book": ForeignAccount,
    "transfer_has_one_asset": MixedAssets,
    "transfer_balances": UnbalancedTransfer,
    "transfer_moves_something": EmptyTransfer,
    "amount_fits_an_account": AmountOutOfRange,
    "one_transfer_per_cause": CauseAlreadyPosted,
    "transfer_is_known": UnknownTransfer,
    "transfer_is_of_this_book": ForeignTransfer,
    "one_reversal_per_transfer": AlreadyReversed,
    "reversal_is_not_reversed": ReversalOfReversal,
    "reversal_is_the_mirror": NotTheMirror,
    "record_is_append_only": AppendOnly,
    "one_open_hold_per_purpose": AlreadyHeld,
    "held_amount_is_positive": EmptyTransfer,
    "one_open_allocation_per_operation": AlreadyAllocated,
    "allocated_amount_is_positive": EmptyTransfer,
    "entry_follows_the_one_before": NotBalanced,
    "balance_is_that_of_the_last_entry": NotBalanced,
}
_OUT_OF_RANGE = "22003"


@contextmanager
def coded() -> Iterator[None]:
    """Tell the database's refusals in our words; its faults stay what they are."""
    try:
        yield
    except Error as error:
        if refused := from_database(error):
            raise refused from error
        raise


def from_database(error: Error) -> Refused | None:
    """The refusal that a database error stands for; None if it is a fault and not a refusal."""
    diagnostic = getattr(error.__cause__, "diag", None)
    if diagnostic is None:
        return None
    if diagnostic.sqlstate == _OUT_OF_RANGE:
        return AmountOutOfRange()
    family = BY_NAME.get(diagnostic.constraint_name or "")
    return family(**_details(diagnostic.message_detail)) if family else None


def _details(text: str | None) -> dict[str, Any]:
    if not text or not text.startswith("{"):
        return {}
    details: dict[str, Any] = json.loads(text)
    return details
