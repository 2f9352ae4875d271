"""Charts: where the money is and since when, what was asked for per day, and how providers do."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from integrations.providers import levels
from integrations.providers.budget import Level
from integrations.providers.models import Call, ProviderAccount
from ledger import clock
from ledger.bars import Bar, Chart, Part, chart, percent
from ledger.chart import CHART
from ledger.display import moment
from ledger.fields import earliest_id
from ledger.models import Account
from payments.models import Order, TopUp
from withdrawals.models import Withdrawal

DAYS = 14
LATEST_CALLS = 2_000
MOST_ACCOUNTS = 12
IN_FLIGHT = ("available", "reserved", "escrowed", "paying_out", "unattributed", "in_transit")

# How long nothing has moved there, at most; what is older than the last is "longer".
AGES = {"up to a day": timedelta(1), "up to a week": timedelta(7), "up to 30 days": timedelta(30)}
LONGER = "longer"
ASKED_FOR = {"Top-ups": TopUp, "Orders": Order, "Withdrawals": Withdrawal}


@dataclass(frozen=True, slots=True)
class Health:
    """How a provider has answered lately."""

    provider: str
    calls: int
    failures: int
    slowest: int  # milliseconds
    latest: str


def charts() -> list[Chart]:
    """Those of the first page."""
    return [in_flight(), volume()]


def in_flight() -> Chart:
    """What we owe and what is under way, by stage, and for how long nothing has moved there."""
    now = clock.now()
    # Of each age the sum of all that is no older: grouping by the ages' names takes twice as long.
    younger = {
        f"younger_{place}": Sum("balance", filter=Q(changed_at__gte=now - span), default=0)
        for place, span in enumerate(AGES.values())
    }
    rows = Account.across_books.filter(kind__in=IN_FLIGHT).exclude(balance=0)
    sums: dict[str, dict[str, int]] = {kind: {} for kind in IN_FLIGHT}
    for row in rows.values("kind").annotate(**younger, whole=Sum("balance")):
        up_to = [0, *(int(row[name]) for name in (*younger, "whole"))]
        between = (later - earlier for earlier, later in pairwise(up_to))
        ages = zip([*AGES, LONGER], between, strict=True)
        sums[row["kind"]] = {age: total for age, total in ages if total}
    told = {f"{kind} – {CHART[kind].means}": ages for kind, ages in sums.items()}
    return chart("Money, by stage and how long it rests, in USD", [*AGES, LONGER], told)


def volume() -> Chart:
    """What was asked for per day. A row's id tells its day, so that only those days are read."""
    since = (clock.now() - timedelta(DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    really = timezone.now() - timedelta(DAYS + 1)  # ids know nothing of the sandbox's clock
    sums: dict[Any, dict[str, int]] = {}
    for name, noun in ASKED_FOR.items():
        rows = noun.across_books.filter(
            pk__gte=earliest_id(noun._meta.pk.prefix, really), created_at__gte=since
        )
        per_day = rows.values_list(TruncDate("created_at")).annotate(total=Sum("amount"))
        for day, total in per_day:
            sums.setdefault(day, {})[name] = int(total)
    told = {f"{day:%d %b}": sums[day] for day in sorted(sums)}
    return chart("Asked for per day, in USD", [*ASKED_FOR], told)


def health() -> list[Health]:
    """From the latest calls: the table may be long, and its newest end is what counts."""
    newest = Call.objects.aggregate(newest=Max("pk"))["newest"] or 0
    rows = (
        Call.objects.filter(pk__gt=newest - LATEST_CALLS)
        .values("provider")
        .annotate(
            calls=Count("pk"),
            failures=Count("pk", filter=~Q(failure="") | Q(status__gte=500)),
            slowest=Max("milliseconds"),
            latest=Max("happened_at"),
        )
    )
    return [
        Health(
            row["provider"], row["calls"], row["failures"], row["slowest"], moment(row["latest"])
        )
        for row in rows.order_by("provider")
    ]


def budgets() -> list[Bar]:
    """What is left of what each provider lets us call, where that is counted."""
    if not settings.PROVIDER_BUDGETS:
        return []
    accounts = ProviderAccount.across_books.select_related("book").order_by("pk")[:MOST_ACCOUNTS]
    found = ((account, levels.level(account)) for account in accounts)
    return [_budget(account, level) for account, level in found if level]


def _budget(account: ProviderAccount, level: Level) -> Bar:
    told = f"{level.calls_left} of {level.limit} per {level.seconds} s"
    parts = [Part(0, percent(level.calls_left, level.limit), "left")]
    return Bar(f"{account.provider}, {account.book}", told, parts)
