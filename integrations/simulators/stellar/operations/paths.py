"""Payments in which one asset is paid and another one arrives."""

from enum import IntEnum
from itertools import pairwise
from typing import Any

from stellar_sdk import Asset, Keypair, PathPaymentStrictReceive, PathPaymentStrictSend, xdr
from stellar_sdk.xdr import PathPaymentStrictReceiveResultCode as Received
from stellar_sdk.xdr import PathPaymentStrictSendResultCode as Sent

from integrations.simulators.stellar import exchange, genesis, holdings
from integrations.simulators.stellar.amounts import as_amount, to_stroops
from integrations.simulators.stellar.holdings import Obstacle
from integrations.simulators.stellar.operations.run import Outcome, Run, fail

PathPayment = PathPaymentStrictReceive | PathPaymentStrictSend
_RECEIVE, _SEND = "PATH_PAYMENT_STRICT_RECEIVE_", "PATH_PAYMENT_STRICT_SEND_"
# The ends of the codes' names: both operations have the same ones.
_PAYER = {
    Obstacle.NO_TRUST: "SRC_NO_TRUST",
    Obstacle.NOT_AUTHORIZED: "SRC_NOT_AUTHORIZED",
    Obstacle.UNDERFUNDED: "UNDERFUNDED",
}
_PAID = {
    Obstacle.NO_ACCOUNT: "NO_DESTINATION",
    Obstacle.NO_TRUST: "NO_TRUST",
    Obstacle.NOT_AUTHORIZED: "NOT_AUTHORIZED",
    Obstacle.LINE_FULL: "LINE_FULL",
}


def strict_receive(operation: PathPaymentStrictReceive, *, source: str, run: Run) -> Outcome:
    amount, most = to_stroops(operation.dest_amount), to_stroops(operation.send_max)
    if amount <= 0 or most <= 0:
        fail(Received.PATH_PAYMENT_STRICT_RECEIVE_MALFORMED)
    _credit(operation, amount, run)
    _refuse_own_offers(operation, source)
    trades, cost = [], amount
    for wanted, given in pairwise(reversed(_hops(operation))):
        got = cost
        try:
            cost = exchange.cost(wanted=wanted, amount=got, given=given)
            trades.insert(
                0, exchange.trade(run.state, wanted=wanted, got=got, given=given, paid=cost)
            )
        except exchange.NobodySells:
            fail(Received.PATH_PAYMENT_STRICT_RECEIVE_TOO_FEW_OFFERS)
    if cost > most:
        fail(Received.PATH_PAYMENT_STRICT_RECEIVE_OVER_SENDMAX)
    _debit(operation, source, cost, run)
    return _outcome(operation, trades, sent=cost, arrived=amount)


def strict_send(operation: PathPaymentStrictSend, *, source: str, run: Run) -> Outcome:
    amount, least = to_stroops(operation.send_amount), to_stroops(operation.dest_min)
    if amount <= 0 or least <= 0:
        fail(Sent.PATH_PAYMENT_STRICT_SEND_MALFORMED)
    _debit(operation, source, amount, run)
    _refuse_own_offers(operation, source)
    trades, got = [], amount
    for given, wanted in pairwise(_hops(operation)):
        paid = got
        try:
            got = exchange.proceeds(given=given, amount=paid, wanted=wanted)
            trades.append(exchange.trade(run.state, wanted=wanted, got=got, given=given, paid=paid))
        except exchange.NobodySells:
            fail(Sent.PATH_PAYMENT_STRICT_SEND_TOO_FEW_OFFERS)
    if got < least:
        fail(Sent.PATH_PAYMENT_STRICT_SEND_UNDER_DESTMIN)
    _credit(operation, got, run)
    return _outcome(operation, trades, sent=amount, arrived=got)


def _hops(operation: PathPayment) -> list[Asset]:
    """The assets from the payer's to the payee's, each once in a row."""
    hops: list[Asset] = []
    for asset in (operation.send_asset, *operation.path, operation.dest_asset):
        if not hops or hops[-1] != asset:
            hops.append(asset)
    return hops


def _refuse_own_offers(operation: PathPayment, source: str) -> None:
    if source == genesis.MARKET.public_key and len(_hops(operation)) > 1:
        fail(_code(operation, "OFFER_CROSS_SELF"))


def _credit(operation: PathPayment, amount: int, run: Run) -> None:
    target = operation.destination.account_id
    try:
        holdings.credit(run.state, holder=target, asset=operation.dest_asset, amount=amount)
    except holdings.CannotMove as refusal:
        fail(_code(operation, _PAID[refusal.obstacle]))


def _debit(operation: PathPayment, source: str, amount: int, run: Run) -> None:
    try:
        holdings.debit(run.state, holder=source, asset=operation.send_asset, amount=amount)
    except holdings.CannotMove as refusal:
        fail(_code(operation, _PAYER[refusal.obstacle]))


def _code(operation: PathPayment, ending: str) -> IntEnum:
    if isinstance(operation, PathPaymentStrictReceive):
        return Received[_RECEIVE + ending]
    return Sent[_SEND + ending]


def _outcome(
    operation: PathPayment, trades: list[xdr.ClaimAtom], *, sent: int, arrived: int
) -> Outcome:
    last: dict[str, Any] = {
        "destination": Keypair.from_public_key(operation.destination.account_id).xdr_account_id(),
        "asset": operation.dest_asset.to_xdr_object(),
        "amount": xdr.Int64(arrived),
    }
    is_receive = isinstance(operation, PathPaymentStrictReceive)
    success = (
        xdr.PathPaymentStrictReceiveResultSuccess
        if is_receive
        else xdr.PathPaymentStrictSendResultSuccess
    )
    return Outcome(
        _code(operation, "SUCCESS"),
        members={"success": success(offers=trades, last=xdr.SimplePaymentResult(**last))},
        facts={"amount": as_amount(arrived), "source_amount": as_amount(sent)},
    )
