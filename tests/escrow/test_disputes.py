"""What is said about a dispute over REST: who reads it, who decides, and what is refused."""

from typing import Any

import pytest
import requests
from django.db import Error, transaction

from escrow.models import Comment
from integrations.marketplaces import keys
from integrations.marketplaces.models import Marketplace
from tests.cast import Api, Sale

pytestmark = pytest.mark.django_db(transaction=True)

QUARREL = {
    "opened_by": "BUYER", "reason": "QUALITY_ISSUE",
    "evidence": [{"url": "https://example.com/blurred.png", "note": "See the edge."}],
}  # fmt: skip


def code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def split(release: Any, refund: Any) -> dict[str, Any]:
    return {
        "decision": "SPLIT", "release_amount": release, "refund_amount": refund, "note": ".",
    }  # fmt: skip


def test_a_dispute_from_its_first_word_to_its_last(sale: Sale, stranger: Api) -> None:
    sale.top_up("150.00")
    sale.check_out("100.00")
    opened = sale.api.made(f"orders/{sale.order}/disputes", QUARREL)
    sale.worker.settle()
    path = f"disputes/{opened['id']}"
    marketplace = Marketplace.objects.get(name="Bazaar")
    plain = Api(sale.api.base, keys.create(marketplace, name="p", scopes=["read", "write"])[1])

    sale.api.made(f"{path}/evidence", {"url": "https://example.com/2.png"}, Prefer="wait=5")
    shared = {"body": "Please wait.", "visibility": "SHARED"}
    sale.api.made(f"{path}/comments", shared, Prefer="wait=5")  # there is nothing to wait for
    sale.api.made(f"{path}/comments", {"body": "A repeater.", "visibility": "INTERNAL"})
    assert len(sale.api.seen(path)["evidence"]) == 2
    assert len(sale.api.seen(f"{path}/comments")["data"]) == 2
    assert [c["body"] for c in plain.seen(f"{path}/comments")["data"]] == ["Please wait."]
    assert "A repeater." not in str(plain.seen(f"orders/{sale.order}"))
    whispered = {"body": "No.", "visibility": "INTERNAL"}
    assert code(plain.post(f"{path}/comments", whispered)) == (403, "INSUFFICIENT_SCOPE")
    with pytest.raises(Error), transaction.atomic():
        Comment.across_books.update(body="Never said.")

    assert code(plain.post(f"{path}/assign", {"assignee": "olga"}))[0] == 403
    assigned = sale.api.made(f"{path}/assign", {"assignee": "olga"})
    assert (assigned["status"], assigned["assignee"]) == ("UNDER_REVIEW", "olga")
    assert sale.api.made(f"{path}/assign", {"assignee": "otto"})["assignee"] == "otto"
    assert [d["id"] for d in sale.api.seen("disputes?status=UNDER_REVIEW")["data"]] == [
        opened["id"]
    ]

    for act, body in (("assign", {"assignee": "x"}), ("resolve", split("60.00", "40.00")),
                      ("withdraw", {}), ("comments", whispered)):  # fmt: skip
        assert code(stranger.post(f"{path}/{act}", body)) == (404, "DISPUTE_NOT_FOUND")
    assert stranger.seen("disputes")["data"] == []

    assert code(plain.post(f"{path}/resolve", split("60.00", "40.00")))[0] == 403
    wrong = sale.api.post(f"{path}/resolve", split("60.00", "40.01"))
    assert code(wrong) == (422, "SPLIT_DOES_NOT_ADD_UP")
    for body, flaw in (
        (split("100.00", "0.00"), "INVALID_AMOUNT"),
        ({"decision": "SPLIT", "note": "."}, "REQUIRED"),
        ({**split("60.00", "40.00"), "decision": "FULL_REFUND"}, "NOT_ALLOWED"),
    ):
        answer = sale.api.post(f"{path}/resolve", body)
        assert code(answer) == (400, "VALIDATION_ERROR")
        assert {field["code"] for field in answer.json()["error"]["details"]["fields"]} == {flaw}
    assert sale.api.made(f"{path}/resolve", split("60.00", "40.00"))["status"] == "RESOLVING"
    assert code(sale.api.post(f"{path}/withdraw")) == (409, "INVALID_STATE")
    sale.worker.settle()
    ended = sale.api.seen(path)
    assert (ended["status"], ended["decision"], ended["note"]) == ("RESOLVED", "SPLIT", ".")
    assert code(sale.api.post(f"{path}/resolve", split("60.00", "40.00"))) == (409, "INVALID_STATE")
    late = sale.api.post(f"orders/{sale.order}/disputes", QUARREL)
    assert code(late) == (409, "INVALID_STATE")
