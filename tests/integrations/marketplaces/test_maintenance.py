"""Maintenance: writes pause with a time to come back, reads and providers go on."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from integrations.marketplaces import maintenance
from integrations.marketplaces.models import AuditEntry, Maintenance, User
from integrations.marketplaces.rest.fields import moment
from tests.shop import Shop, made, refused, terms


@pytest.fixture(autouse=True)
def nothing_remembered() -> Any:
    maintenance._forget()
    yield
    maintenance._forget()


def switch(turn: str, **options: Any) -> None:
    call_command("maintenance", turn, **options)


def test_writes_pause_and_reads_go_on(shop: Shop, ada: User, ben: User) -> None:
    until = datetime.now(UTC) + timedelta(minutes=2)
    switch("on", message="Moving house", until=until.isoformat())
    answer = shop.post("orders", terms(ada, ben))
    details = refused(answer, 503, "MAINTENANCE")
    assert answer.json()["error"]["message"] == "Moving house"
    assert details["until"] == moment(until)
    assert 100 <= int(answer["Retry-After"]) <= 121
    refused(shop.ask("patch", f"users/{ada.id}", {"email": "x@example.com"}), 503, "MAINTENANCE")
    for path in ("users", f"users/{ada.id}/balance", "orders", "me", "config"):
        made(shop.get(path))
    assert made(shop.get("config"))["maintenance"]["message"] == "Moving house"
    switch("off")
    made(shop.post("orders", terms(ada, ben)))
    assert made(shop.get("config"))["maintenance"] is None


def test_it_says_when_to_come_back_even_if_nobody_knows(shop: Shop) -> None:
    """Nor once the announced end is over: else every backend would ask each second."""
    switch("on")
    assert shop.post("users", {})["Retry-After"] == "30"
    over = datetime.now(UTC) - timedelta(minutes=2)
    switch("on", until=over.isoformat())
    assert shop.post("users", {})["Retry-After"] == "30"


def test_a_provider_is_still_heard(shop: Shop) -> None:
    switch("on")
    answer = Client().post("/api/v1/webhooks/airtm/pac_1", data="{}", content_type="text/plain")
    assert answer.status_code == 401  # not signed, and not turned away before it was read


def test_a_stolen_key_does_not_wait(shop: Shop) -> None:
    key = made(shop.post("api-keys", {"name": "stolen", "scopes": ["read"]}))
    switch("on")
    made(shop.ask("delete", f"api-keys/{key['id']}"))
    refused(shop.post("api-keys", {"name": "x", "scopes": ["read"]}), 503, "MAINTENANCE")


def test_another_process_notices_within_a_second(shop: Shop) -> None:
    made(shop.post("users", {"external_id": "a", "type": "BUYER"}))
    facts = {"message": "elsewhere", "actor": "operator:x", "since": datetime.now(UTC)}
    Maintenance.objects.create(**facts)
    time.sleep(1.05)
    refused(shop.post("users", {"external_id": "b", "type": "BUYER"}), 503, "MAINTENANCE")


def test_who_turned_it_is_written_down(shop: Shop) -> None:
    switch("on", message="x")
    switch("off")
    acts = AuditEntry.across_books.order_by("pk").values_list("act", "actor")
    assert list(acts) == [
        ("maintenance.on", "operator:command-line"), ("maintenance.off", "operator:command-line"),
    ]  # fmt: skip


@pytest.mark.parametrize("until", ["tomorrow", "2026-01-31T12:00:00"])
def test_a_moment_that_is_none_is_named(db: None, until: str) -> None:
    with pytest.raises(CommandError, match="--until"):
        switch("on", until=until)
    assert not Maintenance.objects.exists()
