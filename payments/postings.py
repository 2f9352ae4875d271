"""How money moves for top-ups and orders; the table is `design/money.md`."""

from integrations.marketplaces.models import Bearer
from integrations.providers.ports import Payin
from ledger.chart import AIRTM_FLOAT, PROVIDER_FEES, UNATTRIBUTED, available, reserved
from ledger.events import Actor
from ledger.models import Hold
from ledger.posting import Posted, credit, debit, post

from .models import Order, TopUp


def topup_confirmed(topup: TopUp, payin: Payin, *, fee_bearer: str, by: Actor) -> Posted:
    """What Airtm passed on is the user's; where the platform bears the fee, so is the fee."""
    borne = payin.fee if fee_bearer == Bearer.PLATFORM else 0
    legs = [
        debit(AIRTM_FLOAT, payin.net_amount),
        debit(PROVIDER_FEES, borne),
        credit(available(topup.user_id), payin.net_amount + borne),
    ]
    return post(topup.book_id, "topup", cause=topup.id, legs=legs, by=by, trail=topup.id)


def topup_unattributed(topup: TopUp, payin: Payin, *, by: Actor) -> Posted:
    """It arrived, and it is not what was asked for: kept until somebody decides whose it is."""
    legs = [debit(AIRTM_FLOAT, payin.net_amount), credit(UNATTRIBUTED, payin.net_amount)]
    return post(topup.book_id, "topup_unattributed", cause=topup.id, legs=legs, by=by, trail=topup.id)


def reserve(order: Order, hold: Hold, *, by: Actor) -> Posted:
    legs = [
        debit(available(order.buyer_id), hold.amount),
        credit(reserved(order.buyer_id), hold.amount),
    ]
    return post(order.book_id, "reserve", cause=hold.id, legs=legs, by=by, trail=order.id)
