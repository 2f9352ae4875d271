"""The entrance: a second factor, slow guesses, sessions that end; and keys that are shown once."""

import re
import time
from typing import Any

import pytest
from django.contrib.auth.models import User as Operator
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from config import entrance
from config.models import Phone, RecoveryCodes
from integrations.marketplaces import keys, maintenance
from integrations.marketplaces.models import ApiKey, AuditEntry, Marketplace
from ledger.models import Approval
from tests.config.clerks import Clerk, clerk
from tests.shop import Shop

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough one"
FACTOR, DESK = "/admin/second-factor/", "/admin/"


@pytest.fixture(autouse=True)
def groups(db: None) -> None:
    call_command("roles", verbosity=0)


@pytest.fixture
def root() -> Operator:
    return Operator.objects.create_superuser("root", password=PASSWORD)


def enter(client: Client, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/admin/login/", {"username": "root", "password": password, **more})


def code_of(device: Phone, *, steps: int = 0) -> str:
    return f"{totp(device.bin_key, t0=-steps * 30):06}"


def acts() -> list[str]:
    return list(AuditEntry.across_books.order_by("pk").values_list("act", flat=True))


def enrol(client: Client) -> list[str]:
    """The recovery codes that are shown once."""
    assert "<svg" in client.get(FACTOR).content.decode()
    device = Phone.objects.get(confirmed=False)
    assert client.post(FACTOR, {"code": "000000"}).status_code == 302
    Phone.objects.update(throttling_failure_count=0)
    page = client.post(FACTOR, {"code": code_of(device)}).content.decode()
    return page[page.index("<pre") :].split(">", 1)[1].split("<")[0].split()


def test_the_sandboxs_password_logs_in_and_everything_is_written_down(
    root: Operator, client: Client
) -> None:
    assert "Log in" in client.get("/admin/login/").content.decode()
    assert enter(client, "wrong").status_code == 200
    assert enter(client).status_code == 302
    assert client.get(DESK).status_code == 200
    client.post("/admin/logout/")
    assert client.get(DESK).status_code == 302
    assert acts() == ["operator.login_failed", "operator.login", "operator.logout"]


def test_guesses_are_slowed_down_and_not_for_others(root: Operator, client: Client) -> None:
    for _ in range(entrance.MOST_OF_BOTH):
        assert "Please enter the correct" in enter(client, "wrong").content.decode()
    assert "Too many failed logins" in enter(client).content.decode()
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert enter(elsewhere).status_code == 302


def test_in_live_mode_nothing_is_shown_before_the_second_factor(
    root: Operator, client: Client, settings: Any
) -> None:
    settings.OPERATORS_TOTP = "always"
    enter(client)
    assert client.get(DESK)["Location"] == FACTOR
    recovery = enrol(client)
    assert len(recovery) == 10
    assert client.get(DESK).status_code == 200

    fresh = Client()
    assert "second factor is needed" in enter(fresh).content.decode()
    device = Phone.objects.get()
    assert "second factor is needed" in enter(fresh, code=code_of(device)).content.decode()
    for kind in (Phone, RecoveryCodes):
        kind.objects.update(throttling_failure_count=0)
    assert enter(fresh, code=recovery[0]).status_code == 302
    assert fresh.get(DESK).status_code == 200
    again = Client()
    assert enter(again, code=recovery[0]).status_code == 200  # good once
    assert Client().get(FACTOR).status_code == 302


def test_whoever_decides_shows_a_code_first(shop: Shop, settings: Any) -> None:
    settings.OPERATORS_TOTP = "deciding"
    olga = clerk("olga", "Admin")
    assert olga.read(DESK)
    answer = olga.decide("pause-writes", shop.marketplace.pk, message="soon")
    assert (answer.status_code, answer["Location"]) == (302, FACTOR)
    assert maintenance.standing() is None
    enrol(olga.client)
    assert olga.decide("pause-writes", shop.marketplace.pk, message="soon").status_code == 302
    standing = maintenance.standing()
    assert standing is not None
    assert standing.message == "soon"
    olga.decide("resume-writes", shop.marketplace.pk)
    assert maintenance.standing() is None


def test_a_lifted_database_makes_no_code(root: Operator, client: Client) -> None:
    enter(client)
    recovery = enrol(client)
    row = TOTPDevice.objects.get()
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert not kept & set(recovery)
    for code in (f"{totp(row.bin_key):06}", kept.pop()):
        Phone.objects.update(throttling_failure_count=0)
        RecoveryCodes.objects.update(throttling_failure_count=0)
        assert "second factor is needed" in enter(Client(), code=code).content.decode()


class TestALostSecondFactor:
    def test_is_reset_by_another_administrator(self, root: Operator, client: Client) -> None:
        enter(client)
        enrol(client)
        olga = clerk("olga", "Admin")
        assert olga.decide("reset-second-factor", root.pk, reason="phone lost").status_code == 302
        assert not StaticDevice.objects.exists()
        assert "operator.decided.reset-second-factor" in acts()
        assert "has no second factor" in olga.preview("reset-second-factor", root.pk)
        fresh = Client()
        assert enter(fresh).status_code == 302
        assert "<svg" in fresh.get(FACTOR).content.decode()

    def test_is_not_reset_by_its_owner_nor_by_finance(self, root: Operator, client: Client) -> None:
        enter(client)
        enrol(client)
        root_herself = Clerk(client)
        page = root_herself.decide("reset-second-factor", root.pk).content.decode()
        assert "another administrator does" in page
        assert clerk("nora", "Finance").decide("reset-second-factor", root.pk).status_code == 403
        assert Phone.objects.filter(confirmed=True).exists()

    def test_is_reset_at_the_command_line_where_nobody_else_can(
        self, root: Operator, client: Client
    ) -> None:
        enter(client)
        enrol(client)
        call_command("reset_second_factor", "root", reason="alone, phone lost", verbosity=0)
        assert not Phone.objects.exists()
        assert "operator.factor_reset" in acts()
        for name in ("root", "nobody"):
            with pytest.raises(CommandError):
                call_command("reset_second_factor", name, reason="again", verbosity=0)


def test_a_session_ends_however_busy_it_is(root: Operator, client: Client) -> None:
    enter(client)
    session = client.session
    session["began"] = int(time.time()) - entrance.LONGEST_SESSION
    session.save()
    assert client.get(DESK).status_code == 302


class TestKeysAndSettings:
    @pytest.fixture
    def olga(self) -> Clerk:
        return clerk("olga", "Admin")

    @pytest.fixture
    def oscar(self) -> Clerk:
        return clerk("oscar", "Admin")

    def test_a_key_is_shown_once_to_who_agrees(self, shop: Shop, olga: Clerk, oscar: Clerk) -> None:
        approval = olga.asks_for("create-key", shop.marketplace.pk, name="erp", scopes=["read"])
        page = oscar.decide("agree", approval.id)
        assert "no-store" in page["Cache-Control"]
        found = re.search(r"ohk_test_[\w-]+", page.content.decode())
        assert found is not None
        secret = found[0]
        key = keys.recognise(secret)
        assert key is not None
        assert (key.name, key.scopes) == ("erp", ["read"])
        told = str(list(AuditEntry.across_books.values_list("before", "after")))
        assert secret not in told + str(Approval.across_books.values_list("answers", flat=True))
        rotation = olga.asks_for("rotate-key", key.pk, hours="0")
        assert "ohk_test_" in oscar.decide("agree", rotation.id).content.decode()
        fresh = ApiKey.objects.get(replaces=key)
        assert olga.decide("revoke-key", fresh.pk).status_code == 302
        fresh.refresh_from_db()
        assert fresh.revoked_at
        assert "would be refused" in olga.preview("revoke-key", fresh.pk)

    def test_settings_change_when_two_agree(self, shop: Shop, olga: Clerk, oscar: Clerk) -> None:
        given = {"platform_fee_bps": "250", "topup_fee_bearer": "USER", "return_hosts": "a.example",
                 "refund_fee_bearer": "USER", "foreign_payer": "HOLD", "topup_most": "50",
                 "payout_approval_above": "500"}  # fmt: skip
        place = shop.marketplace.pk
        assert 'value="500"' in olga.open("configure-marketplace", place).content.decode()
        wrong = olga.preview("configure-marketplace", place, **{**given, "topup_least": "60"})
        assert "do not fit together" in wrong
        assert "no host name" in olga.preview(
            "configure-marketplace", place, **{**given, "return_hosts": "http://x"}
        )
        approval = olga.asks_for("configure-marketplace", place, **given)
        oscar.decide("agree", approval.id)
        row = Marketplace.objects.get(pk=place)
        assert (row.platform_fee_bps, row.return_hosts) == (250, ["a.example"])
        assert row.payout_approval_above == 5_000_000_000

    def test_finance_does_not_administer(self, shop: Shop) -> None:
        nora = clerk("nora", "Finance")
        assert nora.open("create-key", shop.marketplace.pk).status_code == 403
        assert nora.decide("pause-writes", shop.marketplace.pk, message="x").status_code == 403
        assert "create-key" not in nora.read(
            f"/admin/marketplaces/marketplace/{shop.marketplace.pk}/change/"
        )
