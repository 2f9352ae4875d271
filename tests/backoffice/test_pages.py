"""The back office shows every record to whoever may see it, changes none, and tells no secret."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.auth.models import User as Operator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks import pages
from config import search
from config.backoffice import ROOMS
from escrow.models import Escrow
from integrations.marketplaces.models import ApiKey, AuditEntry, IdempotencyKey
from integrations.providers.models import ProviderAccount, Submission, Wallet
from ledger.backoffice import RecordAdmin
from ledger.models import Event
from tests.backoffice.reading import page, text
from tests.house import House

pytestmark = pytest.mark.django_db

MOST_QUERIES = 30
# Of what people write, or whose number does not grow with the sales.
FEW = {
    "ledger_book", "ledger_comment", "ledger_approval", "marketplaces_marketplace",
    "marketplaces_apikey", "providers_provideraccount", "escrow_dispute",
    "withdrawals_treasurymove", "withdrawals_payoutreturn",
}  # fmt: skip
PARTS_OF_NAMES = {"name__icontains", "email__icontains"}  # no index helps, and people want it
OURS = [label for label in ROOMS if label != "auth"]


def kinds() -> list[Any]:
    """Every kind of record of the rooms."""
    return [model for model in apps.get_models() if model._meta.app_label in OURS]


def rows(model: Any) -> Any:
    return model._default_manager.order_by("pk")


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as ran:
        text(client, url)
    return len(ran)


def test_every_kind_of_record_has_a_page_that_is_only_read() -> None:
    for model in kinds():
        assert isinstance(admin.site.get_model_admin(model), RecordAdmin), model


def test_a_stranger_is_sent_to_the_login(client: Client) -> None:
    for model in (*kinds(), Operator, Group):
        answer = client.get(page("changelist", model))
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("admin:login"))


def test_every_page_takes_few_queries_tells_no_secret_and_asks_no_other_host(
    house: House, root: Client
) -> None:
    told, seen = secrets(), dict[str, int]()

    def read(url: str) -> str:
        with CaptureQueriesContext(connection) as ran:
            shown = text(root, url)
        seen[url] = len(ran)
        assert len(ran) <= MOST_QUERIES, (url, [query["sql"][:200] for query in ran])
        assert not [secret for secret in told if secret in shown], url
        loaded = re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="([^"]+)"', shown)
        assert all(address.startswith(("/", "data:,")) for address in loaded), (url, loaded)
        return shown

    pages.visit(read)
    assert len(seen) > 3 * len(kinds())
    for url in filter(lambda url: url.endswith("q=nobody"), seen):
        whole = url.removesuffix("?q=nobody")
        assert seen[whole] <= seen[url] + 2, whole  # however many rows there are


def secrets() -> list[str]:
    digests = [*ApiKey.objects.values_list("digest", flat=True),
               *IdempotencyKey.objects.values_list("fingerprint", flat=True)]  # fmt: skip
    sealed = [*ProviderAccount.across_books.values_list("sealed", flat=True),
              *Wallet.across_books.values_list("sealed_key", flat=True)]  # fmt: skip
    return [*digests, *(bytes(box).hex() for box in sealed)]


def test_a_viewer_reads_every_list_and_is_offered_no_decision(house: House, otto: Client) -> None:
    for model in kinds():
        listed = text(otto, page("changelist", model))
        assert "data-row" in listed or not rows(model).exists(), model
    assert "/admin/decide/" not in text(
        otto, page("change", apps.get_model("payments.Order"), house.running)
    )


def test_nobody_adds_changes_or_deletes_a_record(house: House, root: Client) -> None:
    written = [model for model in kinds() if model is not AuditEntry]  # that one grows by reading
    before = {model: list(rows(model).values()) for model in written}
    for model in kinds():
        assert root.get(page("add", model)).status_code == 403
        assert root.post(page("add", model), {}).status_code == 403
        for row in rows(model)[:1]:
            refuses_to_change(root, model, row)
    assert before == {model: list(rows(model).values()) for model in written}


def refuses_to_change(client: Client, model: Any, row: Any) -> None:
    change, delete = page("change", model, row.pk), page("delete", model, row.pk)
    shown = text(client, change)
    assert 'name="_save"' not in shown
    assert 'class="deletelink' not in shown
    fields = shown[shown.index('id="content-main"') : shown.index('id="submit-row"')]
    assert re.findall(r'<(?:input|textarea|select)[^>]+name="([^"]+)', fields) == [
        "csrfmiddlewaretoken"
    ]
    assert client.post(change, {"status": "CLOSED", "_save": "1"}).status_code == 403
    assert client.get(delete).status_code == 403
    assert client.post(delete, {"post": "yes"}).status_code == 403
    ticked = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    client.post(page("changelist", model), ticked)
    assert 'name="_selected_action"' not in text(client, page("changelist", model))


def test_an_order_tells_its_whole_story_in_order(house: House, otto: Client) -> None:
    shown = text(otto, page("change", apps.get_model("payments.Order"), house.sold))
    told = shown[shown.index('id="timeline"') :]
    for type_ in Event.across_books.filter(trail=house.sold).values_list("type", flat=True):
        assert f">{type_}</a>" in told
    steps = ["order.created", "order.escrow_creating", "escrow_funded", "release"]
    places = [told.index(f">{step}</a>") for step in steps]
    assert places == sorted(places)
    for call in ("/deployer/single-release", "/escrow/single-release/release-funds"):
        assert call in told
    for purpose in ("escrow.deploy", "escrow.fund", "escrow.release"):
        assert f">{purpose}</a>" in told
    assert "calls fund_escrow of" in told
    assert re.search(r"\{amount: 100\.00, .+ 100\.00\)", told)  # and no stroops
    assert "94.70" in told


def test_an_order_says_where_its_money_stands(house: House, otto: Client) -> None:
    shown = text(otto, page("change", apps.get_model("payments.Order"), house.sold))
    money = shown[shown.index('id="parties"') : shown.index('id="timeline"')]
    for party in ("Buyer ada", "Seller ben", "Contract", "Platform"):
        assert f"<h3>{party}</h3>" in money
    for whose in ("treasury", "fees", "ben"):
        assert f'<span class="record-aside">{whose}, ' in money
    for amount in ("-100.00", "94.70", "5.30", "0.30", "0.00"):
        assert f">{amount}<" in money


def test_the_others_tell_theirs_and_whose_it_was_is_written_down(
    house: House, otto: Client
) -> None:
    escrow = Escrow.across_books.get(order=house.sold)
    wallet = Wallet.across_books.get(holder=house.sale.ada)
    for name, pk, told in (
        ("payments.TopUp", house.paid, "topup"),
        ("withdrawals.Withdrawal", house.withdrawn, "withdrawal_completed"),
        ("marketplaces.User", house.sale.ben, "release"),
        ("escrow.Escrow", escrow.pk, "release"),
        ("providers.Wallet", wallet.pk, "wallet.created"),
    ):
        shown = text(otto, page("change", apps.get_model(name), pk))
        assert f">{told}</a>" in shown[shown.index('id="timeline"') :], name
    seen = AuditEntry.across_books.filter(act="operator.viewed", actor="operator:otto")
    for kind in ("escrow.Dispute", "escrow.Evidence", "ledger.Event", "ledger.Finding"):
        text(otto, page("changelist", apps.get_model(kind)))
    text(otto, page("change", apps.get_model("escrow.Dispute"), house.dispute))
    subjects = {house.paid, house.withdrawn, house.sale.ben, wallet.pk, escrow.pk, house.dispute}
    subjects |= {"dispute", "evidence", "event", "finding"}
    assert subjects <= set(seen.values_list("subject", flat=True))


def test_a_story_takes_as_many_queries_however_long_it_is(house: House, otto: Client) -> None:
    order = apps.get_model("payments.Order")
    short = queries(otto, page("change", order, house.agreed))
    more = 3  # names, wallets, and what we sent
    assert queries(otto, page("change", order, house.sold)) <= short + more


def test_one_box_finds_whatever_people_have_in_hand(house: House, otto: Client) -> None:
    escrow = Escrow.across_books.get(order=house.sold)
    submission = Submission.across_books.filter(order=house.sold, outer_hash__gt="").first()
    assert submission is not None
    wallet = Wallet.across_books.get(holder=house.sale.ada)
    topup = apps.get_model("payments.TopUp").across_books.get(pk=house.paid)
    payout = apps.get_model("withdrawals.Withdrawal").across_books.get(pk=house.withdrawn)
    deposit = apps.get_model("payments.Deposit").across_books.first()
    for name, leads_to in (
        ("ADA@example.com", house.sale.ada),
        ("ada", house.sale.ada),
        (topup.reference, topup.pk),
        (payout.reference, payout.pk),
        (escrow.contract_id, escrow.pk),
        (wallet.address, wallet.pk),
        (submission.outer_hash, submission.pk),
        (submission.inner_hash, submission.pk),
        (deposit.tx_hash, deposit.pk),
        ("wd-9", "tmv_"),
    ):
        answer = otto.get("/admin/search/", {"q": name})
        assert str(leads_to) in answer.content.decode(), name
    for name in (house.sold, house.sold.lower(), house.paid, house.dispute, house.clearance):
        answer = otto.get("/admin/search/", {"q": name})
        assert answer["Location"].lower().count(name.lower()) == 1, name


def test_no_name_is_looked_for_in_a_whole_table(house: House) -> None:
    """A plan without sequential scans, where PostgreSQL is told to avoid them; tables as small as
    these it would merge whole, by an index but without a condition."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_mergejoin = off")
    of_lists = [(kind, admin.site.get_model_admin(kind).search_fields) for kind in kinds()]
    for kind, places in [*search.PLACES, *of_lists]:
        for place in set(places) - PARTS_OF_NAMES:
            plan = search.named(kind, place, "x").order_by().explain()
            assert set(re.findall(r"Seq Scan on (\w+)", plan)) <= FEW, (kind, place, plan)
            assert "Index Cond" in plan or kind._meta.db_table in FEW, (kind, place, plan)


def test_records_are_found_by_what_people_have_in_hand(house: House, otto: Client) -> None:
    for name, asked in (
        ("payments.TopUp", house.paid),
        ("payments.TopUp", "ADA@example.com"),
        ("marketplaces.User", "ben@example"),
        ("ledger.Event", house.paid),
        ("ledger.Transfer", house.paid),
        ("providers.Call", house.paid),
    ):
        url = page("changelist", apps.get_model(name))
        assert "data-row" in text(otto, f"{url}?q={asked}"), (name, asked)
        assert "data-row" not in text(otto, f"{url}?q=nobody"), name


def test_only_superusers_edit_operators_and_viewers_see_no_password(
    house: House, otto: Client, root: Client
) -> None:
    olga = Operator.objects.create_user("olga", password="a long enough one", is_staff=True)
    url = page("change", Operator, olga.pk)
    assert olga.password.split("$")[0] not in text(otto, url)
    assert olga.password.split("$")[-1] not in text(root, url)
    assert otto.post(url, {"is_superuser": "on"}).status_code == 403
    assert otto.get(page("add", Operator)).status_code == 403
    assert 'name="_save"' in text(root, url)
