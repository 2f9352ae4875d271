"""The back office shows every record to whoever may see it, changes none, and tells no secret."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.backoffice import ROOMS
from integrations.marketplaces.models import ApiKey, AuditEntry, IdempotencyKey
from integrations.providers.models import ProviderAccount, Wallet
from integrations.providers.stellar import feed
from integrations.simulators.stellar.gifts import pay_from_stranger
from ledger.backoffice import RecordAdmin
from ledger.models import Event
from ledger.money import DOLLAR
from tests.cast import Sale, Worker

pytestmark = pytest.mark.django_db(transaction=True)

OURS = [label for label in ROOMS if label != "auth"]


def kinds() -> list[Any]:
    """Every kind of record of the rooms."""
    return [model for model in apps.get_models() if model._meta.app_label in OURS]


def page(act: str, model: Any, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{act}", args=args)


def rows(model: Any) -> Any:
    return model._default_manager.order_by("pk")


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


@pytest.fixture
def otto(sale: Sale) -> Client:
    """He may look."""
    return signed_in("otto", is_superuser=False)


@pytest.fixture
def root(sale: Sale) -> Client:
    return signed_in("root", is_superuser=True)


def signed_in(name: str, *, is_superuser: bool) -> Client:
    operator = User.objects.create_user(name, is_staff=True, is_superuser=is_superuser)
    operator.groups.add(Group.objects.get(name="Viewer"))
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture
def sold(sale: Sale, worker: Worker) -> Sale:
    """The whole sale, from the top-up to the payout, and money of the platform's own on its way."""
    sale.top_up("150.00")
    sale.check_out("100.00")
    sale.deliver()
    sale.release()
    sale.api.made(f"withdrawals/{sale.ask_for('94.70')}/commit")
    worker.settle()
    words = ("Bazaar", "80.00", "--reference", "wd-9", "--reason", "sales run high")
    call_command("move_treasury", "--by", "olga", "from-airtm", *words, verbosity=0)
    return sale


def pages(client: Client) -> Iterator[tuple[str, str]]:
    """Every list, and the page of one record of every kind."""
    for model in kinds():
        yield (url := page("changelist", model)), text(client, url)
        for row in rows(model)[:1]:
            yield (url := page("change", model, row.pk)), text(client, url)


def test_every_kind_of_record_has_a_page_that_is_only_read() -> None:
    for model in kinds():
        assert isinstance(admin.site.get_model_admin(model), RecordAdmin), model


def test_a_stranger_is_sent_to_the_login(client: Client) -> None:
    for model in (*kinds(), User, Group):
        answer = client.get(page("changelist", model))
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("admin:login"))


def test_a_viewer_reads_everything_and_no_page_tells_a_secret(sold: Sale, otto: Client) -> None:
    digests = [*ApiKey.objects.values_list("digest", flat=True),
               *IdempotencyKey.objects.values_list("fingerprint", flat=True)]  # fmt: skip
    sealed = [*ProviderAccount.across_books.values_list("sealed", flat=True),
              *Wallet.across_books.values_list("sealed_key", flat=True)]  # fmt: skip
    secrets = [*digests, *(bytes(box).hex() for box in sealed)]
    pay_from_stranger(Wallet.across_books.get(holder=sold.ada).address, amount=DOLLAR)
    feed.follow()
    for url, shown in pages(otto):
        assert not [secret for secret in secrets if secret in shown], url
        assert "sealed" not in shown.lower(), url
        assert "data-row" in shown or "/change/" in url or not_filled(url), url


def not_filled(url: str) -> bool:
    """Kinds of record that a sale does not leave behind, or only some time afterwards."""
    kinds = (
        "finding", "allocation", "seal", "comment", "approval", "maintenance", "heartbeat",
        "payoutreturn", "milestone", "dispute", "evidence", "arrival", "walletcheck", "run",
        "sighting", "closing", "contractcheck",
    )  # fmt: skip
    return any(f"/{kind}/" in url for kind in kinds)


def test_no_page_asks_another_host_for_anything(sold: Sale, otto: Client) -> None:
    for url, shown in pages(otto):
        loaded = re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="([^"]+)"', shown)
        assert all(address.startswith(("/", "data:,")) for address in loaded), (url, loaded)


