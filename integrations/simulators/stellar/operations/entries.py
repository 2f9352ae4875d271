"""What an account tells the world: names with up to 64 bytes, like `config.memo_required`."""

from base64 import b64encode

from stellar_sdk import ManageData
from stellar_sdk.xdr import ManageDataResultCode as Code

from integrations.simulators.models import StellarDatum
from integrations.simulators.stellar import reserves
from integrations.simulators.stellar.operations.run import Outcome, Run, fail


def write(operation: ManageData, *, source: str, run: Run) -> Outcome:
    """Add, change or, without a value, remove an entry."""
    name = operation.data_name
    if not name or not name.isascii() or "\0" in name:
        fail(Code.MANAGE_DATA_INVALID_NAME)
    entry = run.state.datum(source, name)
    if operation.data_value is None:
        _remove(entry, source, run)
    elif entry is None:
        _add(name, operation.data_value, source, run)
    else:
        entry.value = b64encode(operation.data_value).decode()
    return Outcome(Code.MANAGE_DATA_SUCCESS)


def _add(name: str, value: bytes, source: str, run: Run) -> None:
    owner, sponsor = run.source_account(source), run.sponsor_of(source)
    try:
        reserves.lock_for_subentry(owner=owner, sponsor=sponsor)
    except reserves.LowReserve:
        fail(Code.MANAGE_DATA_LOW_RESERVE)
    run.state.add(
        StellarDatum(
            account=owner,
            name=name,
            value=b64encode(value).decode(),
            sponsor=sponsor.address if sponsor else "",
        )
    )


def _remove(entry: StellarDatum | None, source: str, run: Run) -> None:
    if entry is None:
        fail(Code.MANAGE_DATA_NAME_NOT_FOUND)
    reserves.unlock_subentry(owner=run.source_account(source), sponsor=run.paying_for(entry))
    run.state.remove(entry)
