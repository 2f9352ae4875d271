"""Reconciling: what providers and chain show against our books; what differs becomes a finding.

The rooms compare (`RECONCILERS` of `config/wiring.py`: part → generators) and tell one by one what
they saw; this module alone writes it down. Nothing is repaired here: a finding proposes an act, and
an operator decides. Between two things told no transaction is open, so that a reconciler may ask
its provider.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import transaction

from ledger import clock, events, findings
from ledger.atomicity import alone
from ledger.compared import (
    Agreement,
    Compared,
    Correction,
    Difference,
    Report,
    Unread,
    Waiting,
    Window,
)
from ledger.models import Book, Finding, Run, Sighting
from ledger.models.reconciliation import RunStatus
from ledger.refusals import Conflict
from ledger.wiring import table, wired

MOST_UNREAD_TOLD = 50
LATELY = timedelta(days=3)  # what the clock has compared, every day anew


class AlreadyRunning(Conflict):
    """Somebody else compares the same part of this book just now."""

    code = "RECONCILIATION_RUNNING"


def parts() -> list[str]:
    """What can be compared, in the order in which it is."""
    return list(table("RECONCILERS"))


def run(
    book: int, part: str, window: Window, *, watching: Callable[[Report], None] = lambda _: None
) -> Report:
    """Compare, open and close findings, and store the run. Raises `AlreadyRunning`.

    Whatever a reconciler raises is raised, after the run was stored as FAILED.
    """
    with alone(f"reconciling:{book}:{part}") as mine:
        if not mine:
            raise AlreadyRunning(part=part)
        return _Casebook(book, part, window).fill(watching)


def rehearse(
    book: int, part: str, window: Window, *, watching: Callable[[Report], None] = lambda _: None
) -> Report:
    """Compare, and write nothing down."""
    known = _Known(book, part)
    report = Report(book, part, known.with_open_ones(window))
    for one in _told(report):
        _count(report, one, known)
        watching(report)
    return report


def wake_all(*, only: str = "") -> None:
    """Have every part of every book compared, or one part, each by a task of its own."""
    for book in Book.objects.order_by("pk").values_list("pk", flat=True):
        for part in [only] if only else parts():
            events.wake("ledger.reconcile_part", book=str(book), part=part)


def run_lately(book: int, part: str) -> None:
    """What is of the last days; nothing, if somebody is at it already."""
    now = clock.now()
    with suppress(AlreadyRunning):
        run(book, part, Window(since=now - LATELY, until=now))


def can_follow(finding: Finding) -> bool:
    """Whether somebody can ask the provider about its subject."""
    return _carrier(finding.subject) != "" and _part(finding) is not None


def follow(finding_id: str) -> None:
    """Have the subject carried on from where it stands – its own conversation, which looks up at
    the provider and posts what is missing – and compare it again.
    """
    finding = Finding.across_books.get(pk=finding_id)
    part, carrier = _part(finding), _carrier(finding.subject)
    if finding.resolved_at is None and part and carrier:
        wired(carrier)(finding.subject)
        now = clock.now()
        subjects = frozenset({str(finding.subject)})
        with suppress(AlreadyRunning):  # that one may see it; the next does
            run(finding.book_id, part, Window(since=now, until=now, subjects=subjects))


def _carrier(subject: str) -> str:
    """The dotted name of what carries this subject on; empty if nothing does."""
    found = (name for prefix, name in table("FOLLOW_UPS").items() if subject.startswith(prefix))
    return next(found, "")


def _part(finding: Finding) -> str | None:
    """The part in whose runs it was seen last."""
    seen = finding.runs.order_by("-started_at").values_list("part", flat=True)
    return seen.first()


class _Known:
    """The open findings that earlier runs of this part saw, and what operators ignore."""

    def __init__(self, book: int, part: str) -> None:
        seen = Finding.objects.of(book).filter(runs__part=part).distinct()
        self.still_open = list(seen.filter(resolved_at=None))
        ignored = Finding.objects.of(book).filter(ignored=True).order_by("resolved_at")
        self._ignored = {(one.kind, one.subject): (one.expected, one.observed) for one in ignored}

    def with_open_ones(self, window: Window) -> Window:
        open_ones = {str(one.subject) for one in self.still_open}
        subjects = window.subjects | open_ones if window.is_period else window.subjects
        return replace(window, subjects=subjects)

    def ignores(self, one: Difference) -> bool:
        """Whether somebody has said that just this may be so.

        The other side may stand still while our books move: then it is not what was ignored.
        """
        return self._ignored.get((one.kind, one.subject)) == (one.expected, one.observed)


class _Casebook:
    """One run as it is written."""

    def __init__(self, book: int, part: str, window: Window) -> None:
        _bury(book, part)
        self._known = _Known(book, part)
        self._row = Run.across_books.create(
            book_id=book,
            part=part,
            since=window.since,
            until=window.until,
            started_at=clock.now(),
        )
        window = self._known.with_open_ones(window)
        self._report = Report(book, part, window, run=str(self._row.pk))
        self._agreed: dict[str, list[Agreement]] = {}  # by subject
        self._found: dict[str, list[Difference]] = {}  # by subject

    def fill(self, watching: Callable[[Report], None]) -> Report:
        try:
            for one in _told(self._report):
                if _count(self._report, one, self._known):
                    self._note(one)
                watching(self._report)
        except BaseException as failure:
            why = f"{type(failure).__name__}: {failure}"
            self._report.unread.append(Unread(subject=self._report.part, why=why))
            self._close(RunStatus.FAILED)
            raise
        with transaction.atomic():
            self._settle()
            self._close(self._report.status)
        return self._report

    def _note(self, one: Compared) -> None:
        if isinstance(one, Unread):
            return
        if isinstance(one, Agreement):
            self._agreed.setdefault(one.subject, []).append(one)
        with transaction.atomic():
            if isinstance(one, Difference):
                self._found.setdefault(one.subject, []).append(one)
                finding = _sighted(self._report.book, one)
                Sighting.objects.get_or_create(run=self._row, finding=finding)
            one.then()

    def _settle(self) -> None:
        """Close what was found before, was compared again, and is not so any more."""
        for finding in self._known.still_open:
            story = self._end_of(finding)
            if story:
                self._report.closed += findings.resolve(
                    book=self._report.book,
                    kind=finding.kind,
                    subject=finding.subject,
                    story=f"{story} Seen by {self._row.pk}.",
                )

    def _end_of(self, finding: Finding) -> str:
        """Why it is over; empty if it is not, or if nobody can tell."""
        differences = self._found.get(finding.subject, [])
        if any(finding.kind == one.kind for one in differences):
            return ""
        for one in differences:
            if finding.kind in one.decides:
                return f"By now it is found as {one.kind}."
        for agreed in self._agreed.get(finding.subject, []):
            if agreed.ends(finding.kind):
                return agreed.story or "Both sides agree again."
        return ""

    def _close(self, status: str) -> None:
        seen = self._report
        Run.across_books.filter(pk=self._row.pk).update(
            status=status,
            finished_at=clock.now(),
            compared=seen.compared,
            differing=len(seen.differences),
            waiting=len(seen.waiting),
            ignored=seen.ignored,
            closed=seen.closed,
            amount=seen.amount,
            unread=[
                {"subject": one.subject, "why": one.why[:500]}
                for one in seen.unread[:MOST_UNREAD_TOLD]
            ],
        )


def _told(report: Report) -> Iterator[Compared]:
    for dotted in table("RECONCILERS")[report.part]:
        yield from wired(dotted)(report.book, report.window)


def _count(report: Report, one: Compared, known: _Known) -> bool:
    """Add it to the report; whether there is anything to write down."""
    report.compared += not isinstance(one, Unread)
    match one:
        case Difference() if known.ignores(one):
            report.ignored += 1
            return False
        case Difference():
            report.differences.append(one)
        case Waiting():
            report.waiting.append(one)
        case Unread():
            report.unread.append(one)
    return True


def _sighted(book: int, one: Difference) -> Finding:
    """The open finding about it, opened if need be, with what is true now."""
    facts: dict[str, Any] = {
        "trail": one.trail,
        "expected": one.expected,
        "observed": one.observed,
        "amount": one.amount,
        "proposal": one.proposal,
        "correction": _written(one.correction),
    }
    rows = Finding.objects.of(book).filter(kind=one.kind, subject=one.subject, resolved_at=None)
    locked = rows.select_for_update(no_key=True)
    if not locked.exists():
        findings.find(book=book, kind=one.kind, subject=one.subject, **facts)
    finding: Finding = locked.get()
    Finding.across_books.filter(pk=finding.pk).update(**facts)
    return finding


def _written(correction: Correction | None) -> dict[str, Any]:
    if correction is None:
        return {}
    account = correction.account
    return {"kind": account.kind, "subject": account.subject, "debit": correction.debit}


def _bury(book: int, part: str) -> None:
    """The lock is ours, so whoever left a run behind that still runs has died."""
    Run.objects.of(book).filter(part=part, status=RunStatus.RUNNING).update(
        status=RunStatus.FAILED,
        finished_at=clock.now(),
        unread=[{"subject": part, "why": "Whoever ran it has died."}],
    )
