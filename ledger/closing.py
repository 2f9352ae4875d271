"""Closing: a book's day as one sheet, which says that it is clean, or what is open.

Balances and findings are as they stood when the day ended, whenever it is written; what the first
comparison of the whole day found, after midnight, was open then too. Clean means: no finding was
open, nobody owes an answer that is overdue, and every part was compared up to the end of the day.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, F, Q, Sum

from ledger import balances, clock, money, overdue, reconciling
from ledger.models import Closing, Entry, Finding, Run, Sighting
from ledger.models.closings import ClosingStatus
from ledger.models.reconciliation import RunStatus
from ledger.refusals import Conflict
from ledger.spreadsheets import table_of
from ledger.wiring import table, wired

MOST_TOLD = 500  # findings and overdue answers on one sheet; their number is told all the same

COMPARED = (RunStatus.CLEAN, RunStatus.FINDINGS)

COLUMNS = ("section", "name", "subject", "opening", "closing", "count", "amount", "note")


class DayNotOver(Conflict):
    """A day is closed once it is over, in UTC."""

    code = "DAY_NOT_OVER"


def close(book: int, day: date) -> Closing:
    """Write the day's sheet. Raises `DayNotOver`."""
    start, end = bounds(day)
    if end > clock.now():
        raise DayNotOver
    sheet = {
        "day": day.isoformat(),
        "currency": money.USD,
        "balances": _balances(book, start, end),
        "volume": _volume(book, start, end),
        "findings": _findings(book, start, end),
        "overdue": _overdue(book),
        "parts": _parts(book, start, end),
    }
    row: Closing
    row, _ = Closing.across_books.update_or_create(
        book_id=book,
        day=day,
        defaults={"closed_at": clock.now(), "sheet": sheet, "status": _status(sheet)},
    )
    return row


def bounds(day: date) -> tuple[datetime, datetime]:
    """Its first moment, and the first of the next day."""
    start = datetime.combine(day, time(), tzinfo=UTC)
    return start, start + timedelta(days=1)


def yesterday() -> date:
    """The last day that is over."""
    return (clock.now().astimezone(UTC) - timedelta(days=1)).date()


def spreadsheet(closing: Closing) -> Iterator[str]:
    """The sheet as CSV, safe to open in a spreadsheet."""
    return table_of(COLUMNS, _rows(closing))


def _status(sheet: dict[str, Any]) -> str:
    is_open = sheet["findings"]["count"] or sheet["overdue"]["count"]
    compared = all(part["status"] in COMPARED for part in sheet["parts"])
    return ClosingStatus.OPEN if is_open or not compared else ClosingStatus.CLEAN


def _balances(book: int, start: datetime, end: datetime) -> list[dict[str, str]]:
    """As they stood a moment before the day began, and before it was over."""
    opened_with, ended_with = (
        balances.trial_balance(book, at=moment - timedelta(microseconds=1))
        for moment in (start, end)
    )
    opening = {line.kind: line.balance for line in opened_with}
    return [
        {
            "kind": line.kind,
            "side": "DEBIT" if line.is_debit else "CREDIT",
            "opening": money.text(opening.get(line.kind, 0)),
            "closing": money.text(line.balance),
        }
        for line in ended_with
    ]


def _volume(book: int, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """What was posted, by kind of transfer; the amount is the sum of the debits."""
    rows = Entry.objects.filter(
        account__book=book, recorded_at__gte=start, recorded_at__lt=end, amount__gt=0
    )
    sums = rows.values(kind=F("transfer__kind")).annotate(
        count=Count("transfer", distinct=True), amount=Sum("amount")
    )
    return [{**one, "amount": money.text(int(one["amount"]))} for one in sums.order_by("kind")]


def _findings(book: int, start: datetime, end: datetime) -> dict[str, Any]:
    """Those that were open when the day ended, the largest first."""
    seen = Sighting.objects.filter(run__in=_first_runs(book, start, end))
    rows = Finding.objects.of(book).filter(
        Q(opened_at__lt=end) | Q(pk__in=seen.values("finding")),
        Q(resolved_at=None) | Q(resolved_at__gte=end),
    )
    told = rows.order_by("-amount", "pk")[:MOST_TOLD]
    sums = rows.aggregate(count=Count("pk"), amount=Sum("amount"))
    return {
        "count": sums["count"],
        "amount": money.text(int(sums["amount"] or 0)),
        "listed": [
            {
                "id": one.pk,
                "kind": one.kind,
                "subject": one.subject,
                "amount": money.text(one.amount),
            }
            for one in told
        ],
    }


def _overdue(book: int) -> dict[str, Any]:
    """Whoever owes an answer that should have come, as things stand now."""
    late = [row for name in table("NOUNS") for row in overdue.late(wired(name), book)]
    listed = [
        {"noun": row.NOUN, "id": str(row.pk), "status": row.status} for row in late[:MOST_TOLD]
    ]
    return {"count": len(late), "listed": listed}


def _parts(book: int, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The latest run of each part that looked at the whole day."""
    told = []
    for part in reconciling.parts():
        rows = _runs(book, start, end).filter(part=part).exclude(status=RunStatus.RUNNING)
        last = rows.order_by("-started_at").first()
        told.append(
            {
                "part": part,
                "status": last.status if last else "NOT COMPARED",
                "run": last.pk if last else None,
                "compared": last.compared if last else 0,
                "amount": money.text(last.amount if last else 0),
            }
        )
    return told


def _first_runs(book: int, start: datetime, end: datetime) -> list[str]:
    """Of each part the first run that compared the whole day: later ones see later days as well."""
    rows = _runs(book, start, end).filter(status__in=COMPARED).order_by("part", "started_at")
    return list(rows.distinct("part").values_list("pk", flat=True))


def _runs(book: int, start: datetime, end: datetime) -> Any:
    """Those that looked at the whole day."""
    return Run.objects.of(book).filter(Q(since=None) | Q(since__lte=start), until__gte=end)


def _rows(closing: Closing) -> Iterator[dict[str, Any]]:
    sheet = closing.sheet
    yield {"section": "day", "name": sheet["day"], "note": closing.status}
    for one in sheet["balances"]:
        yield {"section": "balance", "name": one["kind"], **one, "note": one["side"]}
    for one in sheet["volume"]:
        yield {"section": "volume", "name": one["kind"], **one}
    for one in sheet["findings"]["listed"]:
        yield {"section": "finding", "name": one["kind"], **one, "note": one["id"]}
    for one in sheet["overdue"]["listed"]:
        yield {
            "section": "overdue",
            "name": one["noun"],
            "subject": one["id"],
            "note": one["status"],
        }
    for one in sheet["parts"]:
        told = {"count": one["compared"], "amount": one["amount"], "note": one["status"]}
        yield {"section": "compared", "name": one["part"], **told}
