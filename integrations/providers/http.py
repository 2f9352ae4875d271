"""The one HTTP client of all adapters: timeouts, no retries, no redirects, a row per request."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlencode

import requests
import urllib3
from structlog.contextvars import get_contextvars

from integrations.providers import exactjson, redaction
from integrations.providers.models import Call
from ledger.atomicity import refuse_transaction

CONNECT_SECONDS = 5
READ_SECONDS = 20  # between two bytes
TOTAL_SECONDS = 30  # for the whole answer, however slowly it drips
LARGEST_ANSWER = 1_000_000  # bytes

_CHUNK = 65_536
_SECRET_LENGTH = 8  # shorter header values are no credentials
# `requests` lets some of what lies beneath it through while a body is read.
_SILENCES = (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider answered: `body` is its JSON with exact numbers, None if it is not JSON."""

    status: int
    body: Any
    text: str

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class NoAnswer(Exception):
    """Nothing, or not all of it, came back: what we asked for may or may not have happened."""


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

    def get(self, path: str, *, query: Mapping[str, str] | None = None) -> Reply:
        """Read; `path` starts with a slash and is escaped (`segment`). Raises `NoAnswer`."""
        return self._ask("GET", path + (f"?{urlencode(query)}" if query else ""))

    def post(self, path: str, *, body: Any = None) -> Reply:
        """Write `body` as JSON, Decimals to the digit. Raises `NoAnswer`."""
        content = None if body is None else exactjson.write(body)
        return self._ask("POST", path, content=content, kept=redaction.body(body))

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
    ) -> Reply:
        refuse_transaction()
        started = time.monotonic()
        reply, failure = None, ""
        try:
            reply, failure = self._exchange(method, path, content, content_type)
            return reply
        except NoAnswer as silence:
            failure = str(silence)
            raise
        finally:
            self._keep(method, path, request=kept, reply=reply, failure=failure, started=started)

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
                    return _read(response)
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


def _read(response: requests.Response) -> tuple[Reply, str]:
    """The answer, and what is wrong with it, if anything."""
    content = _receive(response)
    text = content.decode("utf-8", "replace")
    if len(content) > LARGEST_ANSWER:
        return Reply(response.status_code, None, text[:LARGEST_ANSWER]), "the answer is too large"
    if not content:
        return Reply(response.status_code, None, ""), ""
    try:
        return Reply(response.status_code, exactjson.read(text), text), ""
    except ValueError as flaw:
        return Reply(response.status_code, None, text), f"the answer is not JSON: {flaw}"


def _receive(response: requests.Response) -> bytes:
    """The body as it comes, until it ends, is too large or takes too long."""
    deadline = time.monotonic() + TOTAL_SECONDS
    content = b""
    while len(content) <= LARGEST_ANSWER:
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
