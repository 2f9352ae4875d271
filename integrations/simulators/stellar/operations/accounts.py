"""Accounts come into being."""

from stellar_sdk import CreateAccount
from stellar_sdk.xdr import CreateAccountResultCode as Code

from integrations.simulators.models import StellarAccount
from integrations.simulators.stellar import holdings, reserves
from integrations.simulators.stellar.amounts import XLM, to_stroops
from integrations.simulators.stellar.operations.run import Outcome, Run, fail


def create_account(operation: CreateAccount, *, source: str, run: Run) -> Outcome:
    starting = to_stroops(operation.starting_balance)
    sponsor = run.sponsor_of(operation.destination)
    if starting < 0:
        fail(Code.CREATE_ACCOUNT_MALFORMED)
    if run.state.account(operation.destination):
        fail(Code.CREATE_ACCOUNT_ALREADY_EXIST)
    account = _opened(run, operation.destination, starting, sponsor)
    try:
        reserves.lock_for_account(account=account, sponsor=sponsor)
        holdings.debit(run.state, holder=source, asset=XLM, amount=starting)
    except reserves.LowReserve:
        fail(Code.CREATE_ACCOUNT_LOW_RESERVE)
    except holdings.CannotMove:
        fail(Code.CREATE_ACCOUNT_UNDERFUNDED)
    return Outcome(Code.CREATE_ACCOUNT_SUCCESS)


def _opened(
    run: Run, address: str, starting: int, sponsor: StellarAccount | None
) -> StellarAccount:
    ledger = run.state.ledger
    return run.state.add(
        StellarAccount(
            address=address,
            sequence=ledger.sequence << 32,
            xlm=starting,
            sponsor=sponsor.address if sponsor else "",
            changed_in=ledger.sequence,
            changed_at=ledger.closed_at,
        )
    )
