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


SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


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
        # W-08: without a good webhook secret it does not start, instead of believing anybody.
        ({**LIVE, "AIRTM_API_KEY": "k"}, "AIRTM_WEBHOOK_SECRETS"),
        ({**LIVE, "AIRTM_API_KEY": "k", "AIRTM_WEBHOOK_SECRETS": "whsec_xxx"}, "not base64"),
        ({**LIVE, "AIRTM_API_KEY": "k", "AIRTM_WEBHOOK_SECRETS": "whsec_c2hvcnQ="}, "5 bytes"),
        ({**LIVE, "AIRTM_API_KEY": "k", "AIRTM_WEBHOOK_SECRETS": "whsec_" + "A" * 32}, "repeats"),
        ({**LIVE, "AIRTM_API_KEY": "k", "AIRTM_WEBHOOK_SECRETS": f"{SECRET},TODO"}, "secret 2"),
    ],
)
def test_it_does_not_start_beside(environment: dict[str, str], why: str) -> None:
    refused = started(**environment)
    assert refused.returncode != 0
    assert "ImproperlyConfigured" in refused.stderr
    assert why in refused.stderr


def test_a_live_installation_starts_without_simulators() -> None:
    assert started(**LIVE).returncode == 0
    airtm = {"AIRTM_API_KEY": "k", "AIRTM_WEBHOOK_SECRETS": SECRET}
    assert started(**LIVE, **airtm).returncode == 0
