"""Sound settings: everything that is wrong with them, told at once and in words."""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from integrations.providers.airtm.signature import weakness

SHORTEST_SECRET = 32
_PLACEHOLDERS = ("sandbox", "change", "secret", "example", "insecure", "ohk_", "django-")
_LIVE_PROVIDERS = ("AIRTM_API_KEY", "TRUSTLESS_WORK_API_KEY", "STELLAR_TREASURY_SECRET")
_LIMITS = ("RATE_LIMIT_PER_KEY", "RATE_LIMIT_PER_USER", "RATE_LIMIT_PER_ADDRESS")


def require(settings: Mapping[str, Any]) -> None:
    """Raises ImproperlyConfigured with every fault of the settings."""
    if found := list(faults(settings)):
        told = "".join(f"\n  - {fault}" for fault in found)
        raise ImproperlyConfigured(f"the settings are not sound:{told}")


def faults(given: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong, whatever the mode; and what only the sandbox may do."""
    yield from given["MALFORMED"]
    if given["MODE"] not in {"sandbox", "live"}:
        yield f"MODE is '{given['MODE']}'; it must be 'sandbox' or 'live'"
    yield from _of_secrets(given)
    yield from _of_simulators(given)
    yield from _of_the_network(given)
    yield from _of_callers(given)
    yield from _of_providers(given)
    yield from _of_fees(given)
    if not given["SANDBOX"]:
        yield from _of_live(given)


def _of_secrets(given: Mapping[str, Any]) -> Iterator[str]:
    for name in ("SECRET_KEY", "API_KEY_PEPPER"):
        secret = given[name]
        if len(secret) < SHORTEST_SECRET:
            yield f"{name} must be set to at least {SHORTEST_SECRET} characters"
        elif not given["SANDBOX"] and _is_weak(secret):
            yield f"{name} is not random; .env.example says how to make one"
    if given["SECRET_KEY"] == given["API_KEY_PEPPER"]:
        yield "API_KEY_PEPPER must be another secret than SECRET_KEY"


def _of_simulators(given: Mapping[str, Any]) -> Iterator[str]:
    if not given["SIMULATORS"]:
        return
    if live := [name for name in _LIVE_PROVIDERS if given[name]]:
        yield f"SIMULATORS may not run beside live providers: unset {', '.join(live)}"
    if not given["SANDBOX"]:
        yield "SIMULATORS may not run in live mode"
    if given["STELLAR_NETWORK"] != "simulated":
        yield f"SIMULATORS pretend a network; STELLAR_NETWORK is '{given['STELLAR_NETWORK']}'"


def _of_the_network(given: Mapping[str, Any]) -> Iterator[str]:
    network = given["STELLAR_NETWORK"]
    if network not in {"public", "testnet", "simulated"}:
        yield f"STELLAR_NETWORK is '{network}'; it must be 'public' or 'testnet'"
    if network == "simulated" and not given["SIMULATORS"]:
        yield "STELLAR_NETWORK is 'simulated', and SIMULATORS are off"
    if network == "public" and "testnet" in given["STELLAR_HORIZON_URL"]:
        yield "STELLAR_HORIZON_URL is of the test network, whose USDC is worth nothing on 'public'"


def _of_callers(given: Mapping[str, Any]) -> Iterator[str]:
    for name in _LIMITS:
        if given[name] < 1:
            yield f"{name} must be at least 1; to lift the limit, set it very high"
    if not 0 <= given["API_KEY_SECONDS"] <= 5:
        yield "API_KEY_SECONDS must be 0 to 5, for a revocation is in force within that time"
    if given["OPERATORS_TOTP"] not in {"optional", "deciding", "always"}:
        yield "OPERATORS_TOTP must be 'optional', 'deciding' or 'always'"
    if given["LOG_FORMAT"] not in {"text", "json"}:
        yield f"LOG_FORMAT is '{given['LOG_FORMAT']}'; it must be 'text' or 'json'"


def _of_providers(given: Mapping[str, Any]) -> Iterator[str]:
    if given["PROVIDER_LIMITS_PER"] not in {"key", "host"}:
        yield "PROVIDER_LIMITS_PER must be 'key' or 'host'"
    if given["PROVIDER_PROCESSES"] < 1:
        yield "PROVIDER_PROCESSES must be at least 1"
    if bool(given["WALLET_KEYRING"]) and bool(given["WALLET_KEYRING_FILE"]):
        yield "WALLET_KEYRING and WALLET_KEYRING_FILE are both set; one of them names the keys"


def _of_fees(given: Mapping[str, Any]) -> Iterator[str]:
    floor, ceiling = given["STELLAR_BID_FLOOR"], given["STELLAR_BID_CEILING"]
    if not 100 <= floor <= ceiling <= 2**31 // 10:
        yield (
            "STELLAR_BID_FLOOR and STELLAR_BID_CEILING are stroops of XLM per operation: the floor"
            f" at least 100, the ceiling not below it and at most {2**31 // 10}"
        )


def _of_live(given: Mapping[str, Any]) -> Iterator[str]:
    if given["DEBUG_WANTED"]:
        yield "DEBUG tells strangers everything; it may not be asked for in live mode"
    if not given["PUBLIC_URL"].startswith("https://"):
        yield "PUBLIC_URL must begin with https:// in live mode"
    if "*" in given["ALLOWED_HOSTS"]:
        yield "ALLOWED_HOSTS may not hold '*' in live mode"
    if given["OPERATORS_TOTP"] == "optional":
        yield "OPERATORS_TOTP may not be 'optional' in live mode"
    if given["METRICS_TOKEN"] and len(given["METRICS_TOKEN"]) < 16:
        yield "METRICS_TOKEN must have at least 16 characters, or be empty"
    if not given["WALLET_KEYRING_FILE"]:
        yield from _of_the_keyring(given["WALLET_KEYRING"])
    if given["AIRTM_API_KEY"]:
        yield from _of_webhooks(given["AIRTM_WEBHOOK_SECRETS"])


def _of_webhooks(secrets: Sequence[str]) -> Iterator[str]:
    """Without a good one every message would be refused – or, worse, anybody's believed."""
    if not secrets:
        yield "AIRTM_WEBHOOK_SECRETS must name the endpoint's signing secret"
    for number, secret in enumerate(secrets, start=1):
        if flaw := weakness(secret):
            yield f"AIRTM_WEBHOOK_SECRETS: secret {number} {flaw}"


def _of_the_keyring(text: str) -> Iterator[str]:
    if not text:
        yield "WALLET_KEYRING is empty, and so is WALLET_KEYRING_FILE; one must name the keys"
    for part in filter(None, text.split(",")):
        name, _, encoded = part.strip().partition(":")
        if not name or _bytes_of(encoded) != 32:
            yield f"WALLET_KEYRING: '{name}' is no id with the base64 of 32 bytes"
        elif _is_weak(base64.b64decode(encoded).decode("latin-1")):
            yield f"WALLET_KEYRING: the key '{name}' is not random"


def _bytes_of(encoded: str) -> int:
    try:
        return len(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        return -1


def _is_weak(secret: str) -> bool:
    """Repeats itself, or is a text that somebody copied."""
    return len(set(secret)) < 10 or secret.lower().startswith(_PLACEHOLDERS)
