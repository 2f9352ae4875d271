"""Rotation: every secret that is sealed with an older key is wrapped by the keyring's first one.

Found by state, so that it may be stopped, run again, and run twice at once: what is left to do is
whatever another key seals. Nothing has to stand still: each row is locked for a moment, and both
wraps of a key open as long as the ring has both keys. The secrets themselves stay as they are.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Count

from integrations.providers.models import ProviderAccount, Wallet, not_sealed_with
from integrations.providers.stellar import keyring, signer
from integrations.providers.stellar.key_wrappers import CannotOpen
from ledger.findings import find

AT_ONCE = 100  # rows of one transaction
PAUSES = [0, 1, 1, 1]  # seconds before each pass: the later ones are for what others had locked

Sealed = Wallet | ProviderAccount
Watching = Callable[[int], None]


@dataclass(slots=True)
class Tally:
    """How many secrets were wrapped anew, were left, or do not open."""

    to: str  # the id of the first key
    rotated: int = 0
    left: int = 0
    unopenable: int = 0
    # Sealed with keys that the ring does not have: not touched, since putting a forgotten key back
    # is all that they need.
    missing_keys: dict[str, int] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def is_complete(self) -> bool:
        return not (self.left or self.unopenable or self.missing_keys)


def in_use() -> Counter[str]:
    """How many secrets each key, of this ring or an earlier one, seals."""
    counted: Counter[str] = Counter()
    for rows in _rows():
        counted.update(dict(rows.values_list("key_id").annotate(n=Count("pk")).order_by()))
    return counted


def due() -> int:
    """How many secrets the ring's other keys seal."""
    return sum(rows.filter(key_id__in=_ring()[1:]).count() for rows in _rows())


def is_due() -> bool:
    """Whether anything is sealed with another key than the first."""
    return any(rows.filter(not_sealed_with(_ring()[0])).exists() for rows in _rows())


def rotate(*, watching: Watching = lambda _: None) -> Tally:
    """Wrap everything anew; `watching` hears how many rows each batch has dealt with."""
    return _go_over(watching, keep=True)


def rehearse(*, watching: Watching = lambda _: None) -> Tally:
    """The same, and nothing of it is kept: shows what would open. `left` is what is to be done."""
    return _go_over(watching, keep=False)


def _go_over(watching: Watching, *, keep: bool) -> Tally:
    ring = _ring()
    missing = {key: count for key, count in in_use().items() if key not in ring}
    tally = Tally(to=ring[0], missing_keys=missing)
    for pause in PAUSES:
        time.sleep(pause)
        tally.unopenable = 0
        for model in (Wallet, ProviderAccount):
            for batch in _batches(model, tally, keep=keep):
                watching(batch)
        tally.left = due() - tally.unopenable
        if not keep or not tally.left:
            break
    return tally


def _batches(model: type[Sealed], tally: Tally, *, keep: bool) -> Iterator[int]:
    after = ""
    while True:
        with transaction.atomic():
            older = model.across_books.filter(key_id__in=_ring()[1:], pk__gt=after)
            # Whatever a signature or another rotation holds just now is left for the next pass.
            free = older.select_for_update(skip_locked=True, no_key=True)
            rows = list(free.order_by("pk")[:AT_ONCE])
            for row in rows:
                _rewrap(row, tally)
            transaction.set_rollback(not keep)
        if not rows:
            return
        after = rows[-1].pk
        yield len(rows)


def _rewrap(row: Sealed, tally: Tally) -> None:
    try:
        if isinstance(row, Wallet):
            facts = {"sealed_key": signer.rewrapped(row)}
        else:
            owner = keyring.account_owner(row.id)
            facts = {"sealed": keyring.rewrap(row.sealed, owner=owner)}
    except signer.Corrupted:
        tally.unopenable += 1
    except CannotOpen as flaw:
        tally.unopenable += 1
        _report(row, str(flaw))
    else:
        type(row).across_books.filter(pk=row.pk).update(**facts)
        tally.rotated += 1


def _report(row: Sealed, why: str) -> None:
    find(
        book=row.book_id,
        kind="credentials_do_not_open",
        subject=str(row.pk),
        observed={"why": why},
    )


def _ring() -> list[str]:
    return keyring.keyring().key_ids()


def _rows() -> list[Any]:
    return [Wallet.across_books.all(), ProviderAccount.across_books.all()]
