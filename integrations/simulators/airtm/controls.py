"""What a tester can do to a payin or payout of the simulated Airtm: name → act, for any panel."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from integrations.simulators.airtm import payins, payouts

OF_PAYINS: dict[str, Callable[[UUID], Any]] = {
    "begin": payins.begin,
    "cancel": payins.cancel,
    "fail": payins.fail,
    "expire": payins.expire,
    "undo": payins.undo,
    "double": payins.double,
}
OF_PAYOUTS: dict[str, Callable[[UUID], Any]] = {
    "complete": payouts.complete,
    "fail": payouts.fail,
    "cancel": payouts.cancel,
    "refund": payouts.refund,
    "refund-unnamed": payouts.refund_unnamed,
    "bounce": payouts.bounce,
}
