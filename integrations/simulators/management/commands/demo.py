"""`manage.py demo`: one sale against the running sandbox, told step by step, with the money table.

It knows the system only from outside: the public API and the sandbox routes.
"""

import json
import sys
import time
from argparse import ArgumentParser
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from ledger.fields import new_id

PATIENCE = 45  # seconds that one step may take
CENT = Decimal("0.01")
COLUMNS = {
    "Ada has": ("ada", "available"),
    "escrow": ("ada", "in_escrow"),
    "Ben has": ("ben", "available"),
    "paying": ("ben", "paying_out"),
}
BOOK = {"fees": "platform_fees", "of them 0.3 %": "protocol_fees", "Airtm": "airtm_float"}


class Faltered(Exception):
    """A step did not end as it should."""


class Command(BaseCommand):
    help = "Play one sale against the running sandbox and show where the money went."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--sandbox", type=Path, default=settings.STATE_DIR / "sandbox.json",
            help="the file that `make sandbox` wrote",
        )  # fmt: skip

    def handle(self, *_: Any, sandbox: Path, **__: Any) -> None:
        if not sandbox.exists():
            self.stderr.write(f"{sandbox} is not there: run `make sandbox` first")
            sys.exit(2)
        told = json.loads(sandbox.read_text())
        try:
            is_balanced = Demo(told["base_url"], told["api_key"]).play()
        except requests.ConnectionError:
            self.stderr.write(f"nothing answers at {told['base_url']}: run `make sandbox` first")
            sys.exit(2)
        except (Faltered, requests.RequestException) as error:
            self.stderr.write(f"the demo stopped: {error}")
            sys.exit(1)
        sys.exit(0 if is_balanced else 1)


class Demo:
    """Ada tops up and pays for a logo, Ben delivers, is paid, and takes his money out."""

    def __init__(self, base: str, key: str) -> None:
        self.base = base
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key}"
        self.console = Console()
        self.rows: list[tuple[str, list[str]]] = []
        self.people: dict[str, str] = {}

    def play(self) -> bool:
        self._people()
        self._top_up()
        order = self._pay()
        self._deliver(order)
        self._release(order)
        self._withdraw()
        return self._tell()

    def _people(self) -> None:
        """The same two as in docs/quickstart.md: an Airtm account belongs to one user."""
        for name, kind in (("ada", "BUYER"), ("ben", "SELLER")):
            email = f"{name}@example.com"
            body = {"external_id": name, "email": email, "type": kind}
            user = self.people[name] = self._post("users", body)["id"]
            if not self._is_linked(user):
                self._post(f"users/{user}/airtm/link", {"email": email})
                self._until(f"users/{user}/airtm/link", "LINKED", "Airtm to know them")

    def _is_linked(self, user: str) -> bool:
        link = self.session.get(f"{self.base}/users/{user}/airtm/link", timeout=40)
        return bool(link.ok and link.json()["status"] == "LINKED")

    def _top_up(self) -> None:
        body = {"user_id": self.people["ada"], "amount": "150.00", "description": "For a logo"}
        topup = self._post("topups", body, wait=20)
        self._say(f"Ada asks to top up 150.00; Airtm's page is {topup['confirmation_url']}")
        self._post(f"sandbox/topups/{topup['id']}/confirm")
        self._until(f"topups/{topup['id']}", "SUCCEEDED", "Airtm's webhook")
        self._step(
            "topped up", "Ada topped up 150.00: confirmed on Airtm's page, told by its webhook"
        )

    def _pay(self) -> str:
        body = {
            "buyer_id": self.people["ada"], "seller_id": self.people["ben"], "amount": "100.00",
            "currency": "USD", "title": "A logo", "description": "One logo, three drafts",
        }  # fmt: skip
        order: str = self._post("orders", body)["id"]
        self._post(f"orders/{order}/checkout")
        paid = self._until(f"orders/{order}", "IN_PROGRESS", "wallets, contract and funding")
        self._step("in escrow", f"Ada paid 100.00 into contract {paid['escrow']['contract_id']}")
        return order

    def _deliver(self, order: str) -> None:
        self._post(f"orders/{order}/deliver", {"evidence": "https://example.com/logo.svg"})
        self._step("delivered", "Ben delivered: the money stays where it is until Ada says so")

    def _release(self, order: str) -> None:
        self._post(f"orders/{order}/release", {"requested_by": "BUYER"})
        self._until(f"orders/{order}", "CLOSED", "done, approved, released on the chain")
        self._step("released", "Ada released it: 100.00 less 5 % for us and 0.3 % for the protocol")

    def _withdraw(self) -> None:
        available = Decimal(self._get(f"users/{self.people['ben']}/balance")["available"])
        body = {
            "user_id": self.people["ben"],
            "amount": str(available.quantize(CENT, ROUND_DOWN)),  # Airtm pays whole cents
            "destination": {"type": "AIRTM"},
        }
        withdrawal = self._post("withdrawals", body, wait=20)["id"]
        self._post(f"withdrawals/{withdrawal}/commit")
        paid = self._until(f"withdrawals/{withdrawal}", "COMPLETED", "Airtm's payout")
        self._step("paid out", f"Ben was paid {paid['received']} to {paid['destination']['email']}")

    def _tell(self) -> bool:
        table = Table("", *COLUMNS, *BOOK, title="Where the money is")
        for what, figures in self.rows:
            table.add_row(what, *figures)
        self.console.print(table)
        is_balanced: bool = self._get("ledger/trial-balance")["balanced"]
        self._say(f"books balanced: {'yes' if is_balanced else 'no'}")
        return is_balanced

    def _step(self, what: str, how: str) -> None:
        """Say what happened, and note where the money is now."""
        self._say(f"{len(self.rows) + 1}. {how}")
        balances = {name: self._get(f"users/{user}/balance") for name, user in self.people.items()}
        accounts = self._get("ledger/trial-balance")["accounts"]
        book = {line["kind"]: line["balance"] for line in accounts}
        figures = [balances[name][field] for name, field in COLUMNS.values()]
        self.rows.append((what, [*figures, *(book[kind] for kind in BOOK.values())]))

    def _until(self, path: str, status: str, what: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        with self._progress() as progress:
            task = progress.add_task(f"waiting for {what}")
            while (seen := self._get(path))["status"] != status:
                if time.monotonic() > deadline or seen.get("failure"):
                    raise Faltered(f"{path} is {seen['status']}, not {status}: {seen}")
                progress.update(task, description=f"waiting for {what}: {seen['status']}")
                time.sleep(0.2)
        return seen

    def _progress(self) -> Progress:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        return Progress(*columns, console=self.console, transient=True)

    def _get(self, path: str) -> Any:
        return self._answer("GET", path)

    def _post(self, path: str, body: Any = None, *, wait: int = 0) -> Any:
        headers = {"Idempotency-Key": new_id("demo")}
        if wait:
            headers["Prefer"] = f"wait={wait}"
        return self._answer("POST", path, json=body or {}, headers=headers)

    def _answer(self, method: str, path: str, **options: Any) -> Any:
        answer = self.session.request(method, f"{self.base}/{path}", timeout=40, **options)
        if not answer.ok:
            raise Faltered(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def _say(self, text: str) -> None:
        self.console.print(text, highlight=False, soft_wrap=True)
