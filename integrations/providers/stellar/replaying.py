"""Replaying: ledgers that were read before are read again, and what the watch has missed is booked.

It goes through the same insert as the watch, so that a second look changes nothing; and whatever it
does change is a finding, because it should not have been missed. A reconciliation reads them too,
and books nothing: what differs is told, and an operator has it booked.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.conf import settings
from django.db import transaction

from integrations.providers import directory
from integrations.providers.answers import BEFORE_HISTORY, Answer, Declined, Done
from integrations.providers.models import ChainMovement
from integrations.providers.ports import Chain, FeedPage
from integrations.providers.stellar import feed, movements
from integrations.providers.stellar.feed_mapping import cursor_before, ledger_of
from ledger.findings import find

MISSED = "movement_missed"  # and booked
UNBOOKED = "movement_not_booked"  # found by a reconciliation; an operator has it taken in


class Effect(Enum):
    BOOKED = "booked"
    ASKED_FOR = "asked for"  # booked, and no finding: an operator settles one by it
    SHOWN = "shown"  # rolled back


class CannotRead(Exception):
    """The ledgers could not be read to their end; what was booked until then stays."""


@dataclass(slots=True, kw_only=True)
class Replayed:
    """What was read again, in ledgers, and the movements that nobody had written down."""

    first: int
    last: int
    movements: int = 0  # of anybody's, on the whole network
    forgotten: int = 0  # ledgers that Horizon does not have any more
    missed: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Listed:
    """The chain's own list of what touched our addresses, in ledgers that were taken in."""

    first: int
    last: int
    end: int  # the place of the last record that can be in it
    forgotten: int = 0
    rows: list[ChainMovement] = field(default_factory=list)  # as they would be written down


def replay_lately() -> Replayed:
    """The newest ledgers behind the cursor, as many as configured. Raises `CannotRead`."""
    return replay(ledgers=settings.STELLAR_REPLAY_LEDGERS)


def replay(
    *,
    ledgers: int,
    since: int | None = None,
    effect: Effect = Effect.BOOKED,
    watching: Callable[[int], None] = lambda _: None,
) -> Replayed:
    """Read `ledgers` again, from the ledger `since` on or the newest ones, never past the cursor.

    Nor before the feed began: what happened then is in the opening balances. `watching` is told how
    many ledgers are read. Raises `CannotRead`.
    """
    first, last, end = _span(ledgers=ledgers, since=since)
    seen = Replayed(first=first, last=last)
    for page in _pages(seen, end=end):
        _take_in(page, end=end, effect=effect, seen=seen)
        watching(min(ledger_of(page.cursor), seen.last) - first + 1)
    return seen


def take_in(place: str) -> None:
    """Book what a reconciliation has found missing, by the watch's own way.

    `place` is network:operation:index:direction. Raises `CannotRead`.
    """
    operation = int(place.split(":")[1])
    replay(ledgers=1, since=ledger_of(operation), effect=Effect.ASKED_FOR)


def listed(*, ledgers: int, since: int | None = None) -> Listed:
    """The same ledgers, read and matched with our addresses; nothing is written. Raises
    `CannotRead`.
    """
    first, last, end = _span(ledgers=ledgers, since=since)
    seen = Listed(first=first, last=last, end=end)
    for page in _pages(seen, end=end):
        known = [moved for moved in page.movements if moved.operation_id <= end]
        seen.rows += movements.as_rows(known, found_by=ChainMovement.FoundBy.REPLAY)
    return seen


def _span(*, ledgers: int, since: int | None) -> tuple[int, int, int]:
    """The first ledger, the last one, and the cursor behind it; never past the feed's own."""
    if not feed.begin():
        raise CannotRead("the feed has not begun, and Horizon does not say where it stands")
    began, position = feed.span()
    newest = ledger_of(position)
    first = max(since or newest - ledgers + 1, ledger_of(began) + 1)
    last = min(newest, (since or first) + ledgers - 1)
    return first, last, min(position, cursor_before(last + 1))


def _pages(seen: Replayed | Listed, *, end: int) -> Iterator[FeedPage]:
    chain, cursor = directory.chain(trail="replay"), cursor_before(seen.first)
    while cursor < end:
        page = _read(chain, cursor, seen)
        yield page
        if page.cursor == cursor and not page.is_full:
            break
        cursor = page.cursor


def _read(chain: Chain, cursor: int, seen: Replayed | Listed) -> FeedPage:
    answer = chain.movements_after(cursor)
    if isinstance(answer, Declined) and answer.code == BEFORE_HISTORY:
        return _oldest(chain, cursor, seen)
    page: FeedPage = _done(answer)
    return page


def _oldest(chain: Chain, cursor: int, seen: Replayed | Listed) -> FeedPage:
    """An empty page that leads to where their memory begins."""
    oldest = _done(chain.oldest_ledger())
    if cursor_before(oldest) <= cursor:
        raise CannotRead(f"Horizon denies ledger {oldest}, which it says it has")
    seen.forgotten = oldest - seen.first
    return FeedPage(movements=(), cursor=cursor_before(oldest), is_full=True)


def _take_in(page: FeedPage, *, end: int, effect: Effect, seen: Replayed) -> None:
    known = [moved for moved in page.movements if moved.operation_id <= end]
    with transaction.atomic():
        missed = movements.take_in(known, found_by=ChainMovement.FoundBy.REPLAY)
        for row in missed if effect != Effect.ASKED_FOR else ():
            _report(row)
        transaction.set_rollback(effect == Effect.SHOWN)
    seen.movements += len(known)
    seen.missed += [_told(row) for row in missed]


def _report(row: ChainMovement) -> None:
    find(
        book=row.book_id,
        kind=MISSED,
        subject=row.id,
        trail=row.trail,
        expected={"found_by": ChainMovement.FoundBy.WATCH},
        observed=_told(row),
        amount=row.amount,
    )


def _told(row: ChainMovement) -> dict[str, Any]:
    return {
        "operation": row.cause,
        "hash": row.tx_hash,
        "ledger": row.ledger,
        "direction": str(row.direction),
        "matter": str(row.matter),
        "address": row.address,
        "user": row.holder,
        "asset": row.asset,
        "stroops": row.amount,
    }


def _done(answer: Answer[Any]) -> Any:
    if not isinstance(answer, Done):
        raise CannotRead(str(answer))
    return answer.value
