"""The hash chain: sealed in order; where the record was rewritten, the first bad row is named."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from ledger import seals
from ledger.chart import ADJUSTMENTS, AIRTM_FLOAT, PLATFORM_FEES, PROVIDER_FEES, available
from ledger.models import Seal, Transfer
from ledger.posting import credit, debit
from tests.ledger.books import Books, open_books

pytestmark = [pytest.mark.django_db, pytest.mark.postings_alone]

ROOT = Path(__file__).resolve().parents[2]
ADA = available("usr_ada")
GAP, LINK, ROW, NONE = (
    "seals are numbered without a gap",
    "a seal names the hash before it",
    "a transfer is as it was sealed",
    "every transfer is sealed or waits for it",
)


@pytest.fixture
def books() -> Books:
    """Six sealed transfers; the last one has a cause that is hard to spell."""
    books = open_books()
    books.user("usr_ada")
    for amount in range(1, 6):
        books.post("topup", debit(AIRTM_FLOAT, amount), credit(ADA, amount), trail=f"top_{amount}")
    books.post(
        "gift", debit(ADA, 1), credit(ADJUSTMENTS, 1), cause='"\\\n\t\x01\x7f é 漢 🪙 \u2028'
    )
    assert seals.seal(books.number) == 6
    return books


@contextmanager
def tampered(sql: str, books: Books) -> Iterator[None]:
    """Somebody with every right changes the record behind its triggers; undone in the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for number in range(1, 7):
            seal = Seal.objects.of(books.number).get(number=number)
            sql = sql.replace(f"<{number}>", f"'{seal.transfer_id}'")
        cursor.execute(sql)
        cursor.execute("SET LOCAL session_replication_role = origin")
        yield
        transaction.set_rollback(True)


def commanded(*arguments: str) -> tuple[int, str]:
    """A command's exit code and what it printed."""
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command(*arguments, stdout=out, stderr=StringIO())
    return int(str(end.value.code)), out.getvalue()


def verified(books: Books, tmp_path: Path) -> tuple[int, str]:
    """What `docs/verify_chain.py` says to an export, in a process of its own."""
    export = tmp_path / "chain.jsonl"
    commanded("export_chain", f"--book={books.number}", f"--output={export}")
    script = [sys.executable, "-I", str(ROOT / "docs" / "verify_chain.py"), str(export)]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_script_is_thirty_lines_of_plain_python() -> None:
    source = (ROOT / "docs" / "verify_chain.py").read_text()
    assert len(source.splitlines()) <= 30
    assert "django" not in source.lower()


def test_a_sound_chain_is_verified_by_both(books: Books, tmp_path: Path) -> None:
    assert seals.prove(book=books.number) == []
    newest = Seal.objects.of(books.number).get(number=6)
    assert verified(books, tmp_path) == (0, f"6 transfers, last hash {newest.hash}\n")


def test_the_first_seal_follows_zeros_and_each_other_one_the_one_before(books: Books) -> None:
    chain = list(Seal.objects.of(books.number).order_by("number"))
    assert [seal.previous for seal in chain] == ["0" * 64, *(seal.hash for seal in chain[:-1])]


@pytest.mark.parametrize(
    ("sql", "rule", "number"),
    [
        ("UPDATE ledger_entry SET amount = amount * 2 WHERE transfer_id = <2>", ROW, 2),
        ("UPDATE ledger_entry SET balance_after = 7 WHERE transfer_id = <5>", ROW, 5),
        ("UPDATE ledger_entry SET recorded_at = now() WHERE transfer_id = <1>", ROW, 1),
        ("UPDATE ledger_entry SET transfer_id = <4> WHERE transfer_id = <3>", ROW, 3),
        ("DELETE FROM ledger_entry WHERE transfer_id = <3>", ROW, 3),
        ("UPDATE ledger_transfer SET kind = 'gift' WHERE id = <1>", ROW, 1),
        ("UPDATE ledger_transfer SET cause = cause || ' ' WHERE id = <6>", ROW, 6),
        ("UPDATE ledger_transfer SET trail = '' WHERE id = <3>", ROW, 3),
        ("UPDATE ledger_transfer SET actor = 'olga' WHERE id = <4>", ROW, 4),
        ("UPDATE ledger_transfer SET reverses_id = <1> WHERE id = <2>", ROW, 2),
        ("UPDATE ledger_transfer SET recorded_at = recorded_at + interval '1 us' WHERE id = <2>",
         ROW, 2),
        ("UPDATE ledger_account SET subject = 'usr_eve' WHERE subject = 'usr_ada'"
         " AND kind = 'available'", ROW, 1),
        ("DELETE FROM ledger_transfer WHERE id = <2>", ROW, 2),
        ("UPDATE ledger_seal SET hash = repeat('a', 64) WHERE number = 3", ROW, 3),
        ("UPDATE ledger_seal SET previous = repeat('a', 64) WHERE number = 3", LINK, 3),
        ("UPDATE ledger_seal SET previous = repeat('a', 64),"
         " hash = ledger_fingerprint(transfer_id, 1, repeat('a', 64)) WHERE number = 1", LINK, 1),
        ("UPDATE ledger_entry SET amount = amount * 2 WHERE transfer_id = <3>; UPDATE ledger_seal"
         " SET hash = ledger_fingerprint(transfer_id, 3, previous) WHERE number = 3", LINK, 4),
        ("DELETE FROM ledger_seal WHERE number = 1", GAP, 2),
        ("DELETE FROM ledger_seal WHERE number = 4", GAP, 5),
        ("UPDATE ledger_seal SET transfer_id = CASE transfer_id WHEN <2> THEN 'x' ELSE <2> END"
         " WHERE number IN (2); UPDATE ledger_seal SET transfer_id = <2> WHERE number = 5;"
         " UPDATE ledger_seal SET transfer_id = <5> WHERE number = 2", ROW, 2),
    ],
)  # fmt: skip
def test_w36_the_first_bad_row_is_named(
    books: Books, tmp_path: Path, sql: str, rule: str, number: int
) -> None:
    with tampered(sql, books):
        fault = seals.prove(book=books.number)[0]
        assert (fault.invariant, fault.subject.split()[1]) == (rule, str(number))
        code, told = commanded("prove_ledger", "--chain", f"--book={books.number}")
        assert code == 1
        assert f"{rule}: {fault.subject}" in told
        code, told = verified(books, tmp_path)
        line = number - 1 if rule == GAP else number  # a line is missing, or its number is wrong
        assert code == 1
        assert f"first bad row: line {line}, " in told
    assert seals.prove(book=books.number) == []


