"""The X-ray: everything that happened on one trail, in the order in which it happened.

A trail is the id of an order, a top-up, a withdrawal or a user. Each table is asked once, by its
indexed trail; submissions are known by their events. What is shown is what was kept: calls were
redacted when they were written.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.utils.html import format_html, format_html_join

from integrations.marketplaces.models import AuditEntry, User
from integrations.providers.models import Call, Submission, Wallet
from integrations.providers.stellar import narration
from ledger.display import (
    badge,
    block,
    dollars,
    entries_table,
    in_short,
    laid_out,
    linked,
    moment,
    page_of,
    structure,
)
from ledger.models import Entry, Event, Finding, Transfer

MOST = 300  # rows of one table on one page, the newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of a timeline: a headline, whose doing it was, and what unfolds beneath it."""

    sort: str  # event, money, call, chain, finding or audit
    at: datetime
    title: str
    by: str = ""
    status: str = ""
    reason: str = ""
    body: str = ""
    folded: tuple[tuple[str, str], ...] = ()

    @property
    def time(self) -> str:
        return moment(self.at)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Happenings, oldest first; `is_cut` says that older ones are left out."""

    happenings: list[Happening]
    is_cut: bool

    @property
    def sorts(self) -> list[str]:
        return sorted({happening.sort for happening in self.happenings})


def findings(record: Any) -> list[Finding]:
    """What was found about a record or its trail, the oldest first."""
    return _newest(Finding.across_books.filter(Q(trail=record.trail) | Q(subject=str(record.pk))))


def of(record: Any, *, found: list[Finding]) -> Timeline:
    """The timeline of the trail that a record belongs to, with what was found about it."""
    trail = record.trail
    events = _newest(Event.across_books.filter(trail=trail))
    tables = [
        events,
        _newest(_entries(record).select_related("transfer", "account")),
        _newest(Call.objects.filter(trail=trail)),
        _newest(_submissions(events)),
        found,
        _newest(AuditEntry.across_books.filter(subject__in={trail, str(record.pk)})),
    ]
    told = [*_events(events), *_transfers(tables[1])]
    for tell, rows in zip((_call, _submission, _finding, _audit), tables[2:], strict=True):
        told += map(tell, rows)
    is_cut = any(len(rows) == MOST for rows in tables)
    return Timeline(sorted(told, key=lambda happening: happening.at), is_cut)


def _newest(rows: Any) -> list[Any]:
    return list(rows.order_by("-pk")[:MOST])[::-1]


def _entries(record: Any) -> Any:
    """Those of the trail; of a user or a wallet, those of its own accounts."""
    if isinstance(record, User):
        return Entry.objects.filter(account__owner=record.pk)
    if isinstance(record, Wallet):
        return Entry.objects.filter(account__kind="wallet", account__subject=record.address)
    return Entry.objects.filter(transfer__trail=record.trail)


def _submissions(events: list[Event]) -> Any:
    known = {event.resource_id for event in events if event.resource_type == Submission.NOUN}
    return Submission.across_books.filter(pk__in=known)


def _events(events: Iterable[Event]) -> Iterator[Happening]:
    for event in events:
        yield Happening(
            sort="event",
            at=event.occurred_at,
            title=format_html("{} · {}", page_of(event, event.type), in_short(event.resource_id)),
            by=_by(event),
            reason=event.reason,
            body=_changes(event),
            folded=_folded(payload=structure(event.payload)),
        )


def _changes(event: Event) -> str:
    """What changed, from and to."""
    return format_html_join(
        ", ",
        "{}: {} → {}",
        (
            (name, linked(str(before)), linked(str(event.payload.get(name, ""))))
            for name, before in event.previous.items()
        ),
    )


def _transfers(entries: Iterable[Entry]) -> Iterator[Happening]:
    for transfer, legs in groupby(entries, key=lambda entry: entry.transfer):
        rows = list(legs)
        yield Happening(
            sort="money",
            at=transfer.recorded_at,
            title=format_html(
                "{} · {}", page_of(transfer, transfer.kind), in_short(transfer.cause)
            ),
            by=_by(transfer),
            body=entries_table(rows),
        )


def _call(call: Call) -> Happening:
    return Happening(
        sort="call",
        at=call.happened_at,
        title=format_html(
            "{} {}", page_of(call, f"{call.method} {call.provider}"), in_short(call.path)
        ),
        by=f"{call.milliseconds} ms",
        status=str(call.status or "no answer"),
        reason=call.failure,
        folded=_folded(request=call.request, response=call.response),
    )


def _submission(submission: Submission) -> Happening:
    hashes = in_short(f"{submission.inner_hash} from {submission.source}")
    page = narration.explorer(submission.outer_hash or submission.inner_hash)
    return Happening(
        sort="chain",
        at=submission.created_at,
        title=format_html("{} · {}", page_of(submission, submission.purpose), hashes),
        by=f"{submission.result_code} in ledger {submission.ledger}" if submission.ledger else "",
        status=badge(submission, submission.status),
        body=_narrated(submission, page),
    )


def _narrated(submission: Submission, page: str) -> str:
    """What it does in words, and the explorer's page where there is one."""
    lines = format_html_join("", "{}<br>", ((in_short(w),) for w in _words(submission)))
    explorer = format_html(
        '<a class="record-link" href="{}" target="_blank" rel="noopener noreferrer">Explorer</a>',
        page,
    )
    return format_html("{}{}", lines, explorer if page else "")


def _words(submission: Submission) -> list[str]:
    return narration.words(submission.envelope_xdr)


def _audit(entry: AuditEntry) -> Happening:
    return Happening(
        sort="audit",
        at=entry.created_at,
        title=page_of(entry, entry.act),
        by=in_short(entry.actor),
        reason=str(entry.after.get("reason", "")),
        folded=_folded(
            before=structure(entry.before) if entry.before else "",
            after=structure(entry.after) if entry.after else "",
        ),
    )


def _finding(finding: Finding) -> Happening:
    return Happening(
        sort="finding",
        at=finding.opened_at,
        title=format_html("{} · {}", page_of(finding, finding.kind), dollars(finding.amount)),
        status="open" if finding.resolved_at is None else "resolved",
        reason=finding.resolution,
        folded=_folded(expected=structure(finding.expected), observed=structure(finding.observed)),
    )


def _by(row: Event | Transfer) -> str:
    return in_short(row.actor)


def _folded(**texts: str) -> tuple[tuple[str, str], ...]:
    """What unfolds when asked for, ready to show; what is empty is left out."""
    return tuple((name, block(laid_out(text))) for name, text in texts.items() if text)
