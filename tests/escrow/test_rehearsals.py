"""What a dry run tells of a milestone's end, or of a decision, is what then happens."""

from typing import Any

from ledger import money
from ledger.models import Transfer
from tests.cast import Sale
from tests.journeys.test_gig import check_out

RELEASE = {"requested_by": "BUYER"}
REFUND = {"requested_by": "SELLER", "reason": "Too much."}
QUARREL = {"opened_by": "BUYER", "reason": "QUALITY_ISSUE"}
SPLIT = {"decision": "SPLIT", "release_amount": "15.00", "refund_amount": "5.00", "note": "."}


def test_every_end_is_told_before_as_it_comes(indoors: Sale) -> None:
    sale = indoors
    pieces = check_out(sale)
    dispute = sale.api.made(f"{pieces}/card/disputes", QUARREL)["id"]
    sale.worker.settle()
    for path, body, kind in (
        (f"{pieces}/draft/release", RELEASE, "release"),
        (f"{pieces}/logo/refund", REFUND, "refund"),
        (f"disputes/{dispute}/resolve", SPLIT, "split"),
    ):
        told = sale.api.made(f"{path}?dry_run=true", body)["expected_postings"]
        assert not Transfer.across_books.filter(kind=kind).exists()
        sale.api.made(path, body)
        sale.worker.settle()
        assert sorted(map(line, told)) == booked(kind)


def line(told: Any) -> tuple[str, str, str]:
    return told["account"], told["direction"], told["amount"]


def booked(kind: str) -> list[tuple[str, str, str]]:
    """The entries of the one transfer of this kind, in the same words."""
    entries = Transfer.across_books.get(kind=kind).entries.select_related("account")
    return sorted(
        (each.account.kind, "DEBIT" if each.amount > 0 else "CREDIT", money.text(abs(each.amount)))
        for each in entries
    )
