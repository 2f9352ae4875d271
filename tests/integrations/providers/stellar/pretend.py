"""A tiny Horizon that applies whatever it is handed, and fails in the ways that a test asks for.

The simulator checks real rules; this one exists to lose answers, and to lag, at an exact moment.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from stellar_sdk import FeeBumpTransactionEnvelope, TransactionBuilder, xdr
from stellar_sdk.xdr import TransactionResultCode as Result

from integrations.providers.stellar.networks import network
from integrations.simulators.stellar import results
from tests.listening import at_a_free_port

NOT_FOUND = {"type": ".../not_found", "title": "Resource Missing", "status": 404}
START = datetime(2020, 1, 1, tzinfo=UTC)


def failure(code: Any) -> str:
    """The stored result of a transaction whose only operation came to this."""
    answer = results.operation_result(code)
    return results.transaction_result(Result.txFAILED, fee_charged=100, operations=[answer])


LOW_RESERVE = failure(xdr.CreateAccountResultCode.CREATE_ACCOUNT_LOW_RESERVE)


@dataclass
class Pretend:
    url: str = ""
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    applied: dict[str, dict[str, Any]] = field(default_factory=dict)  # by inner hash
    closed_at: datetime = START
    posted: list[str] = field(default_factory=list)
    drops: bool = False  # answers 504 and applies nothing
    loses_answer: bool = False  # applies, and answers 504
    refuses: dict[str, Any] | None = None  # result codes of a 400 that applies nothing
    fails: bool = False  # includes it, without effect
    result_xdr: str = failure(
        xdr.CreateAccountResultCode.CREATE_ACCOUNT_LOW_RESERVE
    )  # of what fails
    offered: int = 0  # by others for an operation, in stroops; 0 and it does not tell
    ledger: int = 9  # its newest
    passphrase: str = field(default_factory=lambda: network().passphrase)
    is_down: bool = False
    answers_posts_with: tuple[int, Any] | None = None
    hides: bool = False  # what it has applied is not in its history yet
    hides_until_the_ledger_is_read: bool = False
    asked: list[str] = field(default_factory=list)

    def open_account(self, address: str, *, sequence: int = 100, trusts: bool = True) -> None:
        usdc = {
            "asset_type": "credit_alphanum4",
            "asset_code": "USDC",
            "asset_issuer": network().usdc_issuer,
            "balance": "250.0000001",
        }
        native = {"asset_type": "native", "balance": "10.0000000"}
        self.accounts[address] = {
            "account_id": address,
            "sequence": str(sequence),
            "balances": [usdc, native] if trusts else [native],
        }

    def answer_get(self, path: str) -> tuple[int, Any]:
        self.asked.append(path)
        known = self._history(path) if path.startswith("/transactions/") else self._state(path)
        return (404, NOT_FOUND) if known is None else (200, known)

    def _state(self, path: str) -> Any:
        match path.strip("/").split("/"):
            case ["accounts", address]:
                return self.accounts.get(address)
            case ["fee_stats"] if self.offered:
                return {"max_fee": {"p95": str(self.offered)}}
            case [""]:
                self.hides = self.hides and not self.hides_until_the_ledger_is_read
                return {
                    "network_passphrase": self.passphrase,
                    "history_latest_ledger": self.ledger,
                    "history_latest_ledger_closed_at": self.closed_at.isoformat(),
                }
        return None

    def _history(self, path: str) -> Any:
        tx_hash, _, operations = path.removeprefix("/transactions/").partition("/")
        found = None if self.hides else self.applied.get(tx_hash)
        return {"_embedded": {"records": []}} if found and operations else found

    def answer_post(self, envelope_xdr: str) -> tuple[int, Any]:
        self.posted.append(envelope_xdr)
        if self.answers_posts_with:
            return self.answers_posts_with
        if self.drops:
            return 504, {"title": "Timeout", "status": 504}
        if self.refuses is not None:
            extras = {"result_codes": self.refuses}
            return 400, {"title": "Transaction Failed", "status": 400, "extras": extras}
        record = self._apply(envelope_xdr)
        if self.loses_answer:
            return 504, {"title": "Timeout", "status": 504}
        return 200, record

    def _apply(self, envelope_xdr: str) -> Any:
        parsed = TransactionBuilder.from_xdr(envelope_xdr, network().passphrase)
        bumped = isinstance(parsed, FeeBumpTransactionEnvelope)
        inner = parsed.transaction.inner_transaction_envelope if bumped else parsed
        source = inner.transaction.source.account_id
        if inner.hash_hex() not in self.applied:
            assert inner.transaction.sequence == int(self.accounts[source]["sequence"]) + 1
            self.accounts[source]["sequence"] = str(inner.transaction.sequence)
            self.applied[inner.hash_hex()] = {
                "hash": parsed.hash_hex(),
                "ledger": 7,
                "created_at": self.closed_at.isoformat(),
                "successful": not self.fails,
                "fee_charged": "400",
                "result_xdr": self.result_xdr,
                **({"inner_transaction": {"hash": inner.hash_hex()}} if bumped else {}),
            }
        return self.applied[inner.hash_hex()]


@contextmanager
def running() -> Iterator[Pretend]:
    """A Horizon that listens on a free port."""
    horizon = Pretend()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._write(*horizon.answer_get(urlsplit(self.path).path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._write(*horizon.answer_post(parse_qs(body)["tx"][0]))

        def _write(self, status: int, body: Any) -> None:
            status, body = (503, {"status": 503}) if horizon.is_down else (status, body)
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Silence: the test says what happened."""

    with at_a_free_port(Handler) as horizon.url:
        yield horizon
