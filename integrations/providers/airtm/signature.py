"""Whether a message is Airtm's: a Svix signature over the raw bytes, by one of our secrets."""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

TOLERANCE = 300  # seconds between the signature and now, in either direction
SHORTEST_KEY = 16  # bytes; an empty or tiny secret signs for anybody
LEAST_VARIETY = 8  # different bytes; a placeholder such as `AAAA…` has one
LONGEST_ID = 200

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


class Forged(Exception):
    """The message is not proven to be Airtm's, or not to be fresh."""


def verify(body: bytes, *, headers: Mapping[str, str], secrets: Iterable[str], at: datetime) -> str:
    """The message's id, the same at every delivery. Raises `Forged`. Headers: lower-case names."""
    message_id, timestamp, signatures = _stamped(headers)
    if not _TIMESTAMP.fullmatch(timestamp):
        raise Forged("the timestamp is missing or malformed")
    signed = f"{message_id}.{timestamp}.".encode() + body
    given = [part[3:].encode() for part in signatures.split(" ") if part.startswith("v1,")]
    # Every pair is compared, so that the time taken tells nothing about which secret is near.
    matches = [
        hmac.compare_digest(base64.b64encode(hmac.digest(key, signed, "sha256")), signature)
        for key in _keys(secrets)
        for signature in given
    ]
    if not any(matches):
        raise Forged("no signature matches")
    if abs(at.timestamp() - int(timestamp)) > TOLERANCE:
        raise Forged("the timestamp is too far from now")
    return message_id


def claimed_id(headers: Mapping[str, str]) -> str:
    """The id that a message gives itself, proven or not."""
    return headers.get("svix-id") or headers.get("webhook-id") or ""


def weakness(secret: str) -> str:
    """Why a secret would not protect us; empty if it would."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return "is not base64"
    if len(key) < SHORTEST_KEY:
        return f"has {len(key)} bytes; at least {SHORTEST_KEY} are needed"
    return "repeats itself" if len(set(key)) < LEAST_VARIETY else ""


def _stamped(headers: Mapping[str, str]) -> tuple[str, str, str]:
    """Id, timestamp and signatures: Svix's own headers, or those of Standard Webhooks."""
    for family in ("svix", "webhook"):
        stamps = [headers.get(f"{family}-{name}", "") for name in ("id", "timestamp", "signature")]
        if all(stamps) and len(stamps[0]) <= LONGEST_ID:
            return stamps[0], stamps[1], stamps[2]
    raise Forged("the signature headers are missing")


def _keys(secrets: Iterable[str]) -> Iterable[bytes]:
    for secret in secrets:
        if not weakness(secret):
            yield base64.b64decode(secret.removeprefix("whsec_"))
