"""The budget: one limit for all processes, room for settlements, and no marketplace left out."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings

from config.standalone.children import Starter, stop_together
from config.standalone.valkey import Valkey
from integrations.providers import budget, directory, levels
from integrations.providers.airtm.adapter import AirtmPayins
from integrations.providers.answers import Unclear
from integrations.providers.budget import Budget, Limit, Urgency, UsedUp
from integrations.providers.models import Call, ProviderAccount
from integrations.providers.trustlesswork.adapter import TrustlessWork
from tests.cast import Api
from tests.integrations.providers.stellar.terms import APPROVE
from tests.integrations.providers.stub import Stub, running
from tests.patience import PATIENCE

BUILT = json.dumps({"status": "SUCCESS", "unsignedTransaction": "AAAA"}).encode()
TWENTY = Limit(calls=20, seconds=60)
SETTLEMENT, READ = Urgency.SETTLEMENT, Urgency.READ


@pytest.fixture(scope="module")
def valkey() -> Iterator[str]:
    home = Path(tempfile.mkdtemp(prefix="offerhub-"))
    server = Valkey(home=home / "valkey", starter=Starter(logs=home))
    server.home.mkdir()
    child = server.start()
    yield server.url
    stop_together([child], within=5)
    shutil.rmtree(home)


@pytest.fixture
def counted(settings: LazySettings, valkey: str) -> LazySettings:
    settings.PROVIDER_BUDGETS = True
    settings.PROVIDER_TALLY_URL = valkey
    return settings


@pytest.fixture
def alone(settings: LazySettings) -> LazySettings:
    settings.PROVIDER_BUDGETS = True
    settings.PROVIDER_TALLY_URL = "memory://"
    settings.PROVIDER_PROCESSES = 5
    return settings


@pytest.fixture
def client(request: pytest.FixtureRequest) -> str:
    """A client that nobody has called from yet."""
    return f"{request.node.name}"


def budget_of(client: str, account: str, limit: Limit = TWENTY) -> Budget:
    return Budget(name=client, limit=limit, account=account)


def takes(asked: Budget, times: int, urgency: Urgency = SETTLEMENT) -> int:
    """How many of so many calls are granted."""
    granted = 0
    for _ in range(times):
        try:
            asked.take(urgency)
        except UsedUp:
            continue
        granted += 1
    return granted


# -- The limit -------------------------------------------------------------------------------------

SPENDER = """
import django, sys
django.setup()
from tests.integrations.providers.test_budget import budget_of, takes
print(takes(budget_of(sys.argv[1], sys.argv[2]), 40))
"""


def test_two_processes_together_keep_to_one_limit(counted: LazySettings, client: str) -> None:
    surroundings = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "REDIS_URL": counted.PROVIDER_TALLY_URL,
        "PROVIDER_BUDGETS": "on",
    }
    spenders = [
        subprocess.Popen(
            [sys.executable, "-c", SPENDER, client, "pac_1"],
            env=surroundings,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    granted = [int(spender.communicate(timeout=PATIENCE)[0]) for spender in spenders]
    assert sum(granted) == 20


def test_what_was_spent_comes_back_after_the_window(counted: LazySettings, client: str) -> None:
    short = budget_of(client, "pac_1", Limit(calls=3, seconds=1))
    assert takes(short, 5) == 3
    time.sleep(1.05)
    assert takes(short, 5) == 3


def test_reads_leave_a_reserve_to_settlements(counted: LazySettings, client: str) -> None:
    ours = budget_of(client, "pac_1")
    assert takes(ours, 40, Urgency.AUDIT) == 10  # comparisons leave half to everybody else
    assert takes(ours, 40, READ) == 6
    assert takes(ours, 40, SETTLEMENT) == 4


def test_the_level_is_visible(counted: LazySettings, client: str) -> None:
    ours = budget_of(client, "pac_1")
    takes(ours, 7)
    level = ours.level
    assert (level.calls_left, level.limit, level.shared) == (13, 20, True)


def test_after_a_429_nobody_calls_for_a_while(counted: LazySettings, client: str) -> None:
    budget_of(client, "pac_1").rest(30)
    assert takes(budget_of(client, "pac_2"), 3) == 0


def test_a_lifted_budget_grants_everything(counted: LazySettings, client: str) -> None:
    counted.PROVIDER_BUDGETS = False
    assert takes(budget_of(client, "pac_1"), 100) == 100


# -- Fairness --------------------------------------------------------------------------------------


def test_a_quiet_marketplace_finds_its_part_when_it_comes_back(
    counted: LazySettings, client: str
) -> None:
    greedy, quiet = budget_of(client, "pac_greedy"), budget_of(client, "pac_quiet")
    assert takes(quiet, 1) == 1
    takes(greedy, 100)
    assert takes(quiet, 1) == 1  # a fourth of the limit is kept for the two: two calls each


def test_a_marketplace_that_asks_in_vain_gets_an_equal_part_next(
    counted: LazySettings, client: str
) -> None:
    limit = Limit(calls=20, seconds=1)
    greedy = budget_of(client, "pac_greedy", limit)
    small = budget_of(client, "pac_small", limit)
    takes(greedy, 100)
    assert takes(small, 10) == 0  # nobody knew of it
    time.sleep(1.02)
    first, second = takes(greedy, 100), takes(small, 100)
    assert (first, second) == (10, 10)


def test_settlements_of_one_marketplace_pass_the_reads_of_another(
    counted: LazySettings, client: str
) -> None:
    reader, settler = budget_of(client, "pac_reader"), budget_of(client, "pac_settler")
    takes(reader, 100, READ)
    assert takes(settler, 4) == 4


def test_alone_on_its_client_a_marketplace_has_it_all(counted: LazySettings, client: str) -> None:
    assert takes(budget_of(client, "pac_1"), 100) == 20


@pytest.mark.parametrize(("per", "shared"), [("key", False), ("host", True)])
def test_a_client_is_a_key_or_a_host(settings: LazySettings, per: str, shared: bool) -> None:  # noqa: FBT001
    settings.PROVIDER_LIMITS_PER = per
    url = "https://api.example/v1"
    first = budget.of("trustlesswork", base_url=url, key="key-one", account="pac_1")
    second = budget.of("trustlesswork", base_url=url, key="key-two", account="pac_2")
    assert first
    assert second
    assert (first.name == second.name) is shared
    assert "key-one" not in first.name
    assert budget.of("stellar", base_url=url, key="", account="") is None


# -- Without Valkey --------------------------------------------------------------------------------


def test_without_valkey_each_process_keeps_to_its_share(alone: LazySettings, client: str) -> None:
    ours = budget_of(client, "pac_1")
    assert takes(ours, 100) == 4
    assert (ours.level.calls_left, ours.level.limit, ours.level.shared) == (0, 4, False)


def test_a_valkey_that_is_gone_bounds_and_does_not_stop(
    alone: LazySettings, client: str, tmp_path: Path
) -> None:
    alone.PROVIDER_TALLY_URL = f"redis+socket://{tmp_path}/nobody.sock"
    assert takes(budget_of(client, "pac_1"), 100) == 4


# -- At the client ---------------------------------------------------------------------------------


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running() as stub:
        stub.answers = [(201, BUILT)]
        yield stub


@pytest.mark.django_db
def test_a_call_that_is_held_back_is_unclear_and_leaves_one_row(
    counted: LazySettings, stub: Stub, client: str
) -> None:
    escrows = TrustlessWork(base_url=stub.url, api_key=client, trail="ord_1")
    answers = [escrows.build(APPROVE) for _ in range(53)]
    assert len(stub.asked) == 50
    held = [answer for answer in answers if isinstance(answer, Unclear)]
    assert len(held) == 3
    assert "budget" in held[0].why
    [row] = Call.objects.filter(status=None)
    assert (row.trail, row.failure) == ("ord_1", "held back by the budget: 50 per 60 s")


@pytest.mark.django_db
def test_a_429_of_theirs_gives_them_peace(counted: LazySettings, stub: Stub, client: str) -> None:
    stub.answers = [(429, b'{"statusCode":429,"message":"ThrottlerException"}')]
    escrows = TrustlessWork(base_url=stub.url, api_key=client, trail="ord_1")
    assert isinstance(escrows.build(APPROVE), Unclear)
    assert isinstance(escrows.build(APPROVE), Unclear)
    assert len(stub.asked) == 1


def test_health_tells_when_a_limit_is_used_up(
    counted: LazySettings, client: str, bazaar: Api
) -> None:
    assert {level.shared for level in levels.levels()} == {True}
    assert bazaar.seen("health/ready")["parts"]["budgets"]["status"] == "ok"
    account = ProviderAccount.across_books.get(book__name="Bazaar", provider="trustlesswork")
    key = directory.credentials(account)["api_key"]
    base_url = counted.TRUSTLESS_WORK_BASE_URL
    ours = budget.of("trustlesswork", base_url=base_url, key=key, account=account.id)
    assert ours
    takes(ours, 60)
    assert bazaar.seen("health/ready")["parts"]["budgets"]["why"].startswith("The limit")
    counted.PROVIDER_TALLY_URL = "memory://"
    assert bazaar.seen("health/ready")["parts"]["budgets"]["why"].startswith("Calls are counted")


@pytest.mark.django_db
def test_airtm_has_a_limit_of_its_own(
    counted: LazySettings, stub: Stub, client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert budget.LIMITS["airtm"] == Limit(calls=10, seconds=1)
    monkeypatch.setitem(budget.LIMITS, "airtm", Limit(calls=10, seconds=60))  # for slow machines
    stub.answers = [(404, b"{}")]
    credentials = {"api_key": client, "api_secret": "a-secret", "payin_url_template": "{id}"}
    payins = AirtmPayins(base_url=stub.url, **credentials)
    for _ in range(12):
        payins.look_up(code="top_1")
    assert len(stub.asked) == 8  # reads leave a fifth to what moves money
    for _ in range(3):
        payins.cancel(reference="pay_1")
    assert len(stub.asked) == 10
