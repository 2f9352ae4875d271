"""`manage.py import_balances`: every line of the file is posted, or none is.

| file: ada 12.5, ben 0.000001     | available | adjustments |
|----------------------------------|-----------|-------------|
| dry run                          |      0.00 |        0.00 |
| run                              | 12.500001 |  -12.500001 |
| run again                        | 12.500001 |  -12.500001 |
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from config import opening
from integrations.marketplaces.models import User
from ledger.models import Account, Event, Transfer
from tests.shop import Shop

pytestmark = pytest.mark.django_db

GOOD = "external_id,available\nada,12.5\nben,0.000001\n"


@pytest.fixture
def run(shop: Shop, ada: User, ben: User, tmp_path: Path, capsys: Any) -> Any:
    """Write a file and import it; the exit code and the report."""

    def run(content: str | bytes, *more: str) -> tuple[int, Any]:
        file = tmp_path / "balances.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        options = {"--marketplace": "Bazaar", "--approval": "apr_1", "--format": "json"}
        options |= dict(zip(more[::2], more[1::2], strict=True))
        dry = options.pop("--dry-run", None)
        flat = [part for pair in options.items() for part in pair]
        with pytest.raises(SystemExit) as ended:
            call_command("import_balances", str(file), *flat, *(["--dry-run"] if dry else []))
        output = capsys.readouterr().out
        is_json = output and options["--format"] == "json"
        return int(ended.value.code), json.loads(output) if is_json else output  # type: ignore[arg-type]

    return run


def books(shop: Shop) -> tuple[int, int]:
    rows = Account.objects.of(shop.book)
    owed = sum(rows.filter(kind="available").values_list("balance", flat=True))
    return owed, rows.get(kind="adjustments").balance


def lines(report: Any) -> list[tuple[int, str]]:
    return [(finding["line"], finding["what"]) for finding in report["findings"]]


def test_the_table(run: Any, shop: Shop) -> None:
    code, report = run(GOOD, "--dry-run", "yes")
    assert (code, report["kept"], report["posted"]) == (0, False, 2)
    assert report["trial_balance"]["after"]["available"] == "12.500001"
    assert books(shop) == (0, 0)

    code, report = run(GOOD)
    assert (code, report["kept"], report["posted"]) == (0, True, 2)
    assert books(shop) == (125_000_010, -125_000_010)

    code, report = run(GOOD)
    assert (code, report["posted"], report["posted_before"]) == (0, 0, 2)
    assert books(shop) == (125_000_010, -125_000_010)


def test_the_report_is_signed_off(run: Any, shop: Shop) -> None:
    _, report = run(GOOD, "--operator", "olga")
    assert report["sha256"] == hashlib.sha256(GOOD.encode()).hexdigest()
    assert (report["rows"], report["sum"]) == (2, "12.500001")
    assert (report["approval"], report["operator"]) == ("apr_1", "olga")
    assert report["trial_balance"]["before"]["adjustments"] == "0.00"
    assert report["trial_balance"]["after"]["adjustments"] == "-12.500001"
    assert report["books_balanced"] is True
    assert {t.trail for t in Transfer.objects.of(shop.book)} == {"apr_1"}
    assert {t.actor for t in Transfer.objects.of(shop.book)} == {"operator:olga"}


def test_the_report_can_be_read(run: Any) -> None:
    code, text = run(GOOD, "--format", "text")
    assert code == 0
    assert "books balanced yes" in text
    assert text.rstrip().endswith("posted")


@pytest.mark.parametrize(
    ("line", "what"),
    {
        "unknown user": ("cleo,1", "no user 'cleo'"),
        "another's user": ("stranger,1", "no user 'stranger'"),
        "no user": (",1", "no user ''"),
        "no amount": ("ada,", "'': The amount must be"),
        "zero": ("ada,0", "'0': The amount must be"),
        "negative": ("ada,-1", "'-1': The amount must be"),
        "exponent": ("ada,1e3", "'1e3': The amount must be"),
        "blank": ("ada, 1", "' 1': The amount must be"),
        "too precise": ("ada,0.00000001", "'0.00000001': At most 7 decimals"),
        "too large": ("ada,922337203686", "'922337203686': At most 922337203685"),
        "twice": ("ben,1", "'ben' is on line 2 already"),
        "one column": ("ada", "1 columns instead of 2"),
        "three columns": ("ada,1,2", "3 columns instead of 2"),
        "control character": ("a\0da,1", "not UTF-8, or not printable"),
        "bad quote": ('"ada"x,1', "not CSV"),
    }.values(),
)
def test_one_bad_line_and_nothing_is_posted(
    run: Any, shop: Shop, other_shop: Shop, line: str, what: str
) -> None:
    other_shop.user("stranger")
    code, report = run(f"external_id,available\nben,1\n{line}\n")
    assert code == 1
    [(number, found)] = lines(report)
    assert number == 3
    assert found.startswith(what)
    assert report["kept"] is False
    assert books(shop) == (0, 0)


def test_bytes_that_are_no_text_are_named_by_line(run: Any, shop: Shop) -> None:
    code, report = run(b"external_id,available\nada,1\nb\xe9n,2\n")
    assert (code, lines(report)) == (1, [(3, "not UTF-8, or not printable")])
    assert books(shop) == (0, 0)


@pytest.mark.parametrize("header", ["", "user,amount", "external_id;available", "ada,1"])
def test_another_header_is_refused(run: Any, shop: Shop, header: str) -> None:
    code, report = run(f"{header}\nada,1\n" if header else "")
    assert (code, lines(report)) == (1, [(1, "the header must be external_id,available")])
    assert books(shop) == (0, 0)


def test_everything_that_is_wrong_is_told_at_once(run: Any) -> None:
    code, report = run("external_id,available\ncleo,1\nada,x\nben,1\nben,1\n")
    assert code == 1
    assert [number for number, _ in lines(report)] == [2, 3, 5]


def test_a_mark_at_the_beginning_and_an_empty_line_at_the_end_do_no_harm(run: Any) -> None:
    code, report = run("\N{ZERO WIDTH NO-BREAK SPACE}" + GOOD.replace("\n", "\r\n") + "\r\n")
    assert (code, report["posted"]) == (0, 2)


def test_another_file_for_the_same_approval_is_refused(run: Any, shop: Shop) -> None:
    run(GOOD)
    code, report = run(GOOD.replace("12.5", "13") + "\n")
    assert code == 1
    [(line, what)] = lines(report)
    assert line == 2
    assert what.startswith("CAUSE_ALREADY_POSTED")
    assert books(shop) == (125_000_010, -125_000_010)


def test_many_rows_are_posted_in_batches(run: Any, shop: Shop, monkeypatch: Any) -> None:
    monkeypatch.setattr(opening, "AT_ONCE", 2)
    names = [shop.user(f"user-{n}", linked=False).external_id for n in range(5)]
    before = Event.objects.of(shop.book).count()
    code, report = run("external_id,available\n" + "".join(f"{name},1.00\n" for name in names))
    assert (code, report["posted"]) == (0, 5)
    assert Event.objects.of(shop.book).count() - before == 3


@pytest.mark.parametrize(
    "options", [("--marketplace", "Nowhere"), ("--approval", "olga said so"), ("--approval", "")]
)
def test_it_does_not_run_without_a_book_and_an_approval(run: Any, options: tuple[str, str]) -> None:
    code, _ = run(GOOD, *options)
    assert code == 2


def test_a_file_that_is_not_there_is_no_import(shop: Shop) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command(
            "import_balances", "/nowhere.csv", "--marketplace", "Bazaar", "--approval", "apr_1"
        )
    assert ended.value.code == 2
