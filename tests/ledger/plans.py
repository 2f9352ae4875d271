"""How PostgreSQL carries out what a function asks: its plans, with the rows that were read."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def of(ask: Callable[[], Any]) -> list[dict[str, Any]]:
    """Every step of every query that `ask` sends and that reads the entries."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    queries = [query["sql"] for query in captured if "ledger_entry" in query["sql"]]
    assert queries
    return [step for query in queries for step in _steps(_explained(query))]


def reads_of(table: str, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [step for step in steps if step.get("Relation Name") == table]


def _explained(query: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query.replace("%", "%%"))
        plan = cursor.fetchone()[0]
    return (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]


def _steps(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", []):
        yield from _steps(inner)
