"""The client of all adapters, against a provider that behaves badly."""

from decimal import Decimal

import pytest
from django.db import ProgrammingError, transaction

from integrations.providers import http
from integrations.providers.models import Call
from tests.integrations.providers import stub as stubs

pytestmark = pytest.mark.django_db


@pytest.fixture
def stub():
    with stubs.running() as stub:
        stub.answers = [(200, b"{}")]
        yield stub


@pytest.fixture
def client(stub) -> http.Client:
    return http.Client(
        provider="airtm",
        base_url=stub.url,
        basic=("the-api-key", "the-api-secret"),
        trail="wd_1",
    )


def test_numbers_are_read_to_the_digit(stub, client):
    stub.answers = [(200, b'{"amount": 12345678901234.1234567, "count": 90071992547409931}')]
    body = client.get("/x").body
    assert body == {"amount": Decimal("12345678901234.1234567"), "count": 90071992547409931}


def test_numbers_are_written_to_the_digit(stub, client):
    client.post("/x", body={"amount": Decimal("100.10"), "name": 'quote " é'})
    assert stub.asked[0][3] == b'{"amount":100.10,"name":"quote \\" \\u00e9"}'


def test_a_float_is_never_written(client):
    with pytest.raises(TypeError):
        client.post("/x", body={"amount": 0.1})


def test_every_request_leaves_a_row_without_secrets_and_whole_addresses(stub, client):
    stub.answers = [(200, b'{"airtmUserEmail": "ada@example.com", "echo": "the-api-secret"}')]
    client.post(
        "/users/ada%40example.com",
        body={"email": "ada@example.com", "password": "hunter2", "deep": [{"api_key": "k"}]},
    )
    call = Call.objects.get()
    assert (call.method, call.status, call.trail) == ("POST", 200, "wd_1")
    assert call.path == "/users/a***%40example.com"
    kept = call.request + call.response + call.path
    for word in ("ada", "hunter2", "the-api-secret", '"k"'):
        assert word not in kept
    assert "a***@example.com" in call.request
    assert call.milliseconds >= 0


def test_credentials_travel_in_the_header_alone(stub, client):
    client.get("/x", query={"status": "CREATED"})
    method, path, headers, body = stub.asked[0]
    assert (method, path, body) == ("GET", "/x?status=CREATED", b"")
    assert headers["Authorization"] == "Basic dGhlLWFwaS1rZXk6dGhlLWFwaS1zZWNyZXQ="


def test_a_redirect_is_an_answer_and_is_not_followed(stub, client):
    stub.answers, stub.location = [(302, b"")], f"{stub.url}/elsewhere"
    assert client.get("/x").status == 302
    assert len(stub.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"<html>502</html>",
        b'{"a": NaN}',
        b'{"a": 1e999999999}',
        b"[" * 100_000,
        b'{"a": 0E999999999}',
        b"\xff\xfe\x00",
        b"1" * 5_000,
    ],
    ids=["html", "nan", "huge", "deep", "huge zero", "binary", "endless integer"],
)
def test_what_is_not_json_is_kept_as_text(stub, client, body):
    stub.answers = [(200, body)]
    reply = client.get("/x")
    assert reply.body is None
    assert Call.objects.get().failure


def test_deep_but_parsable_json_is_survived(stub, client):
    stub.answers = [(200, b"[" * 600 + b"]" * 600)]
    client.get("/x")
    assert Call.objects.count() == 1


def test_an_answer_is_read_to_its_limit_and_no_further(stub, client):
    stub.answers = [(200, b'"' + b"x" * 3_000_000 + b'"')]
    reply = client.get("/x")
    assert reply.body is None
    assert len(reply.text) == http.LARGEST_ANSWER
    assert len(Call.objects.get().response) <= 8_000


def test_silence_is_no_answer(stub, client, monkeypatch):
    monkeypatch.setattr(http, "READ_SECONDS", 0.2)
    stub.silent_for = 1
    with pytest.raises(http.NoAnswer):
        client.get("/x")
    call = Call.objects.get()
    assert call.status is None
    assert "ReadTimeout" in call.failure


def test_a_dripping_answer_is_no_answer(stub, client, monkeypatch):
    monkeypatch.setattr(http, "TOTAL_SECONDS", 0.3)
    stub.drips = True
    with pytest.raises(http.NoAnswer):
        client.get("/x")


def test_a_connection_that_ends_early_is_no_answer(stub, client):
    stub.hangs_up = True
    with pytest.raises(http.NoAnswer):
        client.get("/x")
    assert len(stub.asked) == 1, "a request is never repeated by the client itself"


def test_nobody_listening_is_no_answer():
    client = http.Client(provider="airtm", base_url="http://127.0.0.1:9")
    with pytest.raises(http.NoAnswer):
        client.get("/x")
    assert Call.objects.get().failure


def test_an_open_transaction_is_refused_before_anything_is_sent(stub, client):
    with transaction.atomic(), pytest.raises(ProgrammingError):
        client.get("/x")
    assert stub.asked == []
