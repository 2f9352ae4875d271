"""The feed: every movement on the network, read from a stored cursor, in order, exactly once.

One cursor per network, whatever the number of wallets: a page is read with nothing locked, matched
locally, and taken in together with the cursor in one transaction. There is no stream beside it: a
poll every second is as fast as ledgers close, and what cannot be missed need not be woken.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from integrations.providers import directory
from integrations.providers.answers import BEFORE_HISTORY, Answer, Declined, Done, Unclear
from integrations.providers.models import ChainCursor, ChainMovement
from integrations.providers.ports import Chain, FeedPage, Ledger
from integrations.providers.stellar import feed_mapping, movements
from integrations.providers.stellar.alarms import alarm, over
from integrations.providers.stellar.feed_mapping import ledger_of
from ledger import clock
from ledger.atomicity import alone

log = logging.getLogger(__name__)

SCOPE = "payments"
PAGES_AT_ONCE = 50  # in one round; then others get a turn
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=1)
FAILURES_UNTIL_FOUND = 3  # in a row

COMPARED_EVERY = timedelta(minutes=1)

STALE = timedelta(minutes=2)  # a ledger closes every 5 s

STANDS_STILL, GAP = "feed_stands_still", "feed_has_a_gap"
CHAIN_STANDS = "chain_stands_still"
AHEAD = "feed_is_ahead_of_the_chain"


def follow() -> int:
    """Take in what has happened since; returns how many movements concern us.

    Several may call it at once: one reads, the others have nothing to do.
    """
    with alone(f"{settings.STELLAR_NETWORK}:{SCOPE}") as mine:
        if not mine or not begin() or _is_resting(cursor := _cursor()):
            return 0
        return _catch_up(cursor)


def begin() -> bool:
    """Have a cursor to read from: "now" is asked for once, and kept. False if nobody can say.

    No wallet is opened on the chain before, so that nothing can arrive unseen.
    """
    if _cursors().exists():
        return True
    newest = directory.chain(trail="feed").newest_cursor()
    if not isinstance(newest, Done):
        log.warning("the feed cannot begin yet: %s", newest)
        return False
    now = clock.now()
    fresh = ChainCursor(
        network=settings.STELLAR_NETWORK,
        scope=SCOPE,
        token=newest.value,
        began_token=newest.value,
        began_at=now,
        moved_at=now,
    )
    ChainCursor.objects.bulk_create([fresh], ignore_conflicts=True)  # the first one stays
    return True


def span() -> tuple[int, int]:
    """The tokens between which the feed was taken in. Raises `ChainCursor.DoesNotExist`."""
    cursor = _cursor()
    return cursor.began_token, cursor.token


def position() -> ChainCursor | None:
    """How far the feed was taken in; None before it has begun."""
    return _cursors().first()


def untaken() -> frozenset[str] | None:
    """Where something has moved that is not taken in yet; None if nobody can say."""
    if (cursor := position()) is None:
        return None
    page = directory.chain(trail="feed").movements_after(cursor.token)
    if not isinstance(page, Done) or page.value.is_full:
        return None
    return frozenset(name for seen in page.value.movements for name in (seen.source, seen.target))


def _catch_up(cursor: ChainCursor) -> int:
    chain, seen = directory.chain(trail="feed"), 0
    newest = _compare(cursor, chain)
    for _ in range(PAGES_AT_ONCE):
        answer = chain.movements_after(cursor.token)
        if not isinstance(answer, Done):
            _fail(cursor, answer)
            break
        try:
            seen += _take_in(cursor, answer.value)
        except Exception as error:  # whatever it is, the page must stay visible and be tried again
            log.exception("the page behind %s could not be taken in", cursor.token)
            _fail(cursor, Unclear(f"not taken in: {type(error).__name__}: {error}"))
            break
        if not answer.value.is_full:
            _cursors().filter(caught_up_with__lt=newest).update(caught_up_with=newest)
            break
    return seen


def _take_in(cursor: ChainCursor, page: FeedPage) -> int:
    """The page and the cursor, in one transaction; nothing if another reader was faster."""
    if page.cursor == cursor.token and not cursor.failures:
        return 0
    with transaction.atomic():
        unmoved = _cursors().select_for_update(no_key=True).filter(token=cursor.token)
        if not unmoved.exists():
            return 0
        taken = movements.take_in(page.movements, found_by=ChainMovement.FoundBy.WATCH)
        _move(cursor, page.cursor)
    return len(taken)


def _move(cursor: ChainCursor, token: int) -> None:
    facts = {
        "token": token,
        "moved_at": clock.now(),
        "failures": 0,
        "failure": "",
        "next_attempt_at": None,
    }
    _cursors().update(**facts)
    if cursor.failures >= FAILURES_UNTIL_FOUND:
        over(STANDS_STILL, str(cursor), story=f"It goes on behind {token}.")
    for name, value in facts.items():
        setattr(cursor, name, value)


def _fail(cursor: ChainCursor, answer: Answer[FeedPage]) -> None:
    if isinstance(answer, Declined) and answer.code == BEFORE_HISTORY and _has_forgotten(cursor):
        return
    why = answer.why if isinstance(answer, Unclear) else str(answer)
    failures = cursor.failures + 1
    pause = min(FIRST_PAUSE * 2 ** min(cursor.failures, 10), LONGEST_PAUSE)
    log.warning("the feed stands at %s, next look in %s: %s", cursor.token, pause, why)
    with transaction.atomic():
        _cursors().update(
            failures=failures, failure=why[:2000], next_attempt_at=clock.now() + pause
        )
        if failures >= FAILURES_UNTIL_FOUND:
            stands = {"after": str(cursor.token)}
            alarm(STANDS_STILL, str(cursor), expected=stands, observed={"why": why[:500]})


def _has_forgotten(cursor: ChainCursor) -> bool:
    """Whether it says itself that what comes next is gone; then the feed goes on behind it."""
    oldest = directory.chain(trail="feed").oldest_ledger()
    return isinstance(oldest, Done) and _skip_gap(cursor, oldest.value, at=ledger_of(cursor.token))


def _skip_gap(cursor: ChainCursor, oldest: int, *, at: int) -> bool:
    """What the server has forgotten cannot be read: go on behind it, and say what is missing.

    `at` is the last ledger that is known to be read to its end, or its part that was read.
    """
    resumed = feed_mapping.cursor_before(oldest)
    if resumed <= cursor.token:
        return False  # it denies what it says it has
    missing = {"from": at, "to": oldest - 1}
    log.error("ledgers %(from)s to %(to)s are forgotten by Horizon", missing)
    with transaction.atomic():
        alarm(GAP, f"{cursor} {missing['from']}-{missing['to']}", expected=missing, observed={})
        _move(cursor, resumed)
    return True


def _compare(cursor: ChainCursor, chain: Chain) -> int:
    """Now and then, *before* a page is taken in: what can be read at all, and whether it grows.

    A history may have lost what comes next without a word, be another chain's, or have come to a
    stop. Answers its newest ledger, or 0 where it was not asked.
    """
    now = clock.now()
    if cursor.compared_at and now < cursor.compared_at + COMPARED_EVERY:
        return 0
    answer = chain.history()
    if not isinstance(answer, Done):
        return 0  # the page fails as well, or the next look tells
    history, read = answer.value, max(ledger_of(cursor.token), cursor.caught_up_with)
    _cursors().update(compared_at=now)
    if history.oldest > read + 1:
        _skip_gap(cursor, history.oldest, at=read + 1)
    _judge(cursor, history.newest, now=now)
    return history.newest.sequence


def _judge(cursor: ChainCursor, newest: Ledger, *, now: datetime) -> None:
    seen = {"newest": str(newest.sequence), "closed_at": newest.closed_at.isoformat()}
    with transaction.atomic():
        if newest.sequence < ledger_of(cursor.token):
            read = {"up_to": str(cursor.token)}
            alarm(AHEAD, str(cursor), expected=read, observed=seen)
        if newest.closed_at < now - STALE:
            alarm(CHAIN_STANDS, str(cursor), expected={"now": now.isoformat()}, observed=seen)
        else:
            over(CHAIN_STANDS, str(cursor), story=f"Ledger {newest.sequence} has closed.")


def _is_resting(cursor: ChainCursor) -> bool:
    return cursor.next_attempt_at is not None and clock.now() < cursor.next_attempt_at


def _cursors() -> "QuerySet[ChainCursor]":
    return ChainCursor.objects.filter(network=settings.STELLAR_NETWORK, scope=SCOPE)


def _cursor() -> ChainCursor:
    return _cursors().get()
