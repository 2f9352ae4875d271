"""The acts on orders over REST: who may ask, from where, and that a refusal is a whole one."""

from typing import Any

import pytest

from escrow.models import Escrow
from integrations.marketplaces.models import User
from integrations.providers.models import Call
from ledger import clock
from ledger.models import Event, Hold, Transfer
from payments.models import Milestone, Order
from tests.shop import Shop, made, refused, refused_field, terms

TWO = [
    {"ref": "a", "title": "A", "amount": "4.00"},
    {"ref": "b", "title": "B", "amount": "6.00"},
]
QUARREL = {"opened_by": "BUYER", "reason": "OTHER"}


@pytest.fixture
def order(shop: Shop, ada: User, ben: User) -> Order:
    return shop.order(ada, ben, "100.00")


def agree(shop: Shop, buyer: User, seller: User, **facts: Any) -> Any:
    return shop.post("orders", {**terms(buyer, seller), **facts})


class TestMilestones:
    def test_they_are_shown_in_their_order(self, shop: Shop, ada: User, ben: User) -> None:
        shown = made(agree(shop, ada, ben, milestones=TWO))["milestones"]
        assert [(m["ref"], m["amount"], m["status"]) for m in shown] == [
            ("a", "4.00", "OPEN"), ("b", "6.00", "OPEN"),
        ]  # fmt: skip

    def test_they_add_up(self, shop: Shop, ada: User, ben: User) -> None:
        answer = agree(shop, ada, ben, milestones=TWO[:1])
        details = refused(answer, 422, "MILESTONES_DO_NOT_ADD_UP")
        assert details == {"amount": "10.00", "milestones": "4.00"}
        assert not Order.across_books.exists()
        assert not Milestone.across_books.exists()

    def test_a_name_of_theirs_comes_back_as_it_was(self, shop: Shop, ada: User, ben: User) -> None:
        refused_field(agree(shop, ada, ben, client_order_ref="x "), "client_order_ref", "PADDED")
        pieces = [{"ref": " a", "title": "A", "amount": "10.00"}]
        refused_field(agree(shop, ada, ben, milestones=pieces), "milestones.0.ref", "PADDED")

    def test_fifty_are_the_most(self, shop: Shop, ada: User, ben: User) -> None:
        many = [{"ref": f"m{n}", "title": "M", "amount": "0.01"} for n in range(51)]
        answer = agree(shop, ada, ben, milestones=many, amount="0.51")
        refused_field(answer, "milestones", "MAX_LENGTH")
        assert len(made(agree(shop, ada, ben, milestones=many[1:], amount="0.50"))["milestones"])

    def test_no_ref_stands_twice(self, shop: Shop, ada: User, ben: User) -> None:
        refused_field(
            agree(shop, ada, ben, milestones=[TWO[0], TWO[0]]), "milestones", "NOT_UNIQUE"
        )

    @pytest.mark.parametrize("ref", ["a/b", ".", ".."])
    def test_a_ref_fits_into_an_address(self, shop: Shop, ada: User, ben: User, ref: str) -> None:
        """Whoever asks for `…/milestones/../release` asks for `…/release`: clients see to that."""
        pieces = [{"ref": ref, "title": "A", "amount": "10.00"}]
        refused_field(agree(shop, ada, ben, milestones=pieces), "milestones.0.ref", "INVALID")

    def test_an_amount_of_theirs_is_an_amount(self, shop: Shop, ada: User, ben: User) -> None:
        pieces = [{"ref": "a", "title": "A", "amount": "0.00"}]
        refused_field(
            agree(shop, ada, ben, milestones=pieces), "milestones.0.amount", "INVALID_AMOUNT"
        )

    def test_what_is_paid_at_once_has_none(self, shop: Shop, ada: User, ben: User) -> None:
        answer = agree(shop, ada, ben, milestones=TWO, settlement="INSTANT")
        refused_field(answer, "milestones", "NOT_ALLOWED")


