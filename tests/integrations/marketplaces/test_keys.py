"""Keys: made with no more than one's own scopes, rotated, revoked, bound to addresses."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from integrations.marketplaces import keys
from integrations.marketplaces.models import ApiKey, AuditEntry, IdempotencyKey
from ledger import clock
from tests.shop import Shop, made, refused, refused_field

SCOPES = ["read", "write", "support", "admin"]


@pytest.fixture
def fresh(shop: Shop) -> Any:
    return made(shop.post("api-keys", {"name": "backend", "scopes": ["write", "read"]}))


def own(shop: Shop) -> ApiKey:
    return ApiKey.objects.of(shop.book).order_by("pk").first()


def test_a_key_is_made_and_works_with_its_scopes_alone(shop: Shop, fresh: Any) -> None:
    assert fresh["scopes"] == ["read", "write"]
    assert fresh["secret"].startswith("ohk_test_")
    made(shop.get("users", token=fresh["secret"]))
    refused(shop.get("api-keys", token=fresh["secret"]), 403, "INSUFFICIENT_SCOPE")


def test_w26_its_secret_is_shown_once_and_kept_nowhere(shop: Shop) -> None:
    body = {"name": "once", "scopes": ["read"]}
    first, again = (made(shop.post("api-keys", body, key="k")) for _ in range(2))
    assert first["secret"]
    assert again == {**first, "secret": None}
    assert list(first) == list(again)  # the replay keeps the order, too
    assert all(key["secret"] is None for key in made(shop.get("api-keys"))["data"])
    kept = [
        str(list(model.values()))
        for model in (ApiKey.objects, IdempotencyKey.objects, AuditEntry.across_books)
    ]
    assert not [text for text in kept if first["secret"].split("_", 3)[3] in text]


def test_one_key_is_shown_by_its_id(shop: Shop, other_shop: Shop) -> None:
    made_now = made(shop.post("api-keys", {"name": "job", "scopes": ["read"]}))
    made(shop.get("me", token=made_now["secret"]))
    seen = made(shop.get(f"api-keys/{made_now['id']}"))
    assert seen.pop("last_used_at")
    assert seen == {**{n: v for n, v in made_now.items() if n != "last_used_at"}, "secret": None}
    refused(other_shop.get(f"api-keys/{made_now['id']}"), 404, "API_KEY_NOT_FOUND")
    refused(
        shop.get(f"api-keys/{made_now['id']}", token=made_now["secret"]), 403, "INSUFFICIENT_SCOPE"
    )


def test_w26_nobody_hands_out_scopes_that_they_do_not_have(shop: Shop) -> None:
    admin = shop.key("admin")
    body = {"name": "more", "scopes": ["admin", "write"]}
    refused(shop.post("api-keys", body, token=admin), 403, "INSUFFICIENT_SCOPE")
    whole = own(shop).id
    for act in ("rotate", "tokens"):
        asked = {"scopes": ["write"]} if act == "tokens" else {}
        path = f"api-keys/{whole}/{act}"
        refused(shop.post(path, asked, token=admin), 403, "INSUFFICIENT_SCOPE")
    assert ApiKey.objects.of(shop.book).count() == 2


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"scopes": ["*"]}, "scopes.0", "INVALID_CHOICE"),
        ({"scopes": []}, "scopes", "EMPTY"),
        ({"networks": ["300.1.1.1"]}, "networks.0", "INVALID_NETWORK"),
        ({"expires_in_days": "7"}, "expires_in_days", "INVALID"),
        ({"expires_in_days": 0}, "expires_in_days", "MIN_VALUE"),
        ({"mode": "live"}, "mode", "UNKNOWN_FIELD"),
    ],
)
def test_w26_a_malformed_key_is_not_made(shop: Shop, change: Any, field: str, code: str) -> None:
    body = {"name": "x", "scopes": ["read"], **change}
    refused_field(shop.post("api-keys", body), field, code)


def test_w26_a_revoked_key_is_dead_and_stays_in_the_list(shop: Shop, fresh: Any) -> None:
    dead = made(shop.ask("delete", f"api-keys/{fresh['id']}"))
    assert dead["revoked_at"]
    refused(shop.get("me", token=fresh["secret"]), 401, "INVALID_API_KEY")
    again = shop.ask("delete", f"api-keys/{fresh['id']}")
    refused(again, 409, "INVALID_STATE")
    assert fresh["id"] in [key["id"] for key in made(shop.get("api-keys"))["data"]]


def test_a_rotated_key_lives_on_for_the_grace_period(shop: Shop, fresh: Any) -> None:
    body = {"grace_seconds": 1}
    new = made(shop.post(f"api-keys/{fresh['id']}/rotate", body))
    assert new["replaces_id"] == fresh["id"]
    assert new["scopes"] == fresh["scopes"]
    for secret in (fresh["secret"], new["secret"]):
        made(shop.get("me", token=secret))
    time.sleep(1.1)
    refused(shop.get("me", token=fresh["secret"]), 401, "INVALID_API_KEY")
    made(shop.get("me", token=new["secret"]))


def test_a_dead_key_is_not_rotated(shop: Shop, fresh: Any) -> None:
    made(shop.ask("delete", f"api-keys/{fresh['id']}"))
    refused(shop.post(f"api-keys/{fresh['id']}/rotate"), 409, "INVALID_STATE")
    refused(shop.post(f"api-keys/{fresh['id']}/tokens"), 409, "INVALID_STATE")


def test_a_key_is_rotated_once(shop: Shop, fresh: Any) -> None:
    """Its end is that of its grace by then, which a second successor would take over."""
    new = made(shop.post(f"api-keys/{fresh['id']}/rotate"))
    told = refused(shop.post(f"api-keys/{fresh['id']}/rotate"), 409, "INVALID_STATE")
    assert told == {"replaced_by": new["id"]}
    assert made(shop.post(f"api-keys/{new['id']}/rotate"))["expires_at"] is None


@pytest.mark.parametrize(
    ("network", "status"), [("127.0.0.1", 200), ("127.0.0.0/8", 200), ("10.0.0.0/8", 401)]
)
def test_a_key_opens_from_its_addresses_alone(shop: Shop, network: str, status: int) -> None:
    body = {"name": "here", "scopes": ["read"], "networks": [network]}
    secret = made(shop.post("api-keys", body))["secret"]
    answer = shop.get("me", token=secret, **{"X-Forwarded-For": "10.1.1.1"})
    assert answer.status_code == status


@override_settings(TRUSTED_PROXIES=1)
def test_behind_a_proxy_the_address_is_what_the_proxy_saw(shop: Shop) -> None:
    body = {"name": "there", "scopes": ["read"], "networks": ["203.0.113.7"]}
    secret = made(shop.post("api-keys", body))["secret"]
    made(shop.get("me", token=secret, **{"X-Forwarded-For": "203.0.113.7"}))
    forged = {"X-Forwarded-For": "203.0.113.7, 198.51.100.1"}
    refused(shop.get("me", token=secret, **forged), 401, "INVALID_API_KEY")


@override_settings(TRUSTED_PROXIES=1)
@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ("203.0.113.7:50123", "203.0.113.7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unknown", None),
        ("203.0.113.7.evil", None),
        ("x" * 300, None),
    ],
)
def test_whatever_a_proxy_writes_is_an_address_or_none(
    shop: Shop, told: str, seen: str | None
) -> None:
    """Some write the port as well; what is no address opens nothing, and fails no request."""
    networks = ["203.0.113.7", "2001:db8::/32"]
    body = {"name": "there", "scopes": ["write"], "networks": networks}
    secret = made(shop.post("api-keys", body, **{"X-Forwarded-For": told}))["secret"]
    assert AuditEntry.objects.of(shop.book).get().address == seen
    user = {"external_id": "eve", "type": "BUYER"}
    answer = shop.post("users", user, token=secret, **{"X-Forwarded-For": told})
    assert answer.status_code == (201 if seen else 401)


def test_w26_the_last_use_is_noted(shop: Shop, fresh: Any) -> None:
    assert ApiKey.objects.get(pk=fresh["id"]).last_used_at is None
    made(shop.get("me", token=fresh["secret"]))
    assert ApiKey.objects.get(pk=fresh["id"]).last_used_at is not None


@override_settings(API_KEY_SECONDS=1)
def test_what_is_remembered_is_forgotten_within_its_seconds(shop: Shop, fresh: Any) -> None:
    """Another process revokes: this one believes the key a second longer, and no more."""
    made(shop.get("me", token=fresh["secret"]))
    ApiKey.objects.filter(pk=fresh["id"]).update(revoked_at=clock.now())
    made(shop.get("me", token=fresh["secret"]))
    time.sleep(1.05)
    refused(shop.get("me", token=fresh["secret"]), 401, "INVALID_API_KEY")


@override_settings(API_KEY_SECONDS=60)
def test_a_revocation_is_in_force_at_once_where_it_was_made(shop: Shop, fresh: Any) -> None:
    made(shop.get("me", token=fresh["secret"]))
    made(shop.ask("delete", f"api-keys/{fresh['id']}"))
    refused(shop.get("me", token=fresh["secret"]), 401, "INVALID_API_KEY")


@override_settings(API_KEY_SECONDS=60)
def test_an_expiry_is_not_outlived_by_memory(shop: Shop, fresh: Any) -> None:
    soon = clock.now() + timedelta(milliseconds=300)
    ApiKey.objects.filter(pk=fresh["id"]).update(expires_at=soon)
    made(shop.get("me", token=fresh["secret"]))
    time.sleep(0.35)
    refused(shop.get("me", token=fresh["secret"]), 401, "INVALID_API_KEY")


def test_a_key_in_the_address_is_refused_and_opens_nothing(shop: Shop) -> None:
    answer = shop.client.get(f"/api/v1/users?api_key={shop.token}")
    refused(answer, 401, "UNAUTHORIZED")
    refused(shop.get(f"users?api_key={shop.token}"), 400, "VALIDATION_ERROR")


def test_the_command_makes_a_key(shop: Shop, capsys: Any) -> None:
    call_command("create_api_key", shop.marketplace.id, name="cli", scopes=["read"], days=1)
    told = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert made(shop.get("me", token=told["secret"]))["scopes"] == ["read"]
    entry = AuditEntry.across_books.get(act="api_key.create")
    assert (entry.actor, entry.subject) == ("operator:command-line", told["id"])


def test_the_command_names_what_is_wrong(shop: Shop) -> None:
    with pytest.raises(CommandError, match="there is no marketplace mkt_x"):
        call_command("create_api_key", "mkt_x", name="cli")
    with pytest.raises(CommandError, match="network"):
        call_command("create_api_key", shop.marketplace.id, name="cli", networks=["here"])


def test_keys_are_compared_whatever_their_length(shop: Shop) -> None:
    assert keys.recognise(shop.token) == own(shop)
    assert keys.recognise(shop.token + "é") is None
