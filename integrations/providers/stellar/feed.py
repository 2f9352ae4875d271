"""The feed: every movement on the network, read from a stored cursor, in order, exactly once.

One cursor per network, whatever the number of wallets: a page is read with nothing locked, matched
locally, and taken in together with the cursor in one transaction. There is no stream beside it: a
poll every second is as fast as ledgers close, and what cannot be missed need not be woken.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from integrations.providers import directory
from integrations.providers.answers import BEFORE_HISTORY, Answer, Declined, Done, Unclear
from integrations.providers.models import ChainCursor, ChainMovement
from integrations.providers.ports import Chain, FeedPage
from integrations.providers.stellar import feed_mapping, movements
from integrations.providers.stellar.alarms import alarm
from ledger import clock
from ledger.atomicity import alone

log = logging.getLogger(__name__)

SCOPE = "payments"
PAGES_AT_ONCE = 50  # in one round; then others get a turn
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=1)
FAILURES_UNTIL_FOUND = 3  # in a row

COMPARED_EVERY = timedelta(minutes=1)

STANDS_STILL, GAP = "feed_stands_still", "feed_has_a_gap"
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


def _catch_up(cursor: ChainCursor) -> int:
    chain, seen = directory.chain(trail="feed"), 0
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
            _compare(cursor, chain)
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
    for name, value in facts.items():
        setattr(cursor, name, value)


def _fail(cursor: ChainCursor, answer: Answer[FeedPage]) -> None:
    if isinstance(answer, Declined) and answer.code == BEFORE_HISTORY and _skip_gap(cursor):
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


def _skip_gap(cursor: ChainCursor) -> bool:
    """What the server has forgotten cannot be read: go on behind it, and say what is missing."""
    oldest = directory.chain(trail="feed").oldest_ledger()
    if not isinstance(oldest, Done):
        return False
    resumed = feed_mapping.cursor_before(oldest.value)
    if resumed <= cursor.token:
        return False  # it denies what it says it has
    missing = {"from": feed_mapping.ledger_of(cursor.token), "to": oldest.value - 1}
    log.error("ledgers %(from)s to %(to)s are forgotten by Horizon", missing)
    with transaction.atomic():
        alarm(GAP, f"{cursor} {missing['from']}-{missing['to']}", expected=missing, observed={})
        _move(cursor, resumed)
    return True


def _compare(cursor: ChainCursor, chain: Chain) -> None:
    """A feed in which nothing comes any more may be of another chain, or of one begun anew."""
    now = clock.now()
    if cursor.compared_at and now < cursor.compared_at + COMPARED_EVERY:
        return
    newest = chain.newest_cursor()
    with transaction.atomic():
        _cursors().update(compared_at=now)
        if isinstance(newest, Done) and newest.value < cursor.token:
            read = {"up_to": str(cursor.token)}
            alarm(AHEAD, str(cursor), expected=read, observed={"newest": str(newest.value)})


def _is_resting(cursor: ChainCursor) -> bool:
    return cursor.next_attempt_at is not None and clock.now() < cursor.next_attempt_at


def _cursors() -> "QuerySet[ChainCursor]":
    return ChainCursor.objects.filter(network=settings.STELLAR_NETWORK, scope=SCOPE)


def _cursor() -> ChainCursor:
    return _cursors().get()
