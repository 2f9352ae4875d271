"""What the outcome of an act on top-ups and orders would move: the answer to a dry run."""

from collections.abc import Iterable

from integrations.marketplaces.models import Bearer
from integrations.providers.ports import Payin, PayinStatus
from ledger.events import SYSTEM
from payments import postings
from payments.models import Order, TopUp


def topup(row: TopUp) -> Iterable[str]:
    """Paid in full and without a fee: Airtm tells its fee when it has been paid."""
    payin = Payin(
        reference="",
        code=row.id,
        status=PayinStatus.SUCCEEDED,
        amount=row.amount,
        net_amount=row.amount,
        fee=0,
        payer_email="",
        reason="",
        confirmation_url="",
    )
    postings.topup_confirmed(row, payin, fee_bearer=Bearer.USER, by=SYSTEM)
    yield "whether the user pays it"
    yield "Airtm's fee"


def reservation(_: Order) -> Iterable[str]:
    """Money set aside waits for the next act."""
    return ()


def cancellation(_: Order) -> Iterable[str]:
    """All of it happens at once."""
    return ()


def payment(_: Order) -> Iterable[str]:
    """All of it happens at once."""
    return ()
