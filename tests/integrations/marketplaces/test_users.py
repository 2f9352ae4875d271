"""Users: changed in part, suspended and let go on, found by what the list can be narrowed by."""

from typing import Any

import pytest

from integrations.marketplaces.models import User
from ledger.models import Event
from tests.shop import Shop, made, refused, refused_field


@pytest.mark.parametrize("padded", [" ada", "ada ", "\tada", "ada\n", "\u00a0ada"])
def test_what_is_called_otherwise_is_nobody_else(shop: Shop, padded: str) -> None:
    """A blank taken off in silence would make two people of the marketplace one account."""
    made(shop.post("users", {"external_id": "ada", "type": "BUYER"}))
    refused_field(
        shop.post("users", {"external_id": padded, "type": "BUYER"}), "external_id", "PADDED"
    )


def test_what_is_left_out_stays(shop: Shop, ada: User) -> None:
    path = f"users/{ada.id}"
    made(shop.ask("patch", path, {"email": "ada@example.com", "metadata": {"a": 1}}))
    user = made(shop.ask("patch", path, {"type": "SELLER"}))
    assert (user["email"], user["type"]) == ("ada@example.com", "SELLER")
    assert user["metadata"] == {"a": 1}
    event = Event.objects.of(shop.book).filter(type="user.updated").latest("id")
    assert event.previous == {"type": "BOTH"}


def test_nothing_new_is_no_event(shop: Shop, ada: User) -> None:
    before = shop.events()
    made(shop.ask("patch", f"users/{ada.id}", {"type": ada.type}))
    made(shop.ask("patch", f"users/{ada.id}", {}))
    assert shop.events() == before


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"external_id": "other"}, "external_id", "UNKNOWN_FIELD"),
        ({"status": "SUSPENDED"}, "status", "UNKNOWN_FIELD"),
        ({"email": "x"}, "email", "INVALID"),
        ({"type": "PIRATE"}, "type", "INVALID_CHOICE"),
        ({"metadata": []}, "metadata", "OBJECT"),
    ],
)
def test_what_may_not_change(
    shop: Shop, ada: User, change: dict[str, Any], field: str, code: str
) -> None:
    refused_field(shop.ask("patch", f"users/{ada.id}", change), field, code)


def test_w37_a_suspended_users_money_does_not_move(shop: Shop, ada: User, ben: User) -> None:
    shop.fund(ada, "10.00")
    order = shop.order(ada, ben, "5.00")
    user = made(shop.post(f"users/{ada.id}/suspend", {"reason": "looks odd"}))
    assert user["status"] == "SUSPENDED"
    for path, body in [
        ("topups", {"user_id": ada.id, "amount": "1.00"}),
        (f"orders/{order.id}/checkout", {}),
        ("withdrawals", {"user_id": ada.id, "amount": "1.00", "destination": {"type": "AIRTM"}}),
    ]:
        refused(shop.post(path, body), 422, "USER_SUSPENDED")
    again = refused(shop.post(f"users/{ada.id}/suspend"), 409, "INVALID_STATE")
    assert again == {"current_status": "SUSPENDED", "allowed_from": ["ACTIVE"]}
    assert made(shop.post(f"users/{ada.id}/reactivate"))["status"] == "ACTIVE"
    made(shop.post("topups", {"user_id": ada.id, "amount": "1.00"}))


def test_suspending_is_for_support(shop: Shop, ada: User) -> None:
    token = shop.key("read", "write")
    refused(shop.post(f"users/{ada.id}/suspend", token=token), 403, "INSUFFICIENT_SCOPE")


def test_lists_are_narrowed_by_status_type_and_period(shop: Shop, ada: User, ben: User) -> None:
    made(shop.post(f"users/{ada.id}/suspend"))

    def found(query: str) -> list[str]:
        return [user["external_id"] for user in made(shop.get(f"users?{query}"))["data"]]

    assert found("status=SUSPENDED") == ["ada"]
    assert found("type=BOTH&status=ACTIVE") == ["ben"]
    moment = made(shop.get(f"users/{ben.id}"))["created_at"]
    assert "ben" in found(f"created_after={moment}")
    assert "ben" not in found(f"created_before={moment}")
    for path in ("users", "orders", "topups", "withdrawals", "ledger/transfers", "audit-logs"):
        refused(shop.get(f"{path}?created_after=yesterday"), 400, "VALIDATION_ERROR")
        assert made(shop.get(f"{path}?created_before=2020-01-01T00:00:00Z"))["data"] == []
