"""Histories: a run of a reconciliation beside those before it, as its page shows them."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.utils.html import format_html_join

from ledger import bars, money
from ledger.bars import Chart
from ledger.display import NOTHING, dollars, page_of
from ledger.models import Finding, Run
from ledger.models.reconciliation import RunStatus

SHOWN = 14  # runs in the chart
MOST = 100  # findings of one sort

_FIGURES = ("compared", "differing", "waiting", "ignored", "closed")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number now, and in the run before."""

    name: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Sort:
    """Findings of one sort: new, still there, gone."""

    title: str
    findings: list[str]
    count: int


def of(run: Run) -> dict[str, Any]:
    """What the page of a run shows above its fields."""
    before = _before(run).order_by("-started_at").first()
    return {
        "run": run,
        "before": page_of(before, str(before.pk)) if before else "",
        "figures": _figures(run, before),
        "sorts": _sorts(run, before),
        "chart": _chart(run),
    }


def seen_by(finding: Finding) -> str:
    """The runs that saw a finding, the newest first."""
    runs = finding.runs.order_by("-started_at")[:SHOWN]
    lines = ((page_of(run, f"{run.started_at:%Y-%m-%d %H:%M} {run.part}"),) for run in runs)
    return format_html_join(", ", "{}", lines) or NOTHING


def whole(rows: QuerySet[Run]) -> QuerySet[Run]:
    """Without those that looked only at named subjects, to see whether something is settled."""
    return rows.exclude(since=F("until"))


def _before(run: Run) -> Any:
    rows = Run.objects.of(run.book_id).filter(part=run.part, started_at__lt=run.started_at)
    return whole(rows.exclude(status=RunStatus.RUNNING))


def _figures(run: Run, before: Run | None) -> list[Figure]:
    counts = [
        Figure(name, str(getattr(before, name)) if before else "–", str(getattr(run, name)))
        for name in _FIGURES
    ]
    amount = Figure("at stake", dollars(before.amount) if before else "–", dollars(run.amount))
    return [*counts, amount]


def _sorts(run: Run, before: Run | None) -> list[Sort]:
    now = {finding.pk: finding for finding in run.findings.all()}
    then = {finding.pk: finding for finding in before.findings.all()} if before else {}
    return [
        _sort("New since the run before", [now[pk] for pk in now if pk not in then]),
        _sort("Seen by both", [now[pk] for pk in now if pk in then]),
        _sort("Not seen any more", [then[pk] for pk in then if pk not in now]),
    ]


def _sort(title: str, findings: list[Finding]) -> Sort:
    largest = sorted(findings, key=lambda one: (-one.amount, one.pk))
    return Sort(
        title,
        [page_of(one, f"{one.kind} {one.subject} – {_dollars(one)}") for one in largest[:MOST]],
        len(findings),
    )


def _dollars(finding: Finding) -> str:
    state = "settled" if finding.resolved_at else "open"
    return f"{money.text(finding.amount)} USD, {state}"


def _chart(run: Run) -> Chart:
    rows = Run.objects.of(run.book_id).filter(part=run.part, started_at__lte=run.started_at)
    newest = list(whole(rows).order_by("-started_at")[:SHOWN])[::-1]
    amounts = [(f"{one.started_at:%d %b %H:%M} {one.status.lower()}", one.amount) for one in newest]
    return bars.of_amounts("At stake, run by run", amounts)
