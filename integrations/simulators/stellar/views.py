"""Horizon's endpoints that read: accounts, payments, operations, transactions, ledgers."""

import re
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from stellar_sdk import StrKey

from integrations.simulators.models import (
    StellarAccount,
    StellarOperation,
    StellarTransaction,
)
from integrations.simulators.stellar import fees, ledgers, pages, problems
from integrations.simulators.stellar.endpoints import endpoint, listing
from integrations.simulators.stellar.history import PAYMENTS
from integrations.simulators.stellar.pages import Page, Record
from integrations.simulators.stellar.resources.accounts import account as account_resource
from integrations.simulators.stellar.resources.ledgers import ledger as ledger_resource
from integrations.simulators.stellar.resources.links import links_of
from integrations.simulators.stellar.resources.network import root as root_resource
from integrations.simulators.stellar.resources.operations import operation as operation_resource
from integrations.simulators.stellar.resources.transactions import (
    transaction as transaction_resource,
)

Operations = QuerySet[StellarOperation]
Transactions = QuerySet[StellarTransaction]


@endpoint("GET")
def root(request: HttpRequest) -> Any:
    return root_resource(links_of(request))


@endpoint("GET")
def account(request: HttpRequest, address: str) -> Any:
    _check_address(address)
    return account_resource(
        found(StellarAccount.objects.filter(address=address)), links_of(request)
    )


@endpoint("GET")
def account_entry(_request: HttpRequest, address: str, name: str) -> Any:
    _check_address(address)
    row = found(StellarAccount.objects.filter(address=address))
    return {"value": found(row.data.filter(name=name)).value}


@endpoint("GET")
def account_payments(request: HttpRequest, address: str) -> Any:
    return _operations(request, _payments(request).filter(**_with(address)))


@endpoint("GET")
def account_operations(request: HttpRequest, address: str) -> Any:
    return _operations(request, _finished(request).filter(**_with(address)))


@endpoint("GET")
def account_transactions(request: HttpRequest, address: str) -> Any:
    return _transactions(request, StellarTransaction.objects.filter(**_with(address)))


@endpoint("GET")
def payments(request: HttpRequest) -> Any:
    return _operations(request, _payments(request))


@endpoint("GET")
def operations(request: HttpRequest) -> Any:
    return _operations(request, _finished(request))


@endpoint("GET")
def operation(request: HttpRequest, operation_id: int) -> Any:
    rows = StellarOperation.objects.select_related("transaction__ledger").filter(id=operation_id)
    return operation_resource(_told(rows), links_of(request))


@endpoint("GET")
def transactions(request: HttpRequest) -> Any:
    return _transactions(request, StellarTransaction.objects.all())


@endpoint("GET")
def transaction(request: HttpRequest, tx_hash: str) -> Any:
    return transaction_resource(_transaction(tx_hash), links_of(request), asked_for=tx_hash)


@endpoint("GET")
def transaction_operations(request: HttpRequest, tx_hash: str) -> Any:
    # Of a failed transaction too: whoever asks by its hash wants to see what was tried.
    return _operations(request, StellarOperation.objects.filter(transaction=_transaction(tx_hash)))


@endpoint("GET")
def transaction_payments(request: HttpRequest, tx_hash: str) -> Any:
    return _operations(request, _payments(request).filter(transaction=_transaction(tx_hash)))


@endpoint("GET")
def ledger_list(request: HttpRequest) -> Any:
    return listing(request, lambda page: _ledgers(request, page))


@endpoint("GET")
def ledger(request: HttpRequest, sequence: int) -> Any:
    _check_ledger(sequence)
    return _ledgers(request, Page(cursor=(sequence << 32) - 1, limit=1))[0]


@endpoint("GET")
def ledger_transactions(request: HttpRequest, sequence: int) -> Any:
    _check_ledger(sequence)
    return _transactions(request, StellarTransaction.objects.filter(ledger_id=sequence))


@endpoint("GET")
def ledger_operations(request: HttpRequest, sequence: int) -> Any:
    _check_ledger(sequence)
    return _operations(request, _finished(request).filter(**_in(sequence)))


@endpoint("GET")
def ledger_payments(request: HttpRequest, sequence: int) -> Any:
    _check_ledger(sequence)
    return _operations(request, _payments(request).filter(**_in(sequence)))


@endpoint("GET")
def fee_stats(_request: HttpRequest) -> Any:
    newest = ledgers.told().newest or ledgers.latest()
    return fees.stats(last_ledger=newest.sequence)


