"""Who holds how much of what: the one way in which any asset reaches or leaves a holder.

A holder is an account (XLM, or an asset through a trustline) or a contract (a token balance).
The issuer of an asset holds it without end.
"""

from enum import Enum, auto

from stellar_sdk import Asset

from integrations.simulators.models import StellarAccount, StellarTrustline
from integrations.simulators.stellar import reserves
from integrations.simulators.stellar.amounts import MOST
from integrations.simulators.stellar.state import State


class Obstacle(Enum):
    NO_ACCOUNT = auto()
    NO_TRUST = auto()
    NOT_AUTHORIZED = auto()
    LINE_FULL = auto()
    UNDERFUNDED = auto()


class CannotMove(Exception):
    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.name)
        self.obstacle = obstacle


def balance(state: State, *, holder: str, asset: Asset) -> int:
    """What a holder has of an issued asset, in stroops."""
    if _is_contract(holder):
        return state.tokens(holder, asset).balance
    line = state.trustline(holder, asset)
    return line.balance if line else 0


def credit(state: State, *, holder: str, asset: Asset, amount: int) -> None:
    """Raises `CannotMove`."""
    if asset.issuer == holder:
        return
    if _is_contract(holder):
        tokens = state.tokens(holder, asset)
        _require(tokens.balance + amount <= MOST, Obstacle.LINE_FULL)
        tokens.balance += amount
    elif asset.is_native():
        _credit_xlm(state, holder, amount)
    else:
        _credit_line(state, holder, asset, amount)


def debit(state: State, *, holder: str, asset: Asset, amount: int) -> None:
    """Raises `CannotMove`."""
    if asset.issuer == holder:
        return
    if _is_contract(holder):
        tokens = state.tokens(holder, asset)
        _require(tokens.balance >= amount, Obstacle.UNDERFUNDED)
        tokens.balance -= amount
    elif asset.is_native():
        _debit_xlm(state, holder, amount)
    else:
        _debit_line(state, holder, asset, amount)


def can_be_clawed_back(state: State, *, holder: str, asset: Asset) -> bool:
    """Whether the issuer may take `asset` back from this holder, if it holds any."""
    if _is_contract(holder):
        issuer = state.account(str(asset.issuer))
        return bool(issuer and issuer.flags & StellarAccount.Flag.AUTH_CLAWBACK_ENABLED)
    line = state.trustline(holder, asset)
    return line is None or bool(line.flags & StellarTrustline.Flag.CLAWBACK_ENABLED)


def take_back(state: State, *, holder: str, asset: Asset, amount: int) -> None:
    """A debit that a missing authorization does not stop. Raises `CannotMove`."""
    place = state.tokens(holder, asset) if _is_contract(holder) else state.trustline(holder, asset)
    if place is None:
        raise CannotMove(Obstacle.NO_TRUST)
    _require(place.balance >= amount, Obstacle.UNDERFUNDED)
    place.balance -= amount


def _credit_xlm(state: State, holder: str, amount: int) -> None:
    account = state.account(holder)
    if account is None:
        raise CannotMove(Obstacle.NO_ACCOUNT)
    _require(account.xlm + amount <= MOST, Obstacle.LINE_FULL)
    account.xlm += amount


def _credit_line(state: State, holder: str, asset: Asset, amount: int) -> None:
    _require(state.account(holder) is not None, Obstacle.NO_ACCOUNT)
    line = _usable_line(state, holder, asset)
    _require(line.balance + amount <= line.limit, Obstacle.LINE_FULL)
    line.balance += amount


def _debit_xlm(state: State, holder: str, amount: int) -> None:
    account = state.account(holder)
    if account is None:
        raise CannotMove(Obstacle.NO_ACCOUNT)
    _require(reserves.spendable(account) >= amount, Obstacle.UNDERFUNDED)
    account.xlm -= amount


def _debit_line(state: State, holder: str, asset: Asset, amount: int) -> None:
    line = _usable_line(state, holder, asset)
    _require(line.balance >= amount, Obstacle.UNDERFUNDED)
    line.balance -= amount


def _usable_line(state: State, holder: str, asset: Asset) -> StellarTrustline:
    line = state.trustline(holder, asset)
    if line is None:
        raise CannotMove(Obstacle.NO_TRUST)
    _require(bool(line.flags & StellarTrustline.Flag.AUTHORIZED), Obstacle.NOT_AUTHORIZED)
    return line


def _is_contract(holder: str) -> bool:
    return holder.startswith("C")


def _require(holds: bool, obstacle: Obstacle) -> None:  # noqa: FBT001 – the condition itself
    if not holds:
        raise CannotMove(obstacle)
