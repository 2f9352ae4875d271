"""The one HTTP client of all adapters: timeouts, no retries, a budget, a row per request."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlencode

import requests
import urllib3
from django.utils import timezone
from structlog.contextvars import get_contextvars

from integrations.providers import budget, exactjson, redaction
from integrations.providers.budget import Urgency
from integrations.providers.models import Call
from ledger.atomicity import refuse_transaction

CONNECT_SECONDS = 5
READ_SECONDS = 20  # between two bytes
TOTAL_SECONDS = 30  # for the whole answer, however slowly it drips
LARGEST_ANSWER = 1_000_000  # bytes
REST_SECONDS = 5  # after a 429 that does not say for how long
LONGEST_REST = 60
TOO_MANY_REQUESTS = 429

_CHUNK = 65_536
_LONGEST_WAIT = 9  # digits of a Retry-After
_SECRET_LENGTH = 8  # shorter header values are no credentials
# `requests` lets some of what lies beneath it through while a body is read.
_SILENCES = (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider answered: `body` is its JSON with exact numbers, None if it is not JSON."""

    status: int
    body: Any
    text: str
    retry_after: str = ""  # as they wrote it

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


Query = Mapping[str, str | Sequence[str]]  # a name with several values is repeated


class Keeps(Enum):
    """Which requests leave a `Call` row."""

    ALL = "all"
    # Of a feed that is read every second: what went well is told by where its cursor stands.
    FAILURES = "failures"


class NoAnswer(Exception):
    """Nothing, or not all of it, came back: what we asked for may or may not have happened."""


class HeldBack(NoAnswer):
    """Nothing was asked: the provider's limit is reached, or what is left is kept for others."""


def segment(value: str) -> str:
    """One path segment, whatever `value` contains."""
    return quote(value, safe="")


