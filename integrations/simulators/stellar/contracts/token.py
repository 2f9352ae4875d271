"""The Stellar Asset Contract of USDC: the token through which contracts move money."""

from stellar_sdk import Asset, scval

from integrations.providers.stellar.networks import network
from integrations.simulators.stellar import holdings
from integrations.simulators.stellar.amounts import balance_change
from integrations.simulators.stellar.contracts.calls import Call, Function, Program, Trap, address
from integrations.simulators.stellar.holdings import Obstacle

# The token's own error numbers (soroban-env-host, `ContractError`).
_ERRORS = {
    Obstacle.NO_ACCOUNT: 6,
    Obstacle.NO_TRUST: 13,
    Obstacle.NOT_AUTHORIZED: 11,
    Obstacle.LINE_FULL: 10,
    Obstacle.UNDERFUNDED: 10,
}
_NEGATIVE_AMOUNT = 8
_NOT_ENABLED = 3


def transfer(call: Call, *, sender: str, target: str, amount: int) -> None:
    usdc = network().usdc
    _refuse_negative(amount)
    call.require_auth(sender)
    try:
        holdings.debit(call.state, holder=sender, asset=usdc, amount=amount)
        holdings.credit(call.state, holder=target, asset=usdc, amount=amount)
    except holdings.CannotMove as refusal:
        raise Trap(f"HostError: Error(Contract, #{_ERRORS[refusal.obstacle]})") from refusal
    call.host.balance_changes.append(_change(usdc, sender, target, amount))


def clawback(call: Call, *, holder: str, amount: int) -> None:
    """The issuer takes back, from an account or from a contract."""
    usdc = network().usdc
    _refuse_negative(amount)
    call.require_auth(str(usdc.issuer))
    if not holdings.can_be_clawed_back(call.state, holder=holder, asset=usdc):
        raise Trap(f"HostError: Error(Contract, #{_NOT_ENABLED})")
    try:
        holdings.take_back(call.state, holder=holder, asset=usdc, amount=amount)
    except holdings.CannotMove as refusal:
        raise Trap(f"HostError: Error(Contract, #{_ERRORS[refusal.obstacle]})") from refusal
    taken = balance_change(kind="clawback", sender=holder, target="", asset=usdc, stroops=amount)
    call.host.balance_changes.append(taken)


def _refuse_negative(amount: int) -> None:
    if amount < 0:
        raise Trap(f"HostError: Error(Contract, #{_NEGATIVE_AMOUNT})")


def _change(usdc: Asset, sender: str, target: str, amount: int) -> dict[str, str]:
    """CAP-67: what the issuer sends is minted, and what it receives is burnt."""
    kind = "transfer"
    if sender == usdc.issuer:
        kind, sender = "mint", ""
    elif target == usdc.issuer:
        kind, target = "burn", ""
    return balance_change(kind=kind, sender=sender, target=target, asset=usdc, stroops=amount)


PROGRAM: Program = {
    "transfer": Function(transfer, sender=address, target=address, amount=scval.from_int128),
    "clawback": Function(clawback, holder=address, amount=scval.from_int128),
}
