"""Horizon's feed of payments, turned into what moved: strict, because it is money that nobody else
vouches for."""

from collections.abc import Iterator
from typing import Any

from integrations.providers.ports import FeedPage, MovementKind, Observed
from integrations.providers.redaction import storable
from integrations.providers.stellar.mapping import Unreadable, moment, records, stroops
from integrations.providers.stellar.networks import network

PAGE = 200  # records, the most that Horizon gives
USDC, XLM = "USDC", "XLM"

_LONGEST = 120  # characters of a name that we keep: addresses have at most 69
_PATH_PAYMENTS = {"path_payment_strict_receive", "path_payment_strict_send"}
_CHANGES = {
    "transfer": MovementKind.TRANSFER,
    "mint": MovementKind.MINT,
    "burn": MovementKind.BURN,
    "clawback": MovementKind.CLAWBACK,
}


def page(body: Any, *, after: int) -> FeedPage:
    """The movements of a page that was asked for behind `after`. Raises `Unreadable`.

    The records must climb: a page out of order, or one that leads back, is not Horizon's.
    """
    try:
        listed = records(body)
        cursor = _climbing([_token(record) for record in listed], after=after)
        return FeedPage(
            movements=tuple(moved for record in listed for moved in _observed(record)),
            cursor=cursor,
            is_full=len(listed) >= PAGE,
        )
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as flaw:
        raise Unreadable(f"no page of payments: {flaw!r}"[:500]) from flaw


def cursor_before(ledger: int) -> int:
    """The cursor behind everything that happened before this ledger."""
    return (ledger << 32) - 1


def ledger_of(cursor: int) -> int:
    """The ledger in which a record stands, or to the end of which a cursor has come."""
    return cursor >> 32


def oldest_ledger(body: Any) -> int:
    """Raises `Unreadable`."""
    try:
        return int(body["history_elder_ledger"])
    except (KeyError, TypeError, ValueError) as flaw:
        raise Unreadable(f"no root resource: {flaw!r}") from flaw


def _token(record: Any) -> int:
    """Its place in the feed; the operation's id is the same number."""
    token = _number(record["paging_token"])
    if _number(record["id"]) != token:
        raise ValueError(f"{record['id']} stands at {token}")
    return token


def _number(text: Any) -> int:
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and int(text) < 2**63):
        raise ValueError(f"{text!r} is no place in the feed")
    return int(text)


def _climbing(tokens: list[int], *, after: int) -> int:
    for token in tokens:
        if token <= after:
            raise ValueError(f"{token} comes behind {after}")
        after = token
    return after


def _observed(record: Any) -> Iterator[Observed]:
    """What one operation moved; one that failed moved nothing."""
    if _is_successful(record):
        transaction = _transaction(record)
        for index, movement in enumerate(_movements(record)):
            if movement["amount"] or movement["kind"] == MovementKind.MERGE:
                place: dict[str, Any] = {"operation_id": _token(record), "index": index}
                yield Observed(**place, **movement, **transaction)


def _is_successful(record: Any) -> bool:
    successful = record["transaction_successful"]
    if not isinstance(successful, bool):
        raise TypeError(f"{successful!r} is neither success nor failure")
    return successful


def _transaction(record: Any) -> dict[str, Any]:
    joined = record["transaction"]
    inner = joined.get("inner_transaction") or joined
    if joined["hash"] != record["transaction_hash"]:
        raise ValueError(f"{record['transaction_hash']} is told with another transaction")
    return {
        "tx_hash": _hash(joined["hash"]),
        "inner_hash": _hash(inner["hash"]),
        "ledger": int(joined["ledger"]),
        "closed_at": moment(joined["created_at"]),
        "memo": _text(joined.get("memo") or ""),
    }


def _movements(record: Any) -> list[dict[str, Any]]:
    kind = record["type"]
    if kind == "payment":
        return [_payment(record)]
    if kind in _PATH_PAYMENTS:
        return [_path_payment(record)]
    if kind == "create_account":
        return [_of_xlm(record, MovementKind.CREATION, "funder", "account", "starting_balance")]
    if kind == "account_merge":
        return [_of_xlm(record, MovementKind.MERGE, "account", "into", "")]
    return [_change(change) for change in record.get("asset_balance_changes") or ()]


def _payment(record: Any) -> dict[str, Any]:
    asset, amount = _asset(record), stroops(record["amount"])
    return {
        "kind": MovementKind.PAYMENT,
        "source": _text(record["from"]),
        "sent": amount,
        "sent_asset": asset,
        "target": _text(record["to"]),
        "amount": amount,
        "asset": asset,
        "muxed_id": _text(record.get("to_muxed_id") or ""),
    }


def _path_payment(record: Any) -> dict[str, Any]:
    """What arrives is `amount`; what was paid for it is told beside it."""
    return _payment(record) | {
        "kind": MovementKind.PATH_PAYMENT,
        "sent": stroops(record["source_amount"]),
        "sent_asset": _asset(record, prefix="source_asset_"),
    }


def _change(change: Any) -> dict[str, Any]:
    """One balance that a contract call changed; minting and burning have one side only."""
    asset, amount = _asset(change), stroops(change["amount"])
    return {
        "kind": _CHANGES[change["type"]],
        "source": _text(change.get("from") or ""),
        "sent": amount,
        "sent_asset": asset,
        "target": _text(change.get("to") or ""),
        "amount": amount,
        "asset": asset,
        "muxed_id": _text(change.get("destination_muxed_id") or ""),
    }


def _of_xlm(
    record: Any, kind: MovementKind, source: str, target: str, amount: str
) -> dict[str, Any]:
    moved = stroops(record[amount]) if amount else 0
    return {
        "kind": kind,
        "source": _text(record[source]),
        "sent": moved,
        "sent_asset": XLM,
        "target": _text(record[target]),
        "amount": moved,
        "asset": XLM,
        "muxed_id": "",
    }


def _asset(record: Any, *, prefix: str = "asset_") -> str:
    if record[f"{prefix}type"] == "native":
        return XLM
    code, issuer = _text(record[f"{prefix}code"]), _text(record[f"{prefix}issuer"])
    usdc = network().usdc
    return USDC if (code, issuer) == (usdc.code, usdc.issuer) else f"{code}:{issuer}"


def _hash(text: Any) -> str:
    if not isinstance(text, str) or len(text) != 64:
        raise ValueError(f"{text!r} is no hash")
    return text


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise TypeError(f"{value!r} is no name")
    return storable(value)
