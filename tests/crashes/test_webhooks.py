"""Killed between storing a webhook and absorbing it, which a redelivery must not make worse."""

from datetime import UTC, datetime

import pytest
import requests

from integrations.providers.models import Inbound
from integrations.simulators.airtm import messages
from integrations.simulators.models import AirtmMessage
from tests.cast import Sale, Worker
from tests.crashes.mortal import Mortal
from tests.journeys.test_one_sale import row
from tests.patience import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


def test_c19_a_redelivered_webhook_neither_loses_nor_repeats_the_first(
    sale: Sale, worker: Worker, mortal: Mortal
) -> None:
    topup = sale.api.made("topups", {"user_id": sale.ada, "amount": "150.00"})["id"]
    worker.settle()
    sale.api.made(f"sandbox/topups/{topup}/confirm")
    mortal.dies_needing(kind="available", subject=sale.ada)
    confirmed = AirtmMessage.objects.get(type="payin.confirmed")
    stored = Inbound.objects.get(message_id=confirmed.id)
    assert (stored.attempts, stored.absorbed_at) == (1, None)

    assert deliver(confirmed) == 204
    mortal.start_again()
    mortal.settle()
    assert deliver(confirmed) == 204
    mortal.settle()
    assert row(sale) == ["150.00", "0.00", "0.00", "0.00", "0.00", "0.00", "1150.00"]
    assert Inbound.objects.get(message_id=confirmed.id).absorbed_at


def deliver(message: AirtmMessage) -> int:
    """Once more, as Airtm does that has not read our answer."""
    answer = requests.post(
        message.enterprise.webhook_url,
        data=message.body.encode(),
        headers=messages.headers(message, at=datetime.now(UTC)),
        timeout=PATIENCE,
    )
    return answer.status_code
