"""Limits: the least and the most that one user may move, at once and within a day."""

from datetime import datetime, timedelta
from typing import Literal

from django.db.models import QuerySet, Sum

from integrations.marketplaces.models import Marketplace
from ledger import clock
from ledger.atomicity import require_transaction
from ledger.refusals import Refusal

A_DAY = timedelta(hours=24)  # rolling: until 24 hours after the first of them

What = Literal["topup", "withdrawal"]


class LimitExceeded(Refusal):
    """The marketplace's limit does not allow this amount."""

    code = "LIMIT_EXCEEDED"


def require(what: What, *, book: int, amount: int, counted: "QuerySet[object]", at: str) -> None:
    """Refuse an amount beyond a limit; `LimitExceeded` says which one, in its details.

    `counted` are the user's other rows whose `amount` counts towards the day, `at` the column that
    says since when. The caller holds the user's row lock, so that two requests at once cannot both
    be the last that fits. Amounts in stroops.
    """
    require_transaction()
    limits = of(Marketplace.objects.get(book_id=book))[what]
    if limits["least"] and amount < limits["least"]:
        raise LimitExceeded(limit=f"{what}_least", bound=limits["least"], requested=amount)
    if limits["most"] and amount > limits["most"]:
        raise LimitExceeded(limit=f"{what}_most", bound=limits["most"], requested=amount)
    if limits["most_per_day"]:
        _require_room(what, limits["most_per_day"], amount, _since(counted, at))


def of(marketplace: Marketplace) -> dict[What, dict[str, int | None]]:
    """The limits in force, in stroops; None where there is none."""
    kinds: tuple[What, ...] = ("topup", "withdrawal")
    return {
        what: {
            name: getattr(marketplace, f"{what}_{name}")
            for name in ("least", "most", "most_per_day")
        }
        for what in kinds
    }


def _require_room(what: What, most: int, amount: int, used: int) -> None:
    if used + amount > most:
        raise LimitExceeded(
            limit=f"{what}_most_per_day",
            bound=most,
            requested=amount,
            available=max(most - used, 0),
        )


def _since(counted: "QuerySet[object]", at: str) -> int:
    begin: datetime = clock.now() - A_DAY
    return int(counted.filter(**{f"{at}__gt": begin}).aggregate(sum=Sum("amount"))["sum"] or 0)
