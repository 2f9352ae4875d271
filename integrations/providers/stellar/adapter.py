"""Stellar through Horizon, behind the port `Chain`: what we ask, and what an answer means."""

from collections.abc import Callable
from typing import Any, TypeVar

from integrations.providers.answers import NOT_FOUND, Answer, Declined, Done, Unclear
from integrations.providers.http import Client, NoAnswer, Reply, segment
from integrations.providers.ports import ChainAccount, ChainTransaction, FeeStats, Ledger, Movement
from integrations.providers.stellar import mapping, pace

T = TypeVar("T")

MOST_OPERATIONS = "200"  # a transaction has at most 100


class Horizon:
    """One Horizon server, in a conversation about one subject."""

    def __init__(self, *, base_url: str, trail: str = "") -> None:
        self._server = base_url
        self._client = Client(provider="stellar", base_url=base_url, trail=trail)

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

    def find(self, tx_hash: str) -> Answer[ChainTransaction]:
        path = f"/transactions/{segment(tx_hash)}"
        answer = self._look_up(path, lambda body: (body, mapping.is_successful(body)))
        if not isinstance(answer, Done):
            return answer
        body, successful = answer.value
        moved = self._movements(path) if successful else Done(())
        if not isinstance(moved, Done):
            return Unclear(f"found, but not what it moved: {moved}")
        return _understood(body, lambda it: mapping.transaction(it, movements=moved.value))

    def latest_ledger(self) -> Answer[Ledger]:
        # The root names its network, too: the history of another one proves nothing about ours.
        return self._look_up("/", mapping.ledger)

    def fee_stats(self) -> Answer[FeeStats]:
        return self._look_up("/fee_stats", mapping.fee_stats)

    def _movements(self, path: str) -> Answer[tuple[Movement, ...]]:
        query = {"limit": MOST_OPERATIONS}
        return self._look_up(f"{path}/operations", mapping.movements, query=query)

    def _look_up(
        self, path: str, read: Callable[[Any], T], *, query: dict[str, str] | None = None
    ) -> Answer[T]:
        reply = self._ask(lambda: self._client.get(path, query=query))
        if isinstance(reply, Unclear):
            return reply
        if reply.ok:
            return _read(reply, read)
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