def test_a_seal_torn_off_the_end_leaves_a_transfer_without_one(books: Books) -> None:
    with tampered("DELETE FROM ledger_seal WHERE number = 6", books):
        [fault] = seals.prove(book=books.number)
        last = Transfer.objects.of(books.number).order_by("recorded_at").last()
        assert (fault.invariant, fault.subject) == (NONE, last.id)


def test_books_have_chains_of_their_own(books: Books) -> None:
    others = open_books("Elsewhere")
    others.post("adjustment", debit(AIRTM_FLOAT, 5), credit(ADJUSTMENTS, 5))
    assert seals.seal(others.number) == 1
    with tampered("UPDATE ledger_seal SET hash = 'x' WHERE number = 3", books):
        assert seals.prove(book=others.number) == []
        assert [fault.book for fault in seals.prove()] == [books.number]


def test_what_is_not_sealed_yet_is_no_fault_and_told_by_the_export(
    books: Books, tmp_path: Path
) -> None:
    books.post("adjustment", debit(AIRTM_FLOAT, 5), credit(ADJUSTMENTS, 5))
    assert seals.prove(book=books.number) == []
    code, lines = commanded("export_chain", f"--book={books.number}")
    assert (code, len(lines.split("\n")[:-1])) == (1, 6)
    assert seals.seal(books.number) == 1
    code, lines = commanded("export_chain", f"--book={books.number}")
    assert (code, len(lines.split("\n")[:-1])) == (0, 7)
    assert [json.loads(line)["number"] for line in lines.split("\n")[:-1]] == list(range(1, 8))


@pytest.mark.parametrize("arguments", [["--book=0"], ["--output=/nowhere/chain.jsonl"]])
def test_an_export_that_cannot_be_says_so(books: Books, arguments: list[str]) -> None:
    book = [] if "--book=0" in arguments else [f"--book={books.number}"]
    assert commanded("export_chain", *book, *arguments)[0] == 2


@pytest.mark.django_db(transaction=True)
def test_a_transfer_that_commits_late_is_sealed_later() -> None:
    books = open_books()
    written, may_commit = threading.Event(), threading.Event()

    def linger() -> None:
        with transaction.atomic():
            books.post("adjustment", debit(AIRTM_FLOAT, 1), credit(ADJUSTMENTS, 1), cause="late")
            written.set()
            may_commit.wait(10)
        connection.close()

    lingerer = threading.Thread(target=linger)
    lingerer.start()
    assert written.wait(10)
    books.post("fee", debit(PROVIDER_FEES, 1), credit(PLATFORM_FEES, 1), cause="early")
    assert seals.seal(books.number) == 1
    may_commit.set()
    lingerer.join()
    assert seals.seal(books.number) == 1
    chain = Seal.objects.of(books.number).order_by("number").select_related("transfer")
    assert [seal.transfer.cause for seal in chain] == ["early", "late"]
    assert chain[0].transfer.recorded_at > chain[1].transfer.recorded_at
    assert seals.prove() == []


@pytest.mark.django_db(transaction=True)
def test_of_many_sealers_each_transfer_is_sealed_by_one() -> None:
    books = open_books()
    for _ in range(100):
        books.post("adjustment", debit(AIRTM_FLOAT, 1), credit(ADJUSTMENTS, 1))
    sealed: list[int] = []

    def run() -> None:
        sealed.append(seals.seal(books.number))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sealed) == 100
    assert seals.prove() == []