class TestReserve:
    def test_the_money_is_held_and_the_end_is_told(
        self, shop: Shop, order: Order, ada: User
    ) -> None:
        shop.fund(ada, "150.00")
        shown = made(shop.post(f"orders/{order.id}/reserve"))
        assert shown["status"] == "FUNDS_RESERVED"
        hold = Hold.across_books.get()
        assert shown["hold_expires_at"][:19] == hold.expires_at.isoformat()[:19]
        refused(shop.post(f"orders/{order.id}/reserve"), 409, "INVALID_STATE")
        assert shop.balance(ada)["reserved"] == "100.00"

    def test_a_checkout_goes_on_from_there(self, shop: Shop, order: Order, ada: User) -> None:
        shop.fund(ada, "100.00")
        made(shop.post(f"orders/{order.id}/reserve"))
        assert made(shop.post(f"orders/{order.id}/checkout"))["status"] == "ESCROW_CREATING"
        assert shop.balance(ada)["reserved"] == "100.00"


class TestPay:
    def test_digital_goods_are_paid_at_once(self, shop: Shop, ada: User, ben: User) -> None:
        """100.00 at 5 %: 95.00 for Ben, 5.00 for the platform, nothing for a protocol."""
        shop.fund(ada, "150.00")
        order = made(agree(shop, ada, ben, settlement="INSTANT", amount="100.00"))["id"]
        quoted = made(shop.get(f"orders/{order}/quote"))
        paid = made(shop.post(f"orders/{order}/pay"))
        assert (paid["status"], paid["outcome"]) == ("CLOSED", "PAID")
        assert (shop.available(ada), shop.available(ben)) == ("50.00", "95.00")
        assert quoted["release"] == {
            "seller": "95.00", "buyer": "0.00", "platform_fees": "5.00", "protocol_fees": "0.00",
        }  # fmt: skip
        assert quoted["refund"] is None
        again = refused(shop.post(f"orders/{order}/pay"), 409, "INVALID_STATE")
        assert again["current_status"] == "CLOSED"
        assert not Escrow.across_books.exists()

    def test_what_is_reserved_is_used(self, shop: Shop, ada: User, ben: User) -> None:
        shop.fund(ada, "10.00")
        order = made(agree(shop, ada, ben, settlement="INSTANT"))["id"]
        made(shop.post(f"orders/{order}/reserve"))
        made(shop.post(f"orders/{order}/pay"))
        assert shop.available(ben) == "9.50"

    def test_an_order_in_escrow_is_not(self, shop: Shop, order: Order, ada: User) -> None:
        shop.fund(ada, "100.00")
        refused(shop.post(f"orders/{order.id}/pay"), 409, "INVALID_STATE")

    @pytest.mark.parametrize("act", ["checkout", "escrow", "escrow/fund"])
    def test_it_has_no_contract(self, shop: Shop, ada: User, ben: User, act: str) -> None:
        shop.fund(ada, "10.00")
        order = made(agree(shop, ada, ben, settlement="INSTANT"))["id"]
        before = shop.events()
        told = refused(shop.post(f"orders/{order}/{act}"), 409, "INVALID_STATE")
        assert told["current_status"] == "CREATED"
        assert shop.events() == before
        assert shop.available(ada) == "10.00"


class TestEscrow:
    def test_it_is_made_for_what_is_reserved(self, shop: Shop, order: Order, ada: User) -> None:
        refused(shop.post(f"orders/{order.id}/escrow"), 409, "INVALID_STATE")
        shop.fund(ada, "100.00")
        made(shop.post(f"orders/{order.id}/reserve"))
        answer = shop.post(f"orders/{order.id}/escrow")
        assert (answer.status_code, made(answer)["status"]) == (202, "ESCROW_CREATING")
        again = refused(shop.post(f"orders/{order.id}/escrow"), 409, "ESCROW_ALREADY_EXISTS")
        assert again["current_status"] == "ESCROW_CREATING"
        refused(shop.post(f"orders/{order.id}/escrow/fund"), 409, "INVALID_STATE")


ACTS = [
    ("reserve", {}), ("cancel", {}), ("escrow", {}), ("escrow/fund", {}), ("checkout", {}),
    ("pay", {}), ("deliver", {}), ("release", {"requested_by": "BUYER"}),
    ("refund", {"requested_by": "SELLER", "reason": "."}), ("disputes", QUARREL),
    ("milestones/a/deliver", {}), ("milestones/a/release", {"requested_by": "BUYER"}),
    ("milestones/a/refund", {"requested_by": "SELLER", "reason": "."}),
    ("milestones/a/disputes", QUARREL),
]  # fmt: skip


