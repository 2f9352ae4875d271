"""The desk shows the work first, and one box finds every name."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.auth.models import User as Operator
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.marketplaces import users
from integrations.marketplaces.models import AuditEntry, User
from ledger import clock
from ledger.findings import find
from ledger.models import Finding
from tests.shop import Shop
from withdrawals.covering import SHORT

pytestmark = pytest.mark.django_db


@pytest.fixture
def otto(db: None) -> Client:
    call_command("roles", verbosity=0)
    operator = Operator.objects.create_user("otto", is_staff=True)
    operator.groups.add(Group.objects.get(name="Viewer"))
    client = Client()
    client.force_login(operator)
    return client


def desk(client: Client) -> str:
    answer = client.get("/admin/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_an_empty_house_has_no_work(shop: Shop, otto: Client) -> None:
    assert "Nothing waits for anybody" in desk(otto)


def test_whoever_is_in_no_group_reads_no_sums(shop: Shop, ada: User) -> None:
    find(book=shop.book, kind="odd", subject=ada.id, amount=1_234_500_000)
    client = Client()
    client.force_login(Operator.objects.create_user("nobody", is_staff=True))
    page = desk(client)
    assert "none of the groups" in page
    assert "123.45" not in page
    assert "USD" not in page


def test_findings_and_frozen_users_are_work(shop: Shop, ada: User, otto: Client) -> None:
    find(book=shop.book, kind="odd", subject=ada.id, amount=1_234_500_000)
    users.freeze(ada.id)
    page = desk(otto)
    assert "123.45" in page
    assert "Frozen users" in page.split("Empty:")[0]
    listed = otto.get("/admin/ledger/finding/?queue=findings").content.decode()
    assert "123.45" in listed


@pytest.mark.postings_alone
def test_a_queues_list_shows_the_very_rows_that_were_counted(
    shop: Shop, ada: User, ben: User, otto: Client
) -> None:
    from config.desk import _queues  # noqa: PLC0415 – reads the database

    now = clock.now()
    for subject in (ada.id, ben.id):
        find(book=shop.book, kind="odd", subject=subject)
    find(book=shop.book, kind=SHORT, subject=ada.id)
    Finding.across_books.filter(subject=ben.id).update(waits_until=now + timedelta(days=1))
    for since in (now, now - timedelta(minutes=10)):
        _stands(shop.fund(ada, "5.00"), "CANCELING", since=since, wake_at=now)
    users.freeze(ada.id)
    queues = [queue for queue in _queues() if queue.count]
    assert [queue.count for queue in queues] == [1, 1, 1, 1]
    for queue in _queues():
        answer = otto.get(queue.url)
        assert answer.status_code == 200, queue.url
        assert answer.context["cl"].result_count == queue.count, queue.url


def test_a_queue_that_there_is_not_has_no_rows(shop: Shop, ada: User, otto: Client) -> None:
    listed = otto.get("/admin/marketplaces/user/?queue=findings")
    assert listed.context["cl"].result_count == 0


def test_a_put_off_shortfall_leaves_its_queue(shop: Shop, ada: User, otto: Client) -> None:
    find(book=shop.book, kind=SHORT, subject=ada.id)
    assert "Treasury shortfalls" in desk(otto).split("Empty:")[0]
    Finding.across_books.update(waits_until=clock.now() + timedelta(days=1))
    assert "Treasury shortfalls" in desk(otto).split("Empty:")[1]


@pytest.mark.postings_alone
def test_who_has_time_to_think_is_no_work(shop: Shop, ada: User, ben: User) -> None:
    """A machine that is silent for minutes is; so is a clock that ran out and woke nobody."""
    from config.desk import _queues  # noqa: PLC0415 – reads the database

    now = clock.now()
    long_ago, soon = now - timedelta(minutes=10), now + timedelta(days=1)
    for status, ends in (("IN_PROGRESS", None), ("IN_PROGRESS", soon), ("IN_PROGRESS", long_ago)):
        _stands(shop.order(ada, ben), status, since=long_ago, auto_release_at=ends)
    _stands(shop.fund(ada, "5.00"), "AWAITING_USER_CONFIRMATION", since=long_ago, wake_at=now)
    _stands(shop.fund(ada, "5.00"), "CANCELING", since=long_ago, wake_at=now)
    counts = {queue.title: queue.count for queue in _queues() if queue.count}
    assert counts == {"Orders without an answer": 1, "Top-ups without an answer": 1}


def _stands(row: Any, status: str, *, since: datetime, **facts: Any) -> None:
    rows = type(row).across_books.filter(pk=row.pk)
    rows.update(status=status, status_since=since, **facts)


def test_the_desk_takes_few_queries(shop: Shop, otto: Client) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        desk(otto)
    assert len(queries) <= 30


class TestSearch:
    def test_an_id_leads_to_its_page(self, shop: Shop, ada: User, otto: Client) -> None:
        answer = otto.get("/admin/search/", {"q": f" {ada.id} "})
        assert answer.status_code == 302
        assert answer["Location"] == f"/admin/marketplaces/user/{ada.id}/change/"

    @pytest.mark.parametrize("name", ["ada", "ADA@example.com"])
    def test_a_name_is_found(self, shop: Shop, ada: User, otto: Client, name: str) -> None:
        page = otto.get("/admin/search/", {"q": name}).content.decode()
        assert f"/admin/marketplaces/user/{ada.id}/change/" in page or "airtm" in page

    def test_what_names_a_person_leaves_a_trail(self, shop: Shop, ada: User, otto: Client) -> None:
        otto.get("/admin/search/", {"q": "ada"})
        otto.get("/admin/search/", {"q": "nobody"})
        seen = AuditEntry.across_books.filter(act="operator.viewed", actor="operator:otto")
        assert [entry.subject for entry in seen] == ["user"]

    def test_an_order_is_found_by_the_marketplaces_own_reference(
        self, shop: Shop, ada: User, ben: User, otto: Client
    ) -> None:
        order = shop.order(ada, ben)
        type(order).across_books.filter(pk=order.pk).update(client_order_ref="A-77")
        assert order.id in otto.get("/admin/search/", {"q": "A-77"}).content.decode()

    @pytest.mark.parametrize("text", ["", "nobody", "<script>", "%", "x\0y", "usr_" + "Z" * 300])
    def test_what_is_not_there_is_said_so(self, shop: Shop, otto: Client, text: str) -> None:
        answer = otto.get("/admin/search/", {"q": text})
        assert answer.status_code == 200
        assert "<script>" not in answer.content.decode().split("<form")[-1]