def test_nobody_adds_changes_or_deletes_a_record(sold: Sale, otto: Client, root: Client) -> None:
    written = [model for model in kinds() if model is not AuditEntry]  # that one grows by reading
    before = {model: list(rows(model).values()) for model in written}
    for client in (otto, root):
        for model in kinds():
            assert client.get(page("add", model)).status_code == 403
            assert client.post(page("add", model), {}).status_code == 403
            for row in rows(model)[:1]:
                refuses_to_change(client, model, row)
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


def test_an_order_tells_its_whole_story_in_order(sold: Sale, otto: Client) -> None:
    shown = text(otto, page("change", apps.get_model("payments.Order"), sold.order))
    told = shown[shown.index('id="timeline"') :]
    for type_ in Event.across_books.filter(trail=sold.order).values_list("type", flat=True):
        assert f">{type_}</a>" in told
    steps = ["order.created", "order.escrow_creating", "escrow_funded", "release"]
    places = [told.index(f">{step}</a>") for step in steps]
    assert places == sorted(places)
    for call in ("/deployer/single-release", "/escrow/single-release/release-funds"):
        assert call in told
    for purpose in ("escrow.deploy", "escrow.fund", "escrow.release"):
        assert f">{purpose}</a>" in told
    assert "94.70" in told


def test_an_order_says_where_its_money_stands(sold: Sale, otto: Client) -> None:
    shown = text(otto, page("change", apps.get_model("payments.Order"), sold.order))
    money = shown[shown.index('id="parties"') : shown.index('id="timeline"')]
    for party in ("Buyer ada", "Seller ben", "Contract", "Platform"):
        assert f"<h3>{party}</h3>" in money
    for amount in ("-100.00", "94.70", "5.30", "0.30", "0.00"):
        assert f">{amount}<" in money


def test_top_up_withdrawal_and_user_tell_theirs(sold: Sale, otto: Client) -> None:
    for name, pk, kind in (
        ("payments.TopUp", sold.topup, "topup"),
        ("withdrawals.Withdrawal", None, "withdrawal_completed"),
        ("marketplaces.User", sold.ben, "release"),
    ):
        model = apps.get_model(name)
        told = text(otto, page("change", model, pk or rows(model).get().pk))
        assert f">{kind}</a>" in told[told.index('id="timeline"') :], name


def test_a_story_takes_as_many_queries_however_long_it_is(sale: Sale, otto: Client) -> None:
    order = apps.get_model("payments.Order")
    sale.top_up("150.00")
    short = queries(otto, page("change", order, sale.agree("10.00")))
    sale.check_out("100.00")
    assert queries(otto, page("change", order, sale.order)) <= short + 1  # the users' names
    assert short < 30


def test_a_longer_list_takes_no_more_queries(sale: Sale, otto: Client) -> None:
    sale.top_up("150.00")
    sale.agree("10.00")
    few = {model: queries(otto, page("changelist", model)) for model in kinds() if rows(model)}
    sale.check_out("100.00")
    sale.top_up("20.00")
    for model, count in few.items():
        assert queries(otto, page("changelist", model)) <= count + 1, model


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as ran:
        text(client, url)
    return len(ran)


def test_records_are_found_by_what_people_have_in_hand(sale: Sale, otto: Client) -> None:
    sale.top_up("150.00")
    for name, asked in (
        ("payments.TopUp", sale.topup),
        ("payments.TopUp", "ADA@example.com"),
        ("marketplaces.User", "ben@example"),
        ("ledger.Event", sale.topup),
        ("ledger.Transfer", sale.topup),
        ("providers.Call", sale.topup),
    ):
        url = page("changelist", apps.get_model(name))
        assert "data-row" in text(otto, f"{url}?q={asked}"), (name, asked)
        assert "data-row" not in text(otto, f"{url}?q=nobody"), name


def test_only_superusers_edit_operators_and_viewers_see_no_password(
    sale: Sale, otto: Client, root: Client
) -> None:
    olga = User.objects.create_user("olga", password="a long enough one", is_staff=True)
    url = page("change", User, olga.pk)
    assert olga.password.split("$")[0] not in text(otto, url)
    assert olga.password.split("$")[-1] not in text(root, url)
    assert otto.post(url, {"is_superuser": "on"}).status_code == 403
    assert otto.get(page("add", User)).status_code == 403
    assert 'name="_save"' in text(root, url)
