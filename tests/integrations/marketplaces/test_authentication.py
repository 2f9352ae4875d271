"""Who comes in: keys of this marketplace, alive, of its mode, with the scope for what they ask."""

from datetime import timedelta

import pytest

from integrations.marketplaces import keys
from integrations.marketplaces.models import ApiKey, User
from ledger import clock
from tests.shop import Shop, made, refused, terms


def is_shut_out(shop: Shop, token: str) -> None:
    answer = shop.get("me", token=token)
    refused(answer, 401, "INVALID_API_KEY")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_key_says_whose_it_is(shop: Shop) -> None:
    me = made(shop.get("me"))
    assert me["marketplace_id"] == shop.marketplace.id
    assert me["scopes"] == ["read", "write", "support", "admin"]


@pytest.mark.parametrize("header", ["", "Basic b2hr", "Bearer", "bearer", "Token x"])
def test_w01_no_bearer_token_is_nobody(shop: Shop, header: str) -> None:
    answer = shop.get("users", Authorization=header)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1],
        lambda token: token + "x",
        lambda token: token.replace("_test_", "_live_"),
        lambda token: token.replace("ohk_", "ohx_"),
        lambda token: "_".join([*token.split("_", 3)[:3], ""]),
        lambda _: "ohk_test",
        lambda _: "é",
        lambda _: "x" * 5000,
        lambda _: "ohk_test_\x00_secret",
    ],
)
def test_a_key_that_is_not_quite_it(shop: Shop, change) -> None:  # type: ignore[no-untyped-def]
    is_shut_out(shop, change(shop.token))


def test_the_scheme_is_read_in_any_case(shop: Shop) -> None:
    made(shop.get("me", Authorization=f"bearer {shop.token}"))


def test_a_revoked_key_is_shut_out(shop: Shop) -> None:
    ApiKey.objects.filter(marketplace=shop.marketplace).update(revoked_at=clock.now())
    is_shut_out(shop, shop.token)


def test_an_expired_key_is_shut_out(shop: Shop) -> None:
    past = clock.now() - timedelta(seconds=1)
    ApiKey.objects.filter(marketplace=shop.marketplace).update(expires_at=past)
    is_shut_out(shop, shop.token)


def test_a_key_that_will_expire_still_works(shop: Shop) -> None:
    future = clock.now() + timedelta(minutes=1)
    ApiKey.objects.filter(marketplace=shop.marketplace).update(expires_at=future)
    made(shop.get("me"))


def test_a_live_key_is_shut_out_of_a_test_marketplace(shop: Shop) -> None:
    shop.marketplace.mode = "live"  # only in memory: the key is made as if it were live
    token = keys.create(shop.marketplace, name="live")[1]
    assert token.startswith("ohk_live_")
    is_shut_out(shop, token)


def test_the_secret_is_kept_nowhere(shop: Shop) -> None:
    key = ApiKey.objects.get(marketplace=shop.marketplace)
    secret = shop.token.split("_", 3)[3]
    assert all(secret not in str(value) for value in vars(key).values())


def test_a_read_key_reads_and_does_not_write(shop: Shop, ada: User, ben: User) -> None:
    token = shop.key("read")
    order = shop.order(ada, ben)
    for path in ("users", f"users/{ada.id}/balance", "orders", "topups", "withdrawals", "me"):
        made(shop.get(path, token=token))
    before = shop.events()
    for path, body in {
        "users": {"external_id": "cleo", "type": "BUYER"},
        "orders": terms(ada, ben),
        "topups": {"user_id": ada.id, "amount": "1.00"},
        f"orders/{order.id}/checkout": {},
        f"orders/{order.id}/deliver": {},
        f"orders/{order.id}/release": {"requested_by": "BUYER"},
    }.items():
        refused(shop.post(path, body, token=token), 403, "INSUFFICIENT_SCOPE")
    assert shop.events() == before


def test_a_write_key_does_not_read(shop: Shop) -> None:
    refused(shop.get("users", token=shop.key("write")), 403, "INSUFFICIENT_SCOPE")


def test_the_books_are_for_support(shop: Shop) -> None:
    token = shop.key("read", "write")
    refused(shop.get("ledger/trial-balance", token=token), 403, "INSUFFICIENT_SCOPE")
    assert made(shop.get("ledger/trial-balance", token=shop.key("support")))["balanced"] is True
