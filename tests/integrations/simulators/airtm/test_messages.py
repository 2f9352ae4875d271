"""The simulated Airtm's webhooks: eight kinds, signed, and sent again until they are taken."""

import json
from datetime import UTC, datetime

import pytest
from svix.webhooks import Webhook

from integrations.simulators import clock
from integrations.simulators.airtm import messages, payins, payouts
from integrations.simulators.models import AirtmMessage, AirtmPayin, AirtmPayout
from tests.integrations.providers import stub as stubs
from tests.integrations.simulators.airtm.conftest import SECRET, payin, payout

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receiver(enterprise):
    with stubs.running() as stub:
        stub.answers = [(204, b"")]
        enterprise.webhook_url = f"{stub.url}/hook"
        enterprise.save()
        yield stub


def types() -> list[str]:
    return list(AirtmMessage.objects.order_by("number").values_list("type", flat=True))


def test_each_message_is_signed_as_svix_verifies_it(bazaar, receiver):
    bazaar.ask("POST", "/payins", payin())
    assert messages.deliver_due() == 1
    _, _, headers, body = receiver.asked[0]
    Webhook(SECRET).verify(body, {name.lower(): value for name, value in headers.items()})
    shown = json.loads(body)
    assert set(shown) == {"type", "data"}
    assert shown["type"] == "payin.created"
    assert shown["data"] == bazaar.ask("GET", "/payins/by-code/topup_1").body
    assert AirtmMessage.objects.get().delivered_at is not None


def test_a_delivered_message_is_not_sent_again(bazaar, receiver):
    bazaar.ask("POST", "/payins", payin())
    assert (messages.deliver_due(), messages.deliver_due()) == (1, 0)


@pytest.mark.parametrize("trouble", ["refuses", "redirects", "is away"])
def test_a_receiver_in_trouble_does_not_trouble_the_answer(bazaar, receiver, enterprise, trouble):
    receiver.answers = [(302 if trouble == "redirects" else 500, b"")]
    if trouble == "is away":
        enterprise.webhook_url = "http://127.0.0.1:9/"
        enterprise.save()
    assert bazaar.ask("POST", "/payins", payin()).status_code == 200
    assert messages.deliver_due() == 1
    message = AirtmMessage.objects.get()
    assert message.failure
    assert message.next_attempt_at is not None


def test_it_is_sent_again_under_the_same_id_on_the_products_clock(bazaar, receiver):
    receiver.answers = [(500, b""), (500, b""), (200, b"")]
    bazaar.ask("POST", "/payins", payin())
    messages.deliver_due()
    assert messages.deliver_due() == 0, "the first pause is five seconds"
    clock.advance(seconds=6)
    messages.deliver_due()
    clock.advance(seconds=60)
    assert messages.deliver_due() == 0, "the second pause is five minutes"
    clock.advance(seconds=300)
    assert messages.deliver_due() == 1
    assert len({headers["svix-id"] for _, _, headers, _ in receiver.asked}) == 1
    stamps = [int(headers["svix-timestamp"]) for _, _, headers, _ in receiver.asked]
    assert all(abs(stamp - datetime.now(UTC).timestamp()) < 60 for stamp in stamps), "real time"
    assert AirtmMessage.objects.get().next_attempt_at is None


def test_it_is_given_up_after_eight_attempts(bazaar, receiver):
    receiver.answers = [(500, b"")]
    bazaar.ask("POST", "/payins", payin())
    for _ in range(12):
        messages.deliver_due()
        clock.advance(seconds=40_000)
    assert len(receiver.asked) == 8


def test_exactly_eight_kinds_of_events_are_sent(bazaar, receiver):
    for number, end in enumerate([payins.cancel, payins.fail]):
        bazaar.ask("POST", "/payins", payin(code=f"topup_{number}"))
        end(AirtmPayin.objects.get(code=f"topup_{number}").id)
    bazaar.ask("POST", "/payins", payin(code="topup_9"))
    payins.confirm(AirtmPayin.objects.get(code="topup_9").id, email="ada@example.com")
    slow = {"airtmUserEmail": "nobody@example.com", "commit": True}
    for number, end in enumerate([payouts.cancel, payouts.fail, payouts.complete]):
        bazaar.ask("POST", "/payouts", payout(code=f"wd_{number}", **slow))
        end(AirtmPayout.objects.get(code=f"wd_{number}").id)
    bazaar.ask("POST", "/payouts", payout(code="wd_9", commit=True))
    assert types() == [
        "payin.created",
        "payin.canceled",
        "payin.created",
        "payin.failed",
        "payin.created",
        "payin.confirmed",
        "payout.created",
        "payout.canceled",
        "payout.created",
        "payout.failed",
        "payout.created",
        "payout.completed",
        "payout.created",
        "payout.completed",
    ]


def test_amounts_are_written_to_the_digit(bazaar, receiver):
    bazaar.ask("POST", "/payouts", payout(amount=0.1))
    body = AirtmMessage.objects.get().body
    assert '"grossAmount":0.10,' in body
    assert json.loads(body)["data"]["code"] == "wd_1"
