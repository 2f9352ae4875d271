"""Accounts come into being, end, and skip sequence numbers."""

from stellar_sdk import AccountMerge, BumpSequence, CreateAccount, xdr
from stellar_sdk.xdr import AccountMergeResultCode as Merged
from stellar_sdk.xdr import BumpSequenceResultCode as Bumped
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


def merge(operation: AccountMerge, *, source: str, run: Run) -> Outcome:
    """The source account ends, and all its XLM goes to another one."""
    account, into = run.source_account(source), operation.destination.account_id
    if into == source:
        fail(Merged.ACCOUNT_MERGE_MALFORMED)
    if run.state.account(into) is None:
        fail(Merged.ACCOUNT_MERGE_NO_ACCOUNT)
    _check_can_end(account, run)
    amount = account.xlm
    try:
        holdings.credit(run.state, holder=into, asset=XLM, amount=amount)
    except holdings.CannotMove:
        fail(Merged.ACCOUNT_MERGE_DEST_FULL)
    _end(account, run)
    return Outcome(
        Merged.ACCOUNT_MERGE_SUCCESS,
        members={"source_account_balance": xdr.Int64(amount)},
    )


def bump_sequence(operation: BumpSequence, *, source: str, run: Run) -> Outcome:
    if operation.bump_to < 0:
        fail(Bumped.BUMP_SEQUENCE_BAD_SEQ)
    account = run.source_account(source)
    account.sequence = max(account.sequence, operation.bump_to)
    return Outcome(Bumped.BUMP_SEQUENCE_SUCCESS)


def _check_can_end(account: StellarAccount, run: Run) -> None:
    if account.flags & StellarAccount.Flag.AUTH_IMMUTABLE:
        fail(Merged.ACCOUNT_MERGE_IMMUTABLE_SET)
    if account.num_subentries != len(run.state.signers(account.address)):
        fail(Merged.ACCOUNT_MERGE_HAS_SUB_ENTRIES)
    if account.sequence >= run.state.ledger.sequence << 32:
        fail(Merged.ACCOUNT_MERGE_SEQNUM_TOO_FAR)
    if account.num_sponsoring:
        fail(Merged.ACCOUNT_MERGE_IS_SPONSOR)


def _end(account: StellarAccount, run: Run) -> None:
    for signer in run.state.signers(account.address):
        reserves.unlock_subentry(owner=account, sponsor=run.paying_for(signer))
        run.state.remove(signer)
    reserves.unlock_account(account=account, sponsor=run.paying_for(account))
    run.state.remove(account)


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
