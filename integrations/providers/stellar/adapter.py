"""Stellar through Horizon, behind the port `Chain`: what we ask, and what an answer means."""

from collections.abc import Callable
from typing import Any, TypeVar

from integrations.providers.answers import (
    BEFORE_HISTORY,
    NOT_FOUND,
    Answer,
    Declined,
    Done,
    Unclear,
)
from integrations.providers.http import Client, Keeps, NoAnswer, Reply, segment
from integrations.providers.ports import (
    ChainAccount,
    FeedPage,
    FeeStats,
    History,
    Inclusion,
    Ledger,
    Movement,
)
from integrations.providers.stellar import feed_mapping, mapping, pace

T = TypeVar("T")

MOST_OPERATIONS = "200"  # a transaction has at most 100
LARGEST_PAGE = 16_000_000  # bytes: 200 operations, each with its transaction and its envelope


class Horizon:
    """One Horizon server, in a conversation about one subject."""

    def __init__(self, *, base_url: str, trail: str = "") -> None:
        self._server = base_url
        self._client = Client(provider="stellar", base_url=base_url, trail=trail)
        self._feed = Client(
            provider="stellar",
            base_url=base_url,
            trail="feed",
            keeps=Keeps.FAILURES,
            largest_answer=LARGEST_PAGE,
        )

    def account(self, address: str) -> Answer[ChainAccount]:
        return self._look_up(f"/accounts/{segment(address)}", mapping.account)

    def submit(self, envelope_xdr: str) -> Answer[str]:
        fields = {"tx": envelope_xdr}
        reply = self._ask(lambda: self._client.post_form("/transactions", fields=fields))
        if isinstance(reply, Unclear):
            return reply
        if queued := mapping.queued(reply.body):
            return Unclear(queued)
        if reply.ok:
            return _read(reply, _hash)
        code = mapping.refusal(reply.body) if reply.status == 400 else ""
        return Declined(code, _title(reply)) if code else _unclear(reply)

    def find(self, tx_hash: str) -> Answer[Inclusion]:
        return self._look_up(f"/transactions/{segment(tx_hash)}", mapping.inclusion)

    def moved_by(self, tx_hash: str) -> Answer[tuple[Movement, ...]]:
        path = f"/transactions/{segment(tx_hash)}/operations"
        return self._look_up(path, mapping.movements, query={"limit": MOST_OPERATIONS})

    def latest_ledger(self) -> Answer[Ledger]:
        # The root names its network, too: the history of another one proves nothing about ours.
        return self._look_up("/", mapping.ledger)

    def fee_stats(self) -> Answer[FeeStats]:
        return self._look_up("/fee_stats", mapping.fee_stats)

    def movements_after(self, cursor: int) -> Answer[FeedPage]:
        query = {
            "cursor": str(cursor),
            "order": "asc",
            "limit": str(feed_mapping.PAGE),
            "join": "transactions",
        }
        return self._look_up(
            "/payments",
            lambda body: feed_mapping.page(body, after=cursor),
            query=query,
            client=self._feed,
        )

    def newest_cursor(self) -> Answer[int]:
        return self._look_up("/", _behind_newest, client=self._feed)

    def history(self) -> Answer[History]:
        return self._look_up("/", _history, client=self._feed)

    def oldest_ledger(self) -> Answer[int]:
        return self._look_up("/", feed_mapping.oldest_ledger)

    def _look_up(
        self,
        path: str,
        read: Callable[[Any], T],
        *,
        query: dict[str, str] | None = None,
        client: Client | None = None,
    ) -> Answer[T]:
        client = client or self._client
        reply = self._ask(lambda: client.get(path, query=query))
        if isinstance(reply, Unclear):
            return reply
        if reply.ok:
            return _read(reply, read)
        if reply.status == 410 and client is self._feed:  # of nothing else it would be a proof
            return Declined(BEFORE_HISTORY, _title(reply))
        return Declined(NOT_FOUND, _title(reply)) if _is_missing(reply) else _unclear(reply)

    def _ask(self, ask: Callable[[], Reply]) -> Reply | Unclear:
        if pace.is_resting(self._server):
            return Unclear("Horizon has had too many requests, and is left alone for a while")
        try:
            reply = ask()
        except NoAnswer as silence:
            return Unclear(str(silence))
        pace.heard(self._server, status=reply.status)
        return reply


def _read(reply: Reply, read: Callable[[Any], T]) -> Answer[T]:
    return _understood(reply.body, read)


def _understood(body: Any, read: Callable[[Any], T]) -> Answer[T]:
    try:
        return Done(read(body))
    except mapping.Unreadable as flaw:
        return Unclear(str(flaw))


def _behind_newest(body: Any) -> int:
    return feed_mapping.cursor_before(mapping.ledger(body).sequence + 1)


def _history(body: Any) -> History:
    return History(oldest=feed_mapping.oldest_ledger(body), newest=mapping.ledger(body))


def _hash(body: Any) -> str:
    if not isinstance(body, dict) or not isinstance(body.get("hash"), str):
        raise mapping.Unreadable("accepted, but without a hash")
    return str(body["hash"])


def _is_missing(reply: Reply) -> bool:
    """Only Horizon's own 404 counts: half of the proof that a transaction is dead rests on it."""
    body = reply.body
    return reply.status == 404 and isinstance(body, dict) and body.get("status") == 404


def _unclear(reply: Reply) -> Unclear:
    return Unclear(f"HTTP {reply.status} {_title(reply)}".rstrip())


def _title(reply: Reply) -> str:
    return str(reply.body.get("title", "")) if isinstance(reply.body, dict) else ""
