"""The scheduled proof freezes what it names, writes it down once, and lets all else go on."""

import pytest
from django.db import connection

from integrations.marketplaces.models import Marketplace, User
from ledger import guarding
from ledger.models import Account, Finding
from tests.cast import Sale

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postings_alone]


def falsify(user: str) -> None:
    """As somebody with too many rights would: the balance alone, behind the ledger's back."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE ledger_account SET balance = balance + 1"
            " WHERE kind = 'available' AND owner = %s",
            [user],
        )
        cursor.execute("SET session_replication_role = DEFAULT")


def test_sound_books_freeze_nobody(sale: Sale) -> None:
    sale.top_up("150.00")
    assert guarding.prove() == []
    assert not User.across_books.exclude(frozen_at=None).exists()


def test_the_named_user_is_frozen_and_the_others_go_on(sale: Sale) -> None:
    sale.top_up("150.00")
    falsify(sale.ada)
    try:
        names = {fault.invariant for fault in guarding.prove()}
        guarding.prove()
        assert "a balance is the sum of its entries" in names
        finding = Finding.objects.of(Marketplace.objects.get(name="Bazaar").book_id).get(
            kind="proof: a balance is the sum of its entries"
        )
        assert finding.subject == f"available {sale.ada}"
        frozen = User.across_books.exclude(frozen_at=None)
        assert [user.id for user in frozen] == [sale.ada]
        order = sale.agree("10.00")
        refused = sale.api.post(f"orders/{order}/checkout")
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "SUBJECT_FROZEN")
        sale.api.made("topups", {"user_id": sale.ben, "amount": "5.00"})
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(
                "UPDATE ledger_account SET balance = balance - 1"
                " WHERE kind = 'available' AND owner = %s",
                [sale.ada],
            )
            cursor.execute("SET session_replication_role = DEFAULT")
    assert Account.across_books.get(kind="available", subject=sale.ada).balance == 1_500_000_000