def found(rows: "QuerySet[Any]") -> Any:
    """The one row that was asked for. Raises `Problem`."""
    row = rows.first()
    if row is None:
        raise problems.not_found()
    return row


def _told(rows: "QuerySet[Any]") -> Any:
    """The one row that was asked for, if history tells of it. Raises `Problem`."""
    page = pages.within_history(cursor=None, descending=False, limit=1)
    row = found(rows)
    if row.id < page.above:
        raise problems.before_history()
    if page.below is not None and row.id >= page.below:
        raise problems.not_found()
    return row


def _transaction(tx_hash: str) -> StellarTransaction:
    if not re.fullmatch("[0-9a-f]{64}", tx_hash):
        raise problems.bad_request(field="tx_id", reason="tx_id: invalid hash")
    rows = StellarTransaction.objects.select_related("ledger")
    row: StellarTransaction = _told(rows.filter(Q(hash=tx_hash) | Q(inner_hash=tx_hash)))
    return row


def _payments(request: HttpRequest) -> Operations:
    if not _wants_failed(request):
        return StellarOperation.objects.filter(is_payment=True)
    failed = Q(type__in=PAYMENTS, transaction__successful=False)
    return StellarOperation.objects.filter(Q(is_payment=True) | failed)


def _finished(request: HttpRequest) -> Operations:
    rows = StellarOperation.objects.all()
    return rows if _wants_failed(request) else rows.filter(transaction__successful=True)


def _operations(request: HttpRequest, rows: Operations) -> Any:
    link, is_joined = links_of(request), request.GET.get("join") == "transactions"
    rows = rows.select_related("transaction__ledger")

    def fetch(page: Page) -> list[Record]:
        records = []
        for row in page.of(rows):
            record = operation_resource(row, link)
            if is_joined:
                record["transaction"] = transaction_resource(row.transaction, link)
            records.append(record)
        return records

    return listing(request, fetch)


def _transactions(request: HttpRequest, rows: Transactions) -> Any:
    link = links_of(request)
    if not _wants_failed(request):
        rows = rows.filter(successful=True)
    rows = rows.select_related("ledger")
    return listing(request, lambda page: [transaction_resource(row, link) for row in page.of(rows)])


def _wants_failed(request: HttpRequest) -> bool:
    return request.GET.get("include_failed") == "true"


def _with(address: str) -> dict[str, Any]:
    """Whatever this account takes part in, also if it has ended since."""
    _check_address(address)
    known = {"participants__contains": [address]}
    if not StellarAccount.objects.filter(address=address).exists():
        found(StellarOperation.objects.filter(**known))
    return known


def _in(sequence: int) -> dict[str, int]:
    return {"id__gte": sequence << 32, "id__lt": sequence + 1 << 32}


def _check_address(address: str) -> None:
    if not StrKey.is_valid_ed25519_public_key(address):
        raise problems.bad_request(field="account_id", reason="account_id: invalid address")


def _check_ledger(sequence: int) -> None:
    told = ledgers.told()
    if 1 <= sequence < told.elder:
        raise problems.before_history()
    if not 1 <= sequence <= (told.newest or ledgers.latest()).sequence:
        raise problems.not_found()


def _ledgers(request: HttpRequest, page: Page) -> list[Record]:
    """Ledgers follow from the clock; only those with a transaction are rows."""
    sequences, link = _sequences(page), links_of(request)
    rows = StellarTransaction.objects.filter(ledger_id__in=list(sequences))
    rows = rows.prefetch_related(
        Prefetch("operations", StellarOperation.objects.only("id", "transaction_id"))
    )
    carried: dict[int, list[StellarTransaction]] = {}
    for row in rows:
        carried.setdefault(row.ledger_id, []).append(row)
    return [
        ledger_resource(
            ledgers.closed(sequence=sequence), link, transactions=carried.get(sequence, [])
        )
        for sequence in sequences
    ]


def _sequences(page: Page) -> range:
    """The ledger numbers of a page: a cursor is a number, shifted."""
    newest = ledgers.latest().sequence if page.below is None else (page.below >> 32) - 1
    oldest = max(1, page.above >> 32)
    seen = None if page.cursor is None else page.cursor >> 32
    if page.descending:
        start = newest if seen is None else min(newest, seen - 1)
        return range(start, max(oldest - 1, start - page.limit), -1)
    start = oldest if seen is None else max(oldest, seen + 1)
    return range(start, min(newest, start + page.limit - 1) + 1)
