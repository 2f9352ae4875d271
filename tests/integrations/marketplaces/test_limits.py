"""Limits: at once, within a day, per user, on top-ups and withdrawals alike."""

from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations.marketplaces.models import Marketplace, User
from integrations.simulators import clock
from ledger.models import Event
from ledger.money import DOLLAR
from payments.models import TopUp
from tests.races.together import at_once
from tests.shop import Shop, made, refused

pytestmark = pytest.mark.django_db


def limit(shop: Shop, **settings: int) -> None:
    amounts = {name: value * DOLLAR for name, value in settings.items()}
    Marketplace.objects.filter(pk=shop.marketplace.pk).update(**amounts)


def top_up(shop: Shop, user: User, amount: str) -> Any:
    return shop.post("topups", {"user_id": user.id, "amount": amount})


def withdraw(shop: Shop, user: User, amount: str, *, commit: bool = True) -> Any:
    body = {"user_id": user.id, "amount": amount, "destination": {"type": "AIRTM"}}
    return shop.post("withdrawals", {**body, "commit": commit})


def test_without_limits_everything_goes(shop: Shop, ada: User) -> None:
    shop.fund(ada, "100000.00")
    made(withdraw(shop, ada, "100000.00"))
    limits = made(shop.get("me"))["limits"]
    nothing = {"least": None, "most": None, "most_per_day": None}
    assert limits == {"topup": nothing, "withdrawal": nothing}


@pytest.mark.parametrize(
    ("act", "what"), [(top_up, "topup"), (withdraw, "withdrawal")], ids=["topup", "withdrawal"]
)
def test_the_least_and_the_most_at_once(shop: Shop, ada: User, act: Any, what: str) -> None:
    shop.fund(ada, "100.00")
    limit(shop, **{f"{what}_least": 5, f"{what}_most": 20})
    details = refused(act(shop, ada, "4.99"), 422, "LIMIT_EXCEEDED")
    assert details == {"limit": f"{what}_least", "bound": "5.00", "requested": "4.99"}
    details = refused(act(shop, ada, "20.01"), 422, "LIMIT_EXCEEDED")
    assert details == {"limit": f"{what}_most", "bound": "20.00", "requested": "20.01"}
    made(act(shop, ada, "5.00"))
    made(act(shop, ada, "20.00"))
    assert made(shop.get("me"))["limits"][what]["least"] == "5.00"


@pytest.mark.parametrize(
    ("act", "what"), [(top_up, "topup"), (withdraw, "withdrawal")], ids=["topup", "withdrawal"]
)
def test_a_day_is_twenty_four_hours_of_one_user(
    shop: Shop, ada: User, ben: User, act: Any, what: str
) -> None:
    shop.fund(ada, "100.00")
    shop.fund(ben, "100.00")
    clock.advance(seconds=25 * 3600)
    limit(shop, **{f"{what}_most_per_day": 30})
    made(act(shop, ada, "20.00"))
    details = refused(act(shop, ada, "10.01"), 422, "LIMIT_EXCEEDED")
    assert details == {
        "limit": f"{what}_most_per_day", "bound": "30.00", "requested": "10.01",
        "available": "10.00",
    }  # fmt: skip
    made(act(shop, ben, "30.00"))
    made(act(shop, ada, "10.00"))
    clock.advance(seconds=24 * 3600)
    made(act(shop, ada, "30.00"))


def test_what_was_asked_for_counts_once_it_is_committed(shop: Shop, ada: User) -> None:
    shop.fund(ada, "100.00")
    limit(shop, withdrawal_most_per_day=30)
    first, second = shop.withdrawal(ada, "20.00"), shop.withdrawal(ada, "20.00")
    made(shop.post(f"withdrawals/{first.id}/commit"))
    refused(shop.post(f"withdrawals/{second.id}/commit"), 422, "LIMIT_EXCEEDED")
    made(shop.post(f"withdrawals/{first.id}/cancel"))
    made(shop.post(f"withdrawals/{second.id}/commit"))


def test_a_top_up_that_came_to_nothing_does_not_count(shop: Shop, ada: User) -> None:
    limit(shop, topup_most_per_day=30)
    topup = made(top_up(shop, ada, "30.00"))["id"]
    refused(top_up(shop, ada, "0.01"), 422, "LIMIT_EXCEEDED")
    made(shop.post(f"topups/{topup}/cancel"))
    made(top_up(shop, ada, "30.00"))


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_not_both_the_last_that_fits(shop: Shop, ada: User) -> None:
    limit(shop, topup_most_per_day=50)
    answers = at_once([partial(top_up, shop, ada, "10.00")] * 8)
    assert sorted(answer.status_code for answer in answers) == [202] * 5 + [422] * 3
    assert TopUp.objects.of(shop.book).count() == 5


class TestConfigure:
    def test_an_operator_sets_them_and_an_event_tells(self, shop: Shop) -> None:
        told = StringIO()
        call_command(
            "configure", "Bazaar", "--topup-most", "500.00", "--return-host", "Shop.example",
            "--foreign-payer", "HOLD", stdout=told,
        )  # fmt: skip
        marketplace = Marketplace.objects.get(name="Bazaar")
        assert (marketplace.topup_most, marketplace.return_hosts) == (
            500 * DOLLAR,
            ["shop.example"],
        )
        assert "500.00" in told.getvalue()
        event = Event.across_books.get(type="marketplace.configured")
        assert event.actor == "operator:configure"
        assert event.previous == {
            "return_hosts": [], "foreign_payer": "CREDIT", "topup_most": None,
        }  # fmt: skip
        call_command("configure", "Bazaar", "--topup-most", "off", stdout=told)
        assert Marketplace.objects.get(name="Bazaar").topup_most is None

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--topup-most", "-1"],
            ["--topup-most", "1e3"],
            ["--topup-least", "10.00", "--topup-most", "9.00"],
            ["--return-host", "https://shop.example/"],
            ["--return-host", "*.shop.example"],
        ],
    )
    def test_nonsense_is_refused_and_changes_nothing(
        self, shop: Shop, arguments: list[str]
    ) -> None:
        with pytest.raises(CommandError):
            call_command("configure", "Bazaar", *arguments)
        assert not Event.across_books.filter(type="marketplace.configured").exists()
