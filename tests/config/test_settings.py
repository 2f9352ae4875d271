"""What the settings refuse, seen from outside: a process that does not start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIVE = {
    "MODE": "live",
    "SECRET_KEY": "x" * 50,
    "API_KEY_PEPPER": "y" * 50,
    "WALLET_KEYRING": "one:c2FuZGJveC1rZXktZW5jcnlwdGlvbi1rZXktMzJieXQ=",
    "PUBLIC_URL": "https://offerhub.example",
}


def started(**environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "DATABASE_URL") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"AIRTM_API_KEY": "k"}, "AIRTM_API_KEY"),
        ({"TRUSTLESS_WORK_API_KEY": "k"}, "TRUSTLESS_WORK_API_KEY"),
        ({"STELLAR_TREASURY_SECRET": "S"}, "STELLAR_TREASURY_SECRET"),
        ({"STELLAR_NETWORK": "public"}, "STELLAR_NETWORK"),
        ({**LIVE, "SIMULATORS": "1"}, "SIMULATORS"),
        ({**LIVE, "SECRET_KEY": "short"}, "SECRET_KEY"),
        ({**LIVE, "API_KEY_PEPPER": ""}, "API_KEY_PEPPER"),
        ({"MODE": "production"}, "MODE"),
        ({**LIVE, "WALLET_KEYRING": ""}, "WALLET_KEYRING or WALLET_KEYRING_FILE"),
        ({**LIVE, "WALLET_KEYRING_FILE": "/run/keyring"}, "and not both"),
        ({"STELLAR_BID_FLOOR": "99"}, "STELLAR_BID_FLOOR"),
        ({"STELLAR_BID_FLOOR": "200", "STELLAR_BID_CEILING": "199"}, "STELLAR_BID_CEILING"),
    ],
)
def test_it_does_not_start_beside(environment: dict[str, str], why: str) -> None:
    refused = started(**environment)
    assert refused.returncode != 0
    assert "ImproperlyConfigured" in refused.stderr
    assert why in refused.stderr


def test_a_live_installation_starts_without_simulators() -> None:
    assert started(**LIVE).returncode == 0