class Client:
    """Speaks to one provider with one set of credentials, about one subject (`trail`)."""

    def __init__(
        self,
        *,
        provider: str,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
        account: str | None = None,  # the ProviderAccount's id
        trail: str = "",
        keeps: Keeps = Keeps.ALL,
        largest_answer: int = LARGEST_ANSWER,  # bytes
    ) -> None:
        self._provider = provider
        self._base_url = base_url.rstrip("/")
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        self._headers.update(headers or {})
        self._basic = basic
        credentials = (*(basic or ()), *(headers or {}).values())
        self._secrets = tuple(word for word in credentials if len(word) >= _SECRET_LENGTH)
        self._account = account
        self._trail = trail
        key = basic[0] if basic else "".join((headers or {}).values())
        self._budget = budget.of(provider, base_url=base_url, key=key, account=account or "")
        self._keeps = keeps
        self._largest = largest_answer

    def get(
        self, path: str, *, query: Query | None = None, urgency: Urgency = Urgency.READ
    ) -> Reply:
        """Read; `path` starts with a slash and is escaped (`segment`). Raises `NoAnswer`."""
        whole = path + (f"?{urlencode(query, doseq=True)}" if query else "")
        return self._ask("GET", whole, urgency=urgency)

    def post(self, path: str, *, body: Any = None, urgency: Urgency = Urgency.SETTLEMENT) -> Reply:
        """Write `body` as JSON, Decimals to the digit. Raises `NoAnswer`."""
        content = None if body is None else exactjson.write(body)
        return self._ask("POST", path, content=content, kept=redaction.body(body), urgency=urgency)

    def post_form(self, path: str, *, fields: Mapping[str, str]) -> Reply:
        """Write `fields` as a form. Raises `NoAnswer`."""
        return self._ask(
            "POST",
            path,
            content=urlencode(fields),
            content_type="application/x-www-form-urlencoded",
            kept=redaction.body(dict(fields)),
        )

    def delete(self, path: str) -> Reply:
        """Take back what is at `path`. Raises `NoAnswer`."""
        return self._ask("DELETE", path)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        content: str | None = None,
        content_type: str = "application/json",
        kept: str = "",
        urgency: Urgency = Urgency.SETTLEMENT,
    ) -> Reply:
        refuse_transaction()
        self._spend(method, path, urgency, kept=kept)
        started = time.monotonic()
        reply, failure = None, ""
        try:
            reply, failure = self._exchange(method, path, content, content_type)
            self._rest(reply)
            return reply
        except NoAnswer as silence:
            failure = str(silence)
            raise
        finally:
            self._keep(method, path, request=kept, reply=reply, failure=failure, started=started)

    def _spend(self, method: str, path: str, urgency: Urgency, *, kept: str) -> None:
        """Raises `HeldBack`; one row a minute says so, however often the work looks again."""
        try:
            if self._budget:
                self._budget.take(urgency)
        except budget.UsedUp as used_up:
            whole, now = self._redacted(path)[:500], time.monotonic()
            rows = Call.objects.filter(trail=self._trail, path=whole, failure=str(used_up))
            if not rows.filter(happened_at__gt=timezone.now() - budget.HELD_BACK_AGAIN).exists():
                why = str(used_up)
                self._keep(method, path, request=kept, reply=None, failure=why, started=now)
            raise HeldBack(str(used_up)) from used_up

    def _rest(self, reply: Reply) -> None:
        """They count differently from us, or somebody else calls with our key: give them peace."""
        if self._budget and reply.status == TOO_MANY_REQUESTS:
            asked = reply.retry_after
            seconds = int(asked) if asked.isascii() and asked.isdigit() else REST_SECONDS
            self._budget.rest(min(max(1, seconds), LONGEST_REST))

    def _exchange(
        self, method: str, path: str, content: str | None, content_type: str
    ) -> tuple[Reply, str]:
        headers = dict(self._headers)
        if content is not None:
            headers["Content-Type"] = content_type
        # A session of its own per request: a kept-alive connection that the other side has closed
        # would make an unclear answer out of a request that never left.
        with requests.Session() as session:
            session.trust_env = False  # no .netrc, no proxy that only the environment knows of
            try:
                with session.request(
                    method,
                    self._base_url + path,
                    data=None if content is None else content.encode(),
                    headers=headers,
                    auth=self._basic,
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    return _read(response, largest=self._largest)
            except _SILENCES as silence:
                raise NoAnswer(f"{type(silence).__name__}: {silence}") from silence

    def _keep(
        self,
        method: str,
        path: str,
        *,
        request: str,
        reply: Reply | None,
        failure: str,
        started: float,
    ) -> None:
        if self._keeps == Keeps.FAILURES and reply and reply.ok and not failure:
            return
        Call.objects.create(
            provider=self._provider,
            account_id=self._account,
            method=method,
            path=self._redacted(path)[:500],
            trail=self._trail,
            request_id=get_contextvars().get("request_id", ""),
            status=reply.status if reply else None,
            milliseconds=round((time.monotonic() - started) * 1000),
            request=self._redacted(request),
            response=self._redacted(_readable(reply)),
            failure=self._redacted(failure)[:500],
        )

    def _redacted(self, text: str) -> str:
        return redaction.text(text, secrets=self._secrets)


def _read(response: requests.Response, *, largest: int) -> tuple[Reply, str]:
    """The answer, and what is wrong with it, if anything."""
    content = _receive(response, largest)
    text = content.decode("utf-8", "replace")
    told = response.headers.get("Retry-After", "")[:_LONGEST_WAIT]
    if len(content) > largest:
        cut = text[:largest]
        return Reply(response.status_code, None, cut, told), "the answer is too large"
    if not content:
        return Reply(response.status_code, None, "", told), ""
    try:
        return Reply(response.status_code, exactjson.read(text), text, told), ""
    except ValueError as flaw:
        return Reply(response.status_code, None, text, told), f"the answer is not JSON: {flaw}"


def _receive(response: requests.Response, largest: int) -> bytes:
    """The body as it comes, until it ends, is too large or takes too long."""
    deadline = time.monotonic() + TOTAL_SECONDS
    content = b""
    while len(content) <= largest:
        piece = response.raw.read1(_CHUNK, decode_content=False)
        if not piece:
            break
        content += piece
        if time.monotonic() > deadline:
            raise NoAnswer(f"the answer was not complete after {TOTAL_SECONDS} seconds")
    return content


def _readable(reply: Reply | None) -> str:
    if reply is None:
        return ""
    return reply.text if reply.body is None else redaction.body(reply.body)
