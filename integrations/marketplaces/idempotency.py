"""Idempotency keys: one request, one effect, one answer – all in one transaction."""

import json
import re
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.db import OperationalError
from django.db.models import Q, QuerySet

from integrations.marketplaces.models import IdempotencyKey, Marketplace
from ledger import clock, lastly
from ledger.atomicity import require_transaction
from ledger.refusals import Conflict, Invalid

_ACCEPTABLE = re.compile(r"[\x20-\x7e]{1,255}", re.ASCII)
KEPT_DAYS = 30
_BATCH = 5_000
# What was opened, said or decided in a dispute: by the resources of these acts.
_OF_DISPUTES = (
    Q(resource_id__startswith="dsp_")
    | Q(resource_id__startswith="cmt_")
    | Q(resource_id__startswith="evd_")
)
_LOCK_TIMEOUT = "55P03"
_BEGIN = "SELECT * FROM marketplaces_begin_request(%s, %s, %s)"


class KeyRequired(Invalid):
    """This request needs an Idempotency-Key header."""

    code = "IDEMPOTENCY_KEY_REQUIRED"


class KeyMalformed(Invalid):
    """An Idempotency-Key is 1 to 255 printable ASCII characters."""


class KeyReused(Conflict):
    """This Idempotency-Key was used for another request."""

    code = "IDEMPOTENCY_KEY_REUSED"


class KeyInProgress(Conflict):
    """The first request with this Idempotency-Key is still running."""

    code = "IDEMPOTENCY_KEY_IN_PROGRESS"
    retry_after = 1


def checked(key: str | None) -> str:
    """The key of a request that needs one; raises `KeyRequired` or `KeyMalformed`."""
    if key is None:
        raise KeyRequired
    if not _ACCEPTABLE.fullmatch(key):
        raise KeyMalformed
    return key


def fingerprint(method: str, path: str, body: Any) -> str:
    """The same for equal requests, however their JSON is spaced or ordered."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(f"{method} {path}\n{canonical}".encode()).hexdigest()


def begin(marketplace: Marketplace, key: str, print_: str) -> IdempotencyKey:
    """The row of this key, made now unless it is known; a twin still running is waited for 2 s.

    Raises `KeyInProgress` when it takes longer, `KeyReused` when the key came with another request.
    """
    require_transaction()
    try:
        [row] = IdempotencyKey.objects.raw(_BEGIN, [marketplace.pk, key, print_])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == _LOCK_TIMEOUT:
            raise KeyInProgress from error
        raise
    if row.fingerprint != print_:
        raise KeyReused
    return row


def finish(row: IdempotencyKey, *, status: int, answer: str, resource_id: str) -> None:
    """Keep the answer's very text as it is at commit; it is what a replay gets."""
    require_transaction()
    mine = IdempotencyKey.objects.filter(pk=row.pk)
    lastly.update(mine, status=status, answer=answer, resource_id=resource_id)


def outdated(*, days: int) -> QuerySet[IdempotencyKey]:
    """Keys that nobody has to remember any more; those of acts on disputes are kept for ever."""
    before = clock.now() - timedelta(days=days)
    return IdempotencyKey.objects.filter(created_at__lt=before).exclude(_OF_DISPUTES)


def purge(*, days: int) -> int:
    """Remove a batch of outdated keys, in a transaction of its own; how many."""
    batch = outdated(days=days).order_by("pk").values("pk")[:_BATCH]
    removed, _ = IdempotencyKey.objects.filter(pk__in=batch).delete()
    return removed
