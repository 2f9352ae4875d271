"""One account pays for the reserves of another, between `begin` and `end`."""

from stellar_sdk import BeginSponsoringFutureReserves, EndSponsoringFutureReserves
from stellar_sdk.xdr import BeginSponsoringFutureReservesResultCode as Begun
from stellar_sdk.xdr import EndSponsoringFutureReservesResultCode as Ended

from integrations.simulators.stellar.operations.run import Outcome, Run, fail


def begin(operation: BeginSponsoringFutureReserves, *, source: str, run: Run) -> Outcome:
    sponsored = operation.sponsored_id
    if sponsored == source:
        fail(Begun.BEGIN_SPONSORING_FUTURE_RESERVES_MALFORMED)
    if sponsored in run.sponsors:
        fail(Begun.BEGIN_SPONSORING_FUTURE_RESERVES_ALREADY_SPONSORED)
    if source in run.sponsors or sponsored in run.sponsors.values():
        fail(Begun.BEGIN_SPONSORING_FUTURE_RESERVES_RECURSIVE)
    run.sponsors[sponsored] = source
    return Outcome(Begun.BEGIN_SPONSORING_FUTURE_RESERVES_SUCCESS)


def end(_operation: EndSponsoringFutureReserves, *, source: str, run: Run) -> Outcome:
    if source not in run.sponsors:
        fail(Ended.END_SPONSORING_FUTURE_RESERVES_NOT_SPONSORED)
    del run.sponsors[source]
    return Outcome(Ended.END_SPONSORING_FUTURE_RESERVES_SUCCESS)
