"""Headroom: somebody is told before the treasury runs out of XLM, and when it has recovered."""

import json

import pytest
from django.conf import LazySettings
from django.test import Client

from integrations.providers.models import Submission, Wallet
from integrations.providers.ports import ChainAccount
from integrations.providers.stellar import headroom
from ledger.models import Finding
from tests.integrations.providers.stellar.handing_in import sent
from tests.integrations.providers.stellar.pretend import Pretend

XLM = 10_000_000


@pytest.fixture(autouse=True)
def _needs_16_xlm(settings: LazySettings) -> None:
    settings.STELLAR_HEADROOM_WALLETS = 10  # 15 XLM
    settings.STELLAR_HEADROOM_FEES = XLM


def readiness() -> str:
    told = json.loads(Client().get("/api/v1/health/ready").content)
    return str(told["parts"]["treasury_xlm"]["status"])


def test_what_is_locked_up_is_not_free() -> None:
    account = ChainAccount(
        address="G", sequence=1, xlm=100 * XLM, usdc=0, trusts_usdc=True,
        usdc_room=0, usdc_changed_in=0, is_authorised=True, requires_memo=False,
        subentries=1, sponsoring=30, sponsored=0,
    )  # fmt: skip
    # (2 + 1 + 30) entries of half an XLM
    assert headroom.free(account) == 100 * XLM - 33 * XLM // 2
    assert headroom.needed() == 16 * XLM


def test_a_treasury_that_runs_short_is_found_once_and_the_story_is_told_when_it_recovers(
    treasury: Wallet, horizon: Pretend
) -> None:
    account = horizon.accounts[treasury.address]
    account["balances"][1]["balance"] = "116.9999999"
    account |= {"subentry_count": 1, "num_sponsoring": 199}  # 202 entries: 101 XLM
    headroom.watch()
    headroom.watch()
    finding = Finding.across_books.get(kind=headroom.LOW)
    assert finding.observed == {"free_xlm_stroops": 16 * XLM - 1}
    assert finding.expected == {"free_xlm_stroops_at_least": 16 * XLM}
    assert readiness() == "degraded"

    account["balances"][1]["balance"] = "117.0000000"
    headroom.watch()
    finding.refresh_from_db()
    assert finding.resolved_at is not None
    assert finding.resolution.startswith("recovered: 160000000 stroops of XLM are free")
    assert readiness() == "ok"


def test_what_cannot_be_read_changes_nothing(treasury: Wallet, horizon: Pretend) -> None:
    horizon.is_down = True
    headroom.watch()
    assert not Finding.across_books.exists()


def test_a_day_of_high_fees_is_found(
    treasury: Wallet, claimed: Submission, horizon: Pretend, settings: LazySettings
) -> None:
    horizon.accounts[treasury.address]["balances"][1]["balance"] = "1000.0000000"
    assert sent(claimed).fee_charged == 400
    settings.STELLAR_FEES_PER_DAY = 399
    headroom.watch()
    finding = Finding.across_books.get(kind=headroom.SPENDING)
    assert (finding.subject, finding.observed) == (treasury.id, {"spent_xlm_stroops": 400})
    settings.STELLAR_FEES_PER_DAY = 400
    headroom.watch()
    assert not Finding.across_books.filter(resolved_at=None).exists()
