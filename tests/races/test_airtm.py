"""Several workers at once, with answers lost on the way: one payin, one payout, right balances."""

from functools import partial

import pytest

from integrations.simulators.airtm import payouts as simulated
from integrations.simulators.models import AirtmPayin, AirtmPayout
from payments import topups
from tests.airtm import Airtm
from tests.races.together import at_once
from withdrawals import payouts, returns

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 4


def test_w12_w20_workers_at_once_ask_once_and_pay_once(airtm: Airtm) -> None:
    topup = airtm.api.made("topups", {"user_id": airtm.ada, "amount": "50.00"})["id"]
    airtm.fault("lose_answers", times=2, call="POST /pay")
    for _ in range(3):
        at_once([partial(topups.proceed, topup)] * WORKERS)
    assert AirtmPayin.objects.count() == 1
    airtm.confirm(topup)

    body = {"user_id": airtm.ada, "amount": "40.00", "destination": {"type": "AIRTM"},
            "commit": True}  # fmt: skip
    withdrawal = airtm.api.made("withdrawals", body)["id"]
    airtm.fault("lose_answers", times=2, call="POST /pay")
    for _ in range(4):
        at_once([partial(payouts.proceed, withdrawal)] * WORKERS)
    assert AirtmPayout.objects.count() == 1
    assert airtm.row() == ["10.00", "0.00", "0.00", "1010.00", "1010.00"]

    simulated.refund(airtm.payout(withdrawal).id)
    at_once([partial(returns.look, airtm.book)] * WORKERS)
    returns.look(airtm.book)
    assert airtm.row() == ["50.00", "0.00", "0.00", "1050.00", "1050.00"]
