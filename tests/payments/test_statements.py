"""How often a write speaks to the database: what each statement is for is in the READMEs."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.marketplaces.models import User
from tests.shop import Shop, made, terms

pytestmark = pytest.mark.django_db(transaction=True)

CLOSE = r'WITH written_0 AS \(INSERT INTO "ledger_event".* UPDATE "marketplaces_idempotencykey"'


def within_the_transaction(seen: CaptureQueriesContext) -> list[str]:
    """What was sent between BEGIN and COMMIT, without the clock, which is read every 50 ms."""
    statements = [re.sub(r"\s+", " ", query["sql"]) for query in seen.captured_queries]
    inside = statements[statements.index("BEGIN") + 1 : statements.index("COMMIT")]
    return [statement for statement in inside if "ledger_now()" not in statement]


def assert_are(statements: list[str], *patterns: str) -> None:
    assert len(statements) == len(patterns), "\n".join(statements)
    for statement, pattern in zip(statements, patterns, strict=True):
        assert re.match(pattern, statement), statement


def test_a_reserve_is_five_statements(shop: Shop, ada: User, ben: User) -> None:
    shop.fund(ada, "100.00")
    order = shop.order(ada, ben)
    with CaptureQueriesContext(connection) as seen:
        made(shop.post(f"orders/{order.id}/reserve"))
    assert_are(
        within_the_transaction(seen),
        r"SELECT \* FROM marketplaces_begin_request",
        r'SELECT .* FROM "marketplaces_user" .* FOR NO KEY UPDATE',
        r'UPDATE "payments_order"',
        r'WITH written_0 AS \(INSERT INTO "ledger_hold".* SELECT .* FROM ledger_post',
        CLOSE,
    )


def test_a_new_order_is_three_statements(shop: Shop, ada: User, ben: User) -> None:
    with CaptureQueriesContext(connection) as seen:
        made(shop.post("orders", terms(ada, ben)))
    assert_are(
        within_the_transaction(seen),
        r"SELECT \* FROM marketplaces_begin_request",
        r'INSERT INTO "payments_order"',
        CLOSE,
    )
