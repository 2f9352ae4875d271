"""Payments from account to account."""

from stellar_sdk import Payment
from stellar_sdk.xdr import PaymentResultCode as Code

from integrations.simulators.stellar import holdings
from integrations.simulators.stellar.amounts import to_stroops
from integrations.simulators.stellar.holdings import Obstacle
from integrations.simulators.stellar.operations.run import Outcome, Run, fail

# In the words of the account that pays, and of the one that is paid.
_PAYER = {
    Obstacle.NO_TRUST: Code.PAYMENT_SRC_NO_TRUST,
    Obstacle.NOT_AUTHORIZED: Code.PAYMENT_SRC_NOT_AUTHORIZED,
    Obstacle.UNDERFUNDED: Code.PAYMENT_UNDERFUNDED,
}
_PAID = {
    Obstacle.NO_ACCOUNT: Code.PAYMENT_NO_DESTINATION,
    Obstacle.NO_TRUST: Code.PAYMENT_NO_TRUST,
    Obstacle.NOT_AUTHORIZED: Code.PAYMENT_NOT_AUTHORIZED,
    Obstacle.LINE_FULL: Code.PAYMENT_LINE_FULL,
}


def payment(operation: Payment, *, source: str, run: Run) -> Outcome:
    amount = to_stroops(operation.amount)
    if amount <= 0:
        fail(Code.PAYMENT_MALFORMED)
    target = operation.destination.account_id
    # The payer first, where it pays itself: then the same amount fits in again.
    steps = (_debit, _credit) if target == source else (_credit, _debit)
    for step in steps:
        step(operation, source, amount, run)
    return Outcome(Code.PAYMENT_SUCCESS)


def _credit(operation: Payment, _source: str, amount: int, run: Run) -> None:
    target = operation.destination.account_id
    try:
        holdings.credit(run.state, holder=target, asset=operation.asset, amount=amount)
    except holdings.CannotMove as refusal:
        fail(_PAID[refusal.obstacle])


def _debit(operation: Payment, source: str, amount: int, run: Run) -> None:
    try:
        holdings.debit(run.state, holder=source, asset=operation.asset, amount=amount)
    except holdings.CannotMove as refusal:
        fail(_PAYER[refusal.obstacle])
