"""What the panel shows of the pretended network, and its buttons."""

from collections.abc import Callable, Mapping
from typing import Any

from stellar_sdk import StrKey

from integrations.simulators.models import (
    StellarAccount,
    StellarClaimableBalance,
    StellarOperation,
    StellarTransaction,
    StellarTrustline,
)
from integrations.simulators.stellar import fees, gifts, ledgers
from integrations.simulators.stellar.amounts import as_amount
from integrations.simulators.stellar.envelopes import read
from ledger import money

SHOWN = 20  # of each kind

Form = Mapping[str, str]
Act = Callable[[str, int], StellarTransaction]


class Mistyped(ValueError):
    """The form says something that cannot be done."""


ACTS: dict[str, tuple[str, Act]] = {
    "payment": (
        "Pay USDC",
        lambda address, amount: gifts.pay_from_stranger(address, amount=amount),
    ),
    "path": ("Pay USDC by path", lambda address, amount: gifts.pay_by_path(address, amount=amount)),
    "contract": (
        "Pay USDC by contract",
        lambda address, amount: gifts.pay_by_contract(address, amount=amount),
    ),
    "wrong-issuer": (
        "Pay a USDC of another issuer",
        lambda address, amount: gifts.pay_foreign(address, amount=amount, code="USDC"),
    ),
    "foreign": (
        "Pay EURX",
        lambda address, amount: gifts.pay_foreign(address, amount=amount, code="EURX"),
    ),
    "merge": (
        "Merge an account with XLM into it",
        lambda address, amount: gifts.pay_by_merge(address, xlm=amount),
    ),
    "claimable": (
        "Lay USDC ready to be claimed",
        lambda address, amount: gifts.lay_ready(address, amount=amount),
    ),
    "clawback": (
        "Claw USDC back",
        lambda address, amount: gifts.claw_back(address, amount=amount),
    ),
}


def act(form: Form) -> str:
    """Do what the form says, and tell what came of it. Raises `Mistyped` or `gifts.Refused`."""
    if form.get("way") not in ACTS:
        raise Mistyped("no such button")
    address = form.get("address", "").strip()
    is_account = StrKey.is_valid_ed25519_public_key(address)
    if not is_account or not StellarAccount.objects.filter(address=address).exists():
        raise Mistyped("there is no such account on this chain")
    label, do = ACTS[form["way"]]
    sent = do(address, _amount(form.get("amount", "")))
    return f"{label}: {sent.hash}"


def shown() -> dict[str, Any]:
    """The ledger, accounts, transactions and claimable balances worth seeing."""
    latest = ledgers.closed(sequence=ledgers.latest().sequence)
    accounts = StellarAccount.objects.order_by("-changed_in", "address")[:SHOWN]
    transactions = StellarTransaction.objects.select_related("ledger").order_by("-id")[:SHOWN]
    return {
        "ledger": latest,
        "base_fee": fees.base_fee(),
        "accounts": [_account(row) for row in accounts.prefetch_related("trustlines")],
        "transactions": [_transaction(row) for row in transactions],
        "claimable_balances": [
            {"row": row, "amount": as_amount(row.amount)}
            for row in StellarClaimableBalance.objects.order_by("-changed_in", "id")[:SHOWN]
        ],
        "stellar_acts": {name: label for name, (label, _) in ACTS.items()},
    }


def _account(row: StellarAccount) -> dict[str, Any]:
    lines = [_line(line) for line in row.trustlines.all()]
    return {"row": row, "xlm": as_amount(row.xlm), "lines": ", ".join(lines) or "–"}


def _line(line: StellarTrustline) -> str:
    return f"{as_amount(line.balance)} {line.asset_code}"


def _transaction(row: StellarTransaction) -> dict[str, Any]:
    memo = read(row.envelope_xdr).transaction.memo
    operations = StellarOperation.objects.filter(transaction=row).order_by("id")
    return {
        "row": row,
        "operations": ", ".join(operations.values_list("type", flat=True)),
        "fee": row.fee_charged,
        "memo": getattr(memo, "memo_text", b"").decode(errors="replace"),
    }


def _amount(text: str) -> int:
    try:
        return money.parse(text.strip(), decimals=money.STROOPS)
    except money.InvalidAmount as error:
        raise Mistyped(error.message) from error
