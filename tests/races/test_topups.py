"""One payment, told thirty times at once: one credit."""

import json
from datetime import UTC, datetime
from functools import partial

import pytest
import requests
from svix.webhooks import Webhook

from integrations.providers import directory, inbox
from integrations.providers.models import Inbound
from ledger.models import Transfer
from payments import topups
from tests.cast import Sale
from tests.patience import PATIENCE
from tests.races.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 30


@pytest.fixture
def paid(sale: Sale) -> Sale:
    """Ada has paid at Airtm, and we have not been told yet."""
    body = {"user_id": sale.ada, "amount": "150.00"}
    sale.topup = sale.api.made("topups", body)["id"]
    sale.worker.settle()
    assert sale.api.seen(f"topups/{sale.topup}")["status"] == "AWAITING_USER_CONFIRMATION"
    sale.api.made(f"sandbox/topups/{sale.topup}/confirm")
    sale.worker.forget()  # whatever the simulator wanted to say itself
    return sale


def tell(sale: Sale, *, id: str) -> int:
    """Airtm's message, signed by Svix's own library."""
    book = topups.TopUp.across_books.get(pk=sale.topup).book_id
    account = directory.account(book, "airtm")
    [secret] = directory.credentials(account)["webhook_secrets"]
    body = json.dumps({"type": "payin.confirmed", "data": {"id": "1", "code": sale.topup}})
    at = datetime.now(UTC)
    headers = {
        "svix-id": id,
        "svix-timestamp": str(int(at.timestamp())),
        "svix-signature": Webhook(secret).sign(id, at, body),
        "content-type": "application/json",
    }
    url = f"{sale.api.base}/webhooks/airtm/{account.id}"
    return requests.post(url, data=body, headers=headers, timeout=PATIENCE).status_code


def is_credited_once(sale: Sale) -> bool:
    credits = Transfer.across_books.filter(kind="topup", cause=sale.topup).count()
    available = sale.api.seen(f"users/{sale.ada}/balance")["available"]
    return (credits, available) == (1, "150.00")


def test_w35_one_message_thirty_times_at_once_is_one_credit(paid: Sale) -> None:
    answers = at_once([partial(tell, paid, id="msg_same")] * TIMES)
    assert set(answers) == {204}
    assert Inbound.objects.filter(message_id="msg_same").count() == 1
    paid.worker.settle()
    assert is_credited_once(paid)


def test_w20_thirty_messages_absorbed_at_once_are_one_credit(paid: Sale) -> None:
    answers = at_once(partial(tell, paid, id=f"msg_{n}") for n in range(TIMES))
    assert set(answers) == {204}
    messages = list(Inbound.objects.filter(absorbed_at=None).values_list("pk", flat=True))
    assert len(messages) >= TIMES
    at_once(partial(inbox.absorb, message) for message in messages)
    assert is_credited_once(paid)
    paid.worker.settle()
    assert is_credited_once(paid)


def test_w20_a_webhook_and_a_poll_at_once_are_one_credit(paid: Sale) -> None:
    tell(paid, id="msg_1")
    [message] = Inbound.objects.filter(message_id="msg_1").values_list("pk", flat=True)
    poll = partial(topups.proceed, paid.topup)
    at_once([partial(inbox.absorb, message), *[poll] * 5])
    assert is_credited_once(paid)
