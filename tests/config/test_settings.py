"""What the settings refuse, seen from outside: a process that does not start."""

import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from secrets import token_bytes, token_urlsafe

import pytest

ROOT = Path(__file__).parents[2]
LIVE = {
    "MODE": "live",
    "SECRET_KEY": token_urlsafe(48),
    "API_KEY_PEPPER": token_urlsafe(48),
    "WALLET_KEYRING": f"one:{b64encode(token_bytes(32)).decode()}",
    "PUBLIC_URL": "https://offerhub.example",
    "ALLOWED_HOSTS": "offerhub.example",
}


SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def started(**environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "DATABASE_URL") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_w45_it_starts_without_any_provider() -> None:
    """Each is left out as a whole, and on the public network, too."""
    for environment in ({}, LIVE, {**LIVE, "STELLAR_NETWORK": "testnet"}):
        assert started(**environment).stderr == ""


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
        ({**LIVE, "SECRET_KEY": "x" * 50}, "SECRET_KEY is not random"),
        ({**LIVE, "API_KEY_PEPPER": "sandbox-only-api_key_pepper-----------"}, "API_KEY_PEPPER is"),
        ({**LIVE, "API_KEY_PEPPER": LIVE["SECRET_KEY"]}, "another secret"),
        ({**LIVE, "WALLET_KEYRING": ""}, "WALLET_KEYRING is empty"),
        ({**LIVE, "WALLET_KEYRING": "one:YWJj"}, "WALLET_KEYRING: 'one'"),
        (
            {**LIVE, "WALLET_KEYRING": "x:c2FuZGJveC1rZXktZW5jcnlwdGlvbi1rZXktMzJieXQ="},
            "the key 'x' is not random",
        ),
        ({**LIVE, "DEBUG": "1"}, "DEBUG"),
        ({**LIVE, "PUBLIC_URL": "http://offerhub.example"}, "PUBLIC_URL"),
        ({**LIVE, "ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({**LIVE, "STELLAR_NETWORK": "simulated"}, "STELLAR_NETWORK"),
        ({**LIVE, "STELLAR_NETWORK": "mainnet"}, "STELLAR_NETWORK"),
        (
            {
                **LIVE,
                "STELLAR_NETWORK": "public",
                "STELLAR_HORIZON_URL": "https://horizon-testnet.stellar.org",
            },
            "worth nothing",
        ),
        ({**LIVE, "METRICS_TOKEN": "short"}, "METRICS_TOKEN"),
        ({"RATE_LIMIT_PER_KEY": "0"}, "RATE_LIMIT_PER_KEY"),
        ({"API_KEY_SECONDS": "60"}, "API_KEY_SECONDS"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT"),
        ({**LIVE, "WALLET_KEYRING_FILE": "/run/keyring"}, "both set"),
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


def test_w25_all_faults_are_told_at_once() -> None:
    told = started(MODE="live", SIMULATORS="1", DEBUG="1", STELLAR_NETWORK="moon").stderr
    for name in (
        "SECRET_KEY", "API_KEY_PEPPER", "WALLET_KEYRING", "SIMULATORS", "STELLAR_NETWORK", "DEBUG",
        "PUBLIC_URL",
    ):  # fmt: skip
        assert f"  - {name}" in told, name


@pytest.mark.parametrize("mode", ["sandbox", "live"])
def test_w25_what_cannot_be_read_is_told_with_the_rest(mode: str) -> None:
    """No traceback of a number that is none, and no switch that is off because of a slip."""
    told = started(
        MODE=mode, RATE_LIMIT_PER_KEY="many", WEB_THREADS="", DEBUG="perhaps", LOG_FORMAT="xml"
    ).stderr
    for fault in (
        "RATE_LIMIT_PER_KEY is 'many'; it must be a whole number",
        "WEB_THREADS is ''; it must be a whole number",
        "DEBUG is 'perhaps'; it must be 1 or 0",
        "LOG_FORMAT is 'xml'",
    ):
        assert f"  - {fault}" in told
    assert "ValueError" not in told


def test_w25_no_secret_has_a_default_outside_the_sandbox() -> None:
    bare = {name: value for name, value in LIVE.items() if name in {"MODE", "PUBLIC_URL"}}
    told = started(**bare).stderr
    assert "SECRET_KEY must be set" in told
    assert "API_KEY_PEPPER must be set" in told
    airtm = {"AIRTM_API_KEY": "k", "AIRTM_WEBHOOK_SECRETS": SECRET}
    assert started(**LIVE, **airtm).returncode == 0
