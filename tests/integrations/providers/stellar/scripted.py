"""A Horizon that tells of payments that a test writes by hand: every kind, and every lie."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from integrations.providers.stellar.networks import network, pretended_key
from tests.listening import at_a_free_port

LEDGER = 1_000  # of the first record, unless it says otherwise
SOMEBODY = pretended_key("somebody").public_key
STRANGERS_ISSUER = pretended_key("another issuer").public_key
_numbers = count(1)


@dataclass
class Script:
    """Records that are on the chain, and answers that come before them, in order."""

    url: str = ""
    records: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    newest: int = LEDGER - 1
    oldest: int = 1
    forgets_in_silence: bool = False  # or else with a 410
    closed_at: str = "2999-01-01T00:00:00Z"  # the newest ledger: never too old

    def says(self, status: int, body: Any) -> None:
        """The next answer to a question for payments."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, text))

    def answer(self, target: str) -> tuple[int, bytes]:
        self.asked.append(target)
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if path == "/":
            return 200, json.dumps(self._root()).encode()
        if self.answers:
            return self.answers.pop(0)
        after = int(query["cursor"][0])
        if after >> 32 < self.oldest - 1 and not self.forgets_in_silence:
            return 410, json.dumps({"status": 410, "title": "Data Requested Is Before"}).encode()
        seen = [record for record in self.records if self._tells_of(record, after)]
        return 200, json.dumps(page(*seen[: int(query["limit"][0])])).encode()

    def _tells_of(self, record: dict[str, Any], after: int) -> bool:
        return int(record["id"]) > after and int(record["id"]) >> 32 >= self.oldest

    def _root(self) -> dict[str, Any]:
        last = [int(record["id"]) >> 32 for record in self.records[-1:]]
        return {
            "network_passphrase": network().passphrase,
            "history_elder_ledger": self.oldest,
            "history_latest_ledger": max([self.newest, *last]),
            "history_latest_ledger_closed_at": self.closed_at,
        }


def page(*records: Any) -> dict[str, Any]:
    return {"_embedded": {"records": list(records)}}


def record(type: str, *, ledger: int = LEDGER, tx: str = "", **facts: Any) -> dict[str, Any]:
    """One operation, behind all those before it; alone in its transaction unless `tx` says so."""
    number = str((ledger << 32) + next(_numbers))
    tx_hash = tx or f"{int(number):064x}"
    return {
        "id": number,
        "paging_token": number,
        "type": type,
        "transaction_hash": tx_hash,
        "transaction_successful": True,
        "transaction": {
            "hash": tx_hash,
            "ledger": ledger,
            "created_at": "2026-01-31T12:00:00Z",
            "memo_type": "none",
        },
        **facts,
    }


def usdc(*, prefix: str = "asset_", issuer: str = "") -> dict[str, str]:
    return {
        f"{prefix}type": "credit_alphanum4",
        f"{prefix}code": "USDC",
        f"{prefix}issuer": issuer or network().usdc_issuer,
    }


def payment(target: str, amount: Any = "1.0000000", **facts: Any) -> dict[str, Any]:
    said = {"from": SOMEBODY, "to": target, "amount": amount, **usdc()}
    return record("payment", **{**said, **facts})


def path_payment(target: str, amount: str, *, sent: str, **facts: Any) -> dict[str, Any]:
    """The sender pays in XLM, the target gets USDC."""
    said = {
        **{"from": SOMEBODY, "to": target, "amount": amount, **usdc()},
        **{"source_amount": sent, "source_asset_type": "native"},
    }
    return record("path_payment_strict_receive", **{**said, **facts})


def contract_call(*changes: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return record("invoke_host_function", asset_balance_changes=list(changes), **facts)


def change(type: str, amount: str = "1.0000000", **sides: str) -> dict[str, Any]:
    return {"type": type, "amount": amount, **usdc(), **sides}


@contextmanager
def running() -> Iterator[Script]:
    """A Horizon that listens on a free port."""
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = script.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silence: the test says what happened."""

    with at_a_free_port(Handler) as script.url:
        yield script
