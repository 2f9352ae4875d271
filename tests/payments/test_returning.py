"""The browser's way back: to the marketplace's own hosts only, and it proves nothing."""

from typing import Any

import pytest
from django.test import Client

from integrations.marketplaces.models import User
from ledger.models import Event
from payments import returning
from payments.models import TopUp
from tests.shop import Shop, made, refused

pytestmark = pytest.mark.django_db

HOST = "shop.example"


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.marketplace.return_hosts = [HOST]
    shop.marketplace.save(update_fields=["return_hosts"])
    return shop


@pytest.fixture
def topup(shop: Shop, ada: User) -> TopUp:
    body = {
        "user_id": ada.id, "amount": "5.00", "return_url": f"https://{HOST}/ok?cart=7#top",
        "cancel_url": f"https://{HOST}/no",
    }  # fmt: skip
    return TopUp.across_books.get(pk=made(shop.post("topups", body))["id"])


def go(topup: str, way: str) -> Any:
    return Client().get(f"/api/v1/topups/{topup}/{way}?code={topup}")


def test_the_browser_is_sent_on_with_the_id_and_nothing_has_changed(topup: TopUp) -> None:
    before = Event.across_books.count()
    answer = go(topup.id, "returned")
    assert answer.status_code == 302
    assert answer["Location"] == f"https://{HOST}/ok?cart=7&topup_id={topup.id}#top"
    assert go(topup.id, "declined")["Location"] == f"https://{HOST}/no?topup_id={topup.id}"
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    topup.refresh_from_db()
    assert topup.status == "CREATED"
    assert Event.across_books.count() == before


def test_without_an_address_there_is_a_page(shop: Shop, ada: User) -> None:
    topup = made(shop.post("topups", {"user_id": ada.id, "amount": "5.00"}))["id"]
    assert b"Thank you" in go(topup, "returned").content
    assert b"Not paid" in go(topup, "declined").content


@pytest.mark.parametrize("odd", ["topup_0", "%00", "x" * 300, "%F0%9F%92%B0"])
def test_an_id_of_nothing_gets_the_same_page(odd: str) -> None:
    assert go(odd, "returned").status_code == 200
    assert Client().post(f"/api/v1/topups/{odd}/returned").status_code == 405


def test_a_host_that_was_taken_off_the_list_is_not_gone_to_any_more(
    shop: Shop, topup: TopUp
) -> None:
    shop.marketplace.return_hosts = []
    shop.marketplace.save(update_fields=["return_hosts"])
    assert go(topup.id, "returned").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "http://shop.example/",
        "https://shop.example.evil.example/",
        "https://sub.shop.example/",
        "https://shop.example@evil.example/",
        "https://evil.example\\@shop.example/",
        "https://shop.example\\.evil.example/",
        "ftp://shop.example/",
        "https://evil.example/?https://shop.example",
        "https://evil.example#@shop.example/",
    ],
)
@pytest.mark.parametrize("field", ["return_url", "cancel_url"])
def test_a_foreign_host_is_refused(shop: Shop, ada: User, field: str, address: str) -> None:
    answer = shop.post("topups", {"user_id": ada.id, "amount": "5.00", field: address})
    assert answer.status_code == 400, answer.content
    assert not TopUp.objects.of(shop.book).exists()
    assert not returning.is_allowed(address, book=shop.book)


def test_the_refusal_names_the_field_and_the_hosts(shop: Shop, ada: User) -> None:
    body = {"user_id": ada.id, "amount": "5.00", "return_url": "https://evil.example/"}
    details = refused(shop.post("topups", body), 400, "RETURN_ADDRESS_REFUSED")
    assert details == {"field": "return_url", "hosts": [HOST]}


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//shop.example/", "https://", "https://[::1", "https://shop.example:x/"])  # fmt: skip # noqa: E501
def test_what_is_no_address_is_not_allowed(shop: Shop, address: str) -> None:
    assert not returning.is_allowed(address, book=shop.book)


def test_localhost_is_for_the_sandbox_alone(shop: Shop, settings: Any) -> None:
    address = "http://localhost:3000/ok"
    assert returning.is_allowed(address, book=shop.book)
    settings.SANDBOX = False
    assert not returning.is_allowed(address, book=shop.book)
    assert returning.is_allowed("https://SHOP.example./x", book=shop.book)
