"""Query parameters that this route does not have, or does not have like that."""

import re
from collections.abc import Collection, Iterable

from ledger.refusals import Invalid

# What stands under these names is an id of one kind.
PREFIXES = {
    "user_id": "usr", "buyer_id": "usr", "seller_id": "usr", "order_id": "ord",
    "topup_id": "topup", "withdrawal_id": "wd", "marketplace_id": "mkt", "key_id": "key",
    "transfer_id": "trf",
}  # fmt: skip
_MOST_NAMED = 5


class InvalidParameter(Invalid):
    """A query parameter is wrong."""


def wrong(why: str, names: Iterable[str], *, instead: Iterable[str] = ()) -> InvalidParameter:
    """The refusal of parameters by name; however many there are, the message names a few."""
    named, known = sorted(names), ", ".join(sorted(instead))
    told = ", ".join(named[:_MOST_NAMED]) + (", …" if len(named) > _MOST_NAMED else "")
    hint = f" There are: {known}." if known else ""
    return InvalidParameter(f"{why}: {told}.{hint}", parameters=named)


def require_one_of(name: str, value: str, allowed: Collection[str]) -> None:
    """Raises `InvalidParameter` for a value that this parameter does not take."""
    if value not in allowed:
        words = sorted(allowed)
        raise InvalidParameter(
            f"{name} must be one of {', '.join(words)}.", parameter=name, allowed=words
        )


def require_id(name: str, value: str) -> None:
    """Raises `InvalidParameter` where an id of another kind, or none, stands under this name.

    It would find nothing, and that nothing would be believed.
    """
    prefix = PREFIXES.get(name)
    if prefix and not re.fullmatch(shape_of(prefix), value):
        raise InvalidParameter(f"{name} must be an id like {prefix}_….", parameter=name)


def shape_of(prefix: str) -> str:
    """What ids with this prefix look like."""
    return f"{prefix}_[0-9A-Z]{{26}}"
