"""Tokens: short-lived, narrower than their key, and dead with it (W-25, W-26)."""

import time
from typing import Any

import pytest
from django.test import override_settings

from integrations.marketplaces import keys, tokens
from integrations.marketplaces.models import ApiKey
from tests.shop import Shop, made, refused, refused_field


@pytest.fixture
def key(shop: Shop) -> Any:
    return made(shop.post("api-keys", {"name": "job", "scopes": ["read", "write", "admin"]}))


def mint(shop: Shop, key: Any, **body: Any) -> Any:
    return made(shop.post(f"api-keys/{key['id']}/tokens", body))


def test_a_token_opens_what_its_scopes_say(shop: Shop, key: Any) -> None:
    token = mint(shop, key, scopes=["read"], ttl_seconds=60)
    assert token["token"].startswith("ohk_tok_")
    assert token["scopes"] == ["read"]
    assert made(shop.get("me", token=token["token"]))["scopes"] == ["read"]
    body = {"external_id": "eve", "type": "BUYER"}
    refused(shop.post("users", body, token=token["token"]), 403, "INSUFFICIENT_SCOPE")
    assert made(shop.get("me", token=key["secret"]))["scopes"] == ["read", "write", "admin"]


def test_it_has_the_scopes_that_caller_and_key_share_unless_told(shop: Shop, key: Any) -> None:
    assert mint(shop, key)["scopes"] == ["read", "write", "admin"]


def test_w26_it_never_has_more_than_its_key(shop: Shop, key: Any) -> None:
    answer = shop.post(f"api-keys/{key['id']}/tokens", {"scopes": ["read", "support"]})
    refused(answer, 403, "INSUFFICIENT_SCOPE")


def test_w26_it_is_for_keys_of_ones_own_marketplace(shop: Shop, other_shop: Shop, key: Any) -> None:
    refused(other_shop.post(f"api-keys/{key['id']}/tokens"), 404, "API_KEY_NOT_FOUND")


@pytest.mark.parametrize("seconds", [0, 3601, "60", 1.5, True, None])
def test_it_lives_an_hour_at_most(shop: Shop, key: Any, seconds: Any) -> None:
    answer = shop.post(f"api-keys/{key['id']}/tokens", {"ttl_seconds": seconds})
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["fields"][0]["field"] == "ttl_seconds"


def test_it_expires(shop: Shop, key: Any) -> None:
    token = mint(shop, key, ttl_seconds=1)["token"]
    made(shop.get("me", token=token))
    time.sleep(1.1)
    refused(shop.get("me", token=token), 401, "INVALID_API_KEY")


def test_w26_it_dies_with_its_key(shop: Shop, key: Any) -> None:
    token = mint(shop, key)["token"]
    made(shop.ask("delete", f"api-keys/{key['id']}"))
    refused(shop.get("me", token=token), 401, "INVALID_API_KEY")


def test_w26_it_makes_and_ends_no_keys(shop: Shop, key: Any) -> None:
    token = mint(shop, key)["token"]
    made(shop.get("api-keys", token=token))
    for method, path in [
        ("post", "api-keys"), ("post", f"api-keys/{key['id']}/tokens"),
        ("post", f"api-keys/{key['id']}/rotate"), ("delete", f"api-keys/{key['id']}"),
    ]:  # fmt: skip
        answer = shop.ask(method, path, {"name": "x", "scopes": ["read"]}, token=token)
        refused(answer, 403, "INSUFFICIENT_SCOPE")


def test_w25_it_is_signed_with_our_secret_and_no_other(shop: Shop, key: Any) -> None:
    row = ApiKey.objects.get(pk=key["id"])
    with override_settings(API_KEY_PEPPER="somebody else's pepper, just as long as ours"):
        forged = tokens.mint(row, scopes=["read"], seconds=60).token
    refused(shop.get("me", token=forged), 401, "INVALID_API_KEY")


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token.replace(".r.", ".ra."),
        lambda token: token.replace(".r.", ".wa."),
        lambda token: "_".join(
            [*token.split("_")[:3], str(int(time.time()) + 9999999) + token[token.index(".") :]]
        ),
        lambda token: token[:-1],
        lambda token: token + "0",
        lambda token: token.rpartition(".")[0],
        lambda _: "ohk_tok_",
        lambda _: "ohk_tok_x_" + "9" * 5000 + ".r.x",
        lambda _: "ohk_tok_\x00_1.r.x",
        lambda _: "ohk_tok_x_١٢.r.x",
    ],
)
def test_w25_a_changed_token_is_none(shop: Shop, key: Any, change: Any) -> None:
    token = change(mint(shop, key, scopes=["read"])["token"])
    refused(shop.get("me", token=token), 401, "INVALID_API_KEY")


def test_the_key_itself_is_not_narrowed_by_its_token(shop: Shop, key: Any) -> None:
    with override_settings(API_KEY_SECONDS=60):
        token = mint(shop, key, scopes=["read"])["token"]
        made(shop.get("me", token=token))
        assert made(shop.get("me", token=key["secret"]))["scopes"] == ["read", "write", "admin"]
    keys._known.clear()


def test_an_unknown_scope_is_named(shop: Shop, key: Any) -> None:
    answer = shop.post(f"api-keys/{key['id']}/tokens", {"scopes": ["root"]})
    refused_field(answer, "scopes.0", "INVALID_CHOICE")
