"""Where money may go on the chain: what is refused at once, and what the first step finds."""

from typing import Any

import pytest
from stellar_sdk import MuxedAccount, StrKey

from integrations.marketplaces.models import User
from integrations.providers.models import Address
from integrations.providers.stellar.networks import network, pretended_key
from tests.payments.amounts import NOT_AMOUNTS
from tests.shop import Shop, made, refused, refused_field
from withdrawals.models import Withdrawal

SOMEBODY = pretended_key("somebody").public_key
MUXED = MuxedAccount(SOMEBODY, 7).account_muxed
CONTRACT = StrKey.encode_contract(b"\1" * 32)


@pytest.fixture
def asked(ada: User) -> dict[str, Any]:
    return {"user_id": ada.id, "amount": "10.0000001",
            "destination": {"type": "STELLAR", "address": SOMEBODY}}  # fmt: skip


def ask(shop: Shop, asked: Any, **destination: Any) -> Any:
    return shop.post(
        "withdrawals", {**asked, "destination": {**asked["destination"], **destination}}
    )


@pytest.mark.parametrize(
    "address",
    [
        "", " ", "G", SOMEBODY[:-1], SOMEBODY.lower(), f" {SOMEBODY}", f"{SOMEBODY}\n",
        SOMEBODY[:-1] + ("A" if SOMEBODY[-1] != "A" else "B"), CONTRACT,
        pretended_key("another").secret,
        "ada*localhost", "ada*127.0.0.1", "*example.com", "ada*", "a b*example.com",
        "ada*example.com*example.com", "ada*example.com:8000", "ada*example.com/x",
        "ada@example.com", "ada*[::1]", "x" * 321,
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_address_is_refused(shop: Shop, asked: Any, address: str) -> None:
    answer = ask(shop, asked, address=address)
    [field] = refused(answer, 400, "VALIDATION_ERROR")["fields"]
    assert field["field"] == "destination.address"
    assert field["code"] in {"INVALID_ADDRESS", "BLANK", "MAX_LENGTH"}
    assert not Withdrawal.objects.of(shop.book).exists()


@pytest.mark.parametrize(
    "memo",
    [
        {"memo": "é" * 15},
        {"memo": "x" * 29},
        {"memo": "a\nb"},
        {"memo": "-1", "memo_type": "ID"},
        {"memo": "01", "memo_type": "ID"},
        {"memo": str(2**64), "memo_type": "ID"},
        {"memo": "٣", "memo_type": "ID"},
        {"memo": "ab" * 31, "memo_type": "HASH"},
        {"memo": "zz" * 32, "memo_type": "HASH"},
        {"memo": "7", "address": MUXED},
    ],
    ids=repr,
)
def test_what_is_no_memo_is_refused(shop: Shop, asked: Any, memo: dict[str, str]) -> None:
    refused_field(ask(shop, asked, **memo), "destination.memo", "INVALID_MEMO")


@pytest.mark.parametrize("memo", [{}, {"memo": ""}], ids=repr)
@pytest.mark.parametrize("kind", ["TEXT", "ID", "HASH"])
def test_attack_a_memo_type_without_its_memo_pays_nobody(
    shop: Shop, asked: Any, memo: dict[str, str], kind: str
) -> None:
    answer = ask(shop, asked, memo_type=kind, **memo)
    refused_field(answer, "destination.memo", "INVALID_MEMO")
    assert not Withdrawal.objects.of(shop.book).exists()


@pytest.mark.parametrize(
    "memo",
    [
        {"memo": "é" * 14},
        {"memo": str(2**64 - 1), "memo_type": "ID"},
        {"memo": "ab" * 32, "memo_type": "HASH"},
        {"memo": ""},
        {"address": MUXED},
        {"address": "Ada.B-7+x*bazaar.example"},
    ],
    ids=repr,
)
def test_what_can_be_paid_is_taken(shop: Shop, asked: Any, memo: dict[str, str]) -> None:
    seen = made(ask(shop, asked, **memo))
    assert (seen["status"], seen["amount"]) == ("CHECKING", "10.0000001")
    assert seen["destination"]["address"] == memo.get("address", SOMEBODY)


@pytest.mark.parametrize("role", ["TREASURY", "FEES", "RESOLVER"])
def test_no_withdrawal_leads_to_ourselves(
    shop: Shop, other_shop: Shop, asked: Any, role: str
) -> None:
    for book in (shop.book, other_shop.book):
        ours = Address.objects.of(book).get(role=role).address
        for address in (ours, MuxedAccount(ours, 1).account_muxed):
            refused(ask(shop, asked, address=address), 422, "DESTINATION_INVALID")
    assert not Withdrawal.objects.of(shop.book).exists()


def test_what_is_sent_to_the_issuer_would_be_destroyed(shop: Shop, asked: Any) -> None:
    refused(ask(shop, asked, address=network().usdc_issuer), 422, "DESTINATION_INVALID")


def test_no_withdrawal_leads_to_where_airtm_takes_our_own_money_in(
    shop: Shop, asked: Any, settings: Any
) -> None:
    """An operator would name it as the arrival of treasury money, and the user had been paid."""
    settings.AIRTM_DEPOSIT_ADDRESS = MUXED
    for address in (SOMEBODY, MUXED, MuxedAccount(SOMEBODY, 8).account_muxed):
        refused(ask(shop, asked, address=address), 422, "DESTINATION_INVALID")
    assert not Withdrawal.objects.of(shop.book).exists()


@pytest.mark.parametrize("amount", [bad for bad in NOT_AMOUNTS if bad != "1.001"], ids=repr)
def test_w18_what_is_no_amount_on_chain_is_refused(shop: Shop, asked: Any, amount: Any) -> None:
    refused_field(shop.post("withdrawals", {**asked, "amount": amount}), "amount", "INVALID_AMOUNT")


@pytest.mark.parametrize("amount", ["0.00000001", "922337203685.4775808"])
def test_the_chains_own_limits_hold(shop: Shop, asked: Any, amount: str) -> None:
    refused_field(shop.post("withdrawals", {**asked, "amount": amount}), "amount", "INVALID_AMOUNT")


@pytest.mark.parametrize(
    ("destination", "field", "code"),
    [
        ({"type": "AIRTM", "address": SOMEBODY}, "address", "UNKNOWN_FIELD"),
        ({"type": "AIRTM", "memo": "7"}, "memo", "UNKNOWN_FIELD"),
        ({"type": "STELLAR", "email": "a@b.co", "address": SOMEBODY}, "email", "UNKNOWN_FIELD"),
        ({"type": "STELLAR"}, "address", "REQUIRED"),
        ({"type": "STELLAR", "address": 7}, "address", "INVALID"),
        ({"type": "STELLAR", "address": SOMEBODY, "memo_type": "RETURN"}, "memo_type",
         "INVALID_CHOICE"),
    ],
)  # fmt: skip
def test_w19_a_destination_belongs_to_its_rail(
    shop: Shop, asked: Any, destination: Any, field: str, code: str
) -> None:
    answer = shop.post("withdrawals", {**asked, "amount": "1.00", "destination": destination})
    refused_field(answer, f"destination.{field}", code)


def test_w19_airtm_takes_whole_cents(shop: Shop, ada: User) -> None:
    body = {"user_id": ada.id, "amount": "1.001", "destination": {"type": "AIRTM"}}
    refused_field(shop.post("withdrawals", body), "amount", "INVALID_AMOUNT")


def test_w19_a_user_without_airtm_is_paid_on_chain(shop: Shop, asked: Any) -> None:
    cleo = shop.user("cleo", linked=False)
    assert made(shop.post("withdrawals", {**asked, "user_id": cleo.id}))["status"] == "CHECKING"


def test_it_can_be_canceled_before_it_is_claimed(shop: Shop, asked: Any, ada: User) -> None:
    shop.fund(ada, "10.00")
    asked["amount"] = "4.00"
    withdrawal = made(shop.post("withdrawals", {**asked, "commit": True}))
    assert shop.available(ada) == "6.00"
    canceled = made(shop.post(f"withdrawals/{withdrawal['id']}/cancel"))
    assert (canceled["status"], shop.available(ada)) == ("CANCELED", "10.00")
    again = shop.post(f"withdrawals/{withdrawal['id']}/cancel")
    assert refused(again, 409, "INVALID_STATE")["current_status"] == "CANCELED"


def test_what_is_claimed_is_not_canceled(shop: Shop, asked: Any, ada: User) -> None:
    shop.fund(ada, "10.00")
    asked["amount"] = "4.00"
    pk = made(shop.post("withdrawals", {**asked, "commit": True}))["id"]
    Withdrawal.objects.of(shop.book).filter(pk=pk).update(asked_at=shop.marketplace.created_at)
    details = refused(shop.post(f"withdrawals/{pk}/cancel"), 409, "INVALID_STATE")
    assert details == {"current_status": "COMMITTED", "allowed_from": ["CREATED", "COMMITTED"]}
    assert shop.balance(ada)["paying_out"] == "4.00"


def test_what_is_still_checked_is_not_canceled(shop: Shop, asked: Any) -> None:
    pk = made(shop.post("withdrawals", asked))["id"]
    refused(shop.post(f"withdrawals/{pk}/cancel"), 409, "INVALID_STATE")


@pytest.mark.parametrize("status", ["SUSPENDED", "ACTIVE"])
def test_w20_a_user_who_may_not_act_cancels_nothing(
    shop: Shop, asked: Any, ada: User, status: str
) -> None:
    shop.fund(ada, "10.00")
    pk = made(shop.post("withdrawals", {**asked, "amount": "4.00", "commit": True}))["id"]
    frozen_at = ada.created_at if status == "ACTIVE" else None
    User.objects.of(shop.book).filter(pk=ada.id).update(status=status, frozen_at=frozen_at)
    code = "USER_SUSPENDED" if status == "SUSPENDED" else "SUBJECT_FROZEN"
    refused(shop.post(f"withdrawals/{pk}/cancel"), 422, code)
    assert made(shop.post(f"withdrawals/{pk}/refresh", key=None))["status"] == "COMMITTED"


def test_another_marketplace_can_neither_cancel_nor_refresh(
    shop: Shop, other_shop: Shop, asked: Any
) -> None:
    pk = made(shop.post("withdrawals", asked))["id"]
    for act in ("cancel", "refresh", "commit"):
        refused(other_shop.post(f"withdrawals/{pk}/{act}"), 404, "WITHDRAWAL_NOT_FOUND")
