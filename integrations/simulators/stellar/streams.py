"""Server-sent events: the records of a page, and then those that come after it."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse

from integrations.simulators.stellar import faults, pages, problems
from integrations.simulators.stellar.pages import Fetch, Page, Record

STAYS_OPEN = 55  # seconds
LOOKS_EVERY_MS = 200
_SIGN_OF_LIFE_EVERY = 5  # looks
# `requests` hands on what it has read in pieces of this size, whatever the event is worth.
_PIECE = 512
_HELLO = 'retry: 1000\nevent: open\ndata: "hello"\n\n'
_BYEBYE = 'retry: 10\nevent: close\ndata: "byebye"\n\n'

_places = threading.BoundedSemaphore(max(settings.WEB_THREADS // 4, 1))


def is_wanted(request: HttpRequest) -> bool:
    return "text/event-stream" in request.headers.get("Accept", "")


def response(page: Page, fetch: Fetch) -> StreamingHttpResponse:
    """A stream that ends after `page.limit` records, or after a while.

    Raises `Problem` if a quarter of this process's threads are streaming already.
    """
    if not _places.acquire(blocking=False):
        raise problems.too_many_streams()
    cut = faults.spend(faults.CUT_STREAM)
    events = _Events(page, fetch, cut_after=cut.options["after"] if cut else None)
    answer = StreamingHttpResponse(events, content_type="text/event-stream")
    answer["Cache-Control"] = "no-cache"
    return answer


class _Events:
    """The body of one stream; closed by Django when the client is gone, or it has ended."""

    def __init__(self, page: Page, fetch: Fetch, *, cut_after: int | None) -> None:
        self._page, self._fetch, self._cut_after = page, fetch, cut_after
        self._pieces = self._tell()
        self._has_place = True

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        self._pieces.close()
        if self._has_place:
            self._has_place = False
            _places.release()

    def _tell(self) -> Iterator[bytes]:
        deadline = time.monotonic() + STAYS_OPEN
        yield _padded(_HELLO)
        left, cursor, looks = self._page.limit, self._page.cursor, 0
        while left and time.monotonic() < deadline:
            for record in self._look(cursor, left):
                if self._cut_after == self._page.limit - left:
                    yield _padded(_event(record)[:40])
                    return
                yield _padded(_event(record))
                left, cursor = left - 1, int(record["paging_token"])
            looks += 1
            if left and not looks % _SIGN_OF_LIFE_EVERY:
                yield _padded("")  # else nobody would notice that the client has gone
            if left:
                time.sleep(LOOKS_EVERY_MS / 1000)
        yield _padded(_BYEBYE)

    def _look(self, cursor: int | None, limit: int) -> list[Record]:
        page = pages.within_history(cursor=cursor, descending=False, limit=limit)
        found = self._fetch(replace(page, above=max(page.above, self._page.above)))
        if not connection.in_atomic_block:
            connection.close()  # others need it more than somebody who sleeps
        return found


def _event(record: Record) -> str:
    return f"id: {record['paging_token']}\ndata: {json.dumps(record)}\n\n"


def _padded(text: str) -> bytes:
    """Filled up with a comment, so that no reader waits for the rest of its buffer."""
    missing = -len(text.encode()) % _PIECE
    if missing < 3 and (missing or not text):
        missing += _PIECE
    return (text + (f":{' ' * (missing - 2)}\n" if missing else "")).encode()