@pytest.mark.parametrize(("act", "body"), ACTS, ids=[act for act, _ in ACTS])
def test_what_is_closed_or_anothers_is_not_acted_on(
    shop: Shop, other_shop: Shop, ada: User, ben: User, act: str, body: Any
) -> None:
    facts = {"milestones": TWO} if "milestones" in act else {}
    order = made(agree(shop, ada, ben, **facts))["id"]
    refused(other_shop.post(f"orders/{order}/{act}", body), 404, "ORDER_NOT_FOUND")
    made(shop.post(f"orders/{order}/cancel"))
    before = shop.events(), Transfer.across_books.count()
    refused(shop.post(f"orders/{order}/{act}", body), 409, "INVALID_STATE")
    assert (shop.events(), Transfer.across_books.count()) == before
    assert not Call.objects.filter(trail=order).exists()


@pytest.mark.parametrize(
    ("act", "body"),
    [(act, body) for act, body in ACTS if act in {"reserve", "checkout", "release"}],
)
@pytest.mark.parametrize("who", ["buyer_id", "seller_id"])
def test_a_suspended_party_refuses_the_act(
    shop: Shop, order: Order, ada: User, act: str, body: Any, who: str
) -> None:
    shop.fund(ada, "100.00")
    User.across_books.filter(pk=getattr(order, who)).update(status="SUSPENDED")
    refused(shop.post(f"orders/{order.id}/{act}", body), 422, "USER_SUSPENDED")
    User.across_books.update(status="ACTIVE", frozen_at=clock.now())
    refused(shop.post(f"orders/{order.id}/{act}", body), 422, "SUBJECT_FROZEN")


def test_users_of_two_marketplaces_have_no_order_together(
    shop: Shop, other_shop: Shop, ada: User
) -> None:
    refused(agree(shop, ada, other_shop.user("eve")), 404, "USER_NOT_FOUND")


@pytest.mark.parametrize("act", ["release", "refund"])
def test_w38_who_asks_must_be_the_one_to_decide(shop: Shop, order: Order, act: str) -> None:
    wrong = {"release": "SELLER", "refund": "BUYER"}[act]
    path, body = f"orders/{order.id}/{act}", {"requested_by": wrong, "reason": "."}
    refused(shop.post(path, body), 422, "NOT_YOURS_TO_DECIDE")
    body["requested_by"] = "PLATFORM"
    answer = shop.post(path, body, token=shop.key("write"))
    refused(answer, 403, "INSUFFICIENT_SCOPE")
    assert "scope 'support'" in answer.json()["error"]["message"]


def test_a_refund_has_a_reason(shop: Shop, order: Order) -> None:
    answer = shop.post(f"orders/{order.id}/refund", {"requested_by": "SELLER"})
    refused_field(answer, "reason", "REQUIRED")


def test_a_quote_rounds_each_milestone(shop: Shop, ada: User, ben: User) -> None:
    pieces = [{"ref": ref, "title": ref, "amount": "33.33"} for ref in "abc"]
    order = made(agree(shop, ada, ben, milestones=pieces, amount="99.99"))["id"]
    quoted = made(shop.get(f"orders/{order}/quote"))
    assert [one["release"]["seller"] for one in quoted["milestones"]] == ["31.56351"] * 3
    assert quoted["release"]["seller"] == "94.69053"
    assert quoted["refund"] == {
        "seller": "0.00", "buyer": "99.99", "platform_fees": "-0.29997",
        "protocol_fees": "0.29997",
    }  # fmt: skip


def test_a_timeline_tells_what_happened_and_who_did_it(shop: Shop, order: Order, ada: User) -> None:
    shop.fund(ada, "100.00")
    made(shop.post(f"orders/{order.id}/reserve"))
    made(shop.post(f"orders/{order.id}/cancel", {"reason": "Enough."}))
    told = made(shop.get(f"orders/{order.id}/timeline"))["data"]
    assert [(one["type"], one["status"], one["reason"]) for one in told] == [
        ("order.closed", "CLOSED", "Enough."),
        ("order.funds_reserved", "FUNDS_RESERVED", None),
        ("order.created", "CREATED", None),
    ]
    assert {one["actor"].partition(":")[0] for one in told} == {"key"}
    first = made(shop.get(f"orders/{order.id}/timeline?limit=1"))
    assert first["has_more"]
    assert Event.across_books.filter(trail=order.id).count() > len(told)  # its hold's, for one
