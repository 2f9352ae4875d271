"""Log lines: one per request and per act, with the request's id, and nothing that is a secret."""

import json
import logging
import uuid
from typing import Any

import pytest
from structlog.contextvars import get_contextvars

from config.celery import app
from config.logs import formatter
from integrations.marketplaces.models import User
from tests.shop import Shop, made, refused


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """What was logged meanwhile, as live mode prints it."""
    caplog.set_level(logging.INFO)
    shape = formatter(form="json")
    return lambda: [json.loads(shape.format(one)) for one in caplog.records]


def test_a_request_is_one_line_without_a_secret(shop: Shop, ada: User, lines: Any) -> None:
    body = {"external_id": "zoe-7", "type": "BUYER", "email": "zoe@example.com"}
    made(shop.post("users", body, **{"X-Request-ID": "req-1"}))
    refused(shop.get(f"orders/{ada.id}"), 404, "ORDER_NOT_FOUND")
    first, second = [line for line in lines() if line["event"] == "request"]
    assert (first["method"], first["route"], first["status"]) == ("POST", "users", 201)
    assert first["request_id"] == "req-1"
    assert second["refusal"] == "ORDER_NOT_FOUND"
    told = json.dumps(lines())
    for word in ("zoe", shop.token.split("_", 3)[3]):
        assert word not in told


def test_an_id_writes_no_line_of_its_own(shop: Shop, lines: Any) -> None:
    refused(shop.get("users/usr_%0aforged%1b[2J%00"), 404, "USER_NOT_FOUND")
    [line] = [line for line in lines() if line["event"] == "request"]
    assert line["user_id"] == r"usr_\nforged\x1b[2J\x00"


def test_health_is_asked_too_often_to_be_told(shop: Shop, lines: Any) -> None:
    made(shop.get("health"))
    assert lines() == []


def test_a_task_says_what_it_was_about_and_who_asked(db: None, lines: Any) -> None:
    subject, seen = f"hld_{uuid.uuid4().hex}", []

    @app.task(name="tests.told")
    def told(subject: str) -> None:
        seen.append(get_contextvars().get("request_id", ""))

    told.apply(kwargs={"subject": subject}, headers={"request_id": "req-2"})
    app.tasks.pop("tests.told")
    [line] = [line for line in lines() if line["event"] == "task"]
    assert (line["task"], line["subject"]) == ("tests.told", subject)
    assert [line["request_id"], *seen] == ["req-2", "req-2"]


def test_a_fault_is_told_without_the_values_of_variables(lines: Any) -> None:
    secret = "hidden-" + "value"
    try:
        raise ValueError(len(secret))
    except ValueError:
        logging.getLogger("offerhub").exception("a fault")
    [line] = lines()
    assert "ValueError" in json.dumps(line)
    assert secret not in json.dumps(line)
