"""Comparison of two lists of movements, the chain's and ours, of the same ledgers: pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from integrations.providers.stellar.replaying import UNBOOKED

Place = tuple[int, int, str]  # operation, change index, direction: of one movement at an address


class Kind(StrEnum):
    NOT_BOOKED = UNBOOKED  # the chain shows it, and we have not written it down
    NOT_ON_CHAIN = "movement_not_on_chain"  # we have it, and the chain does not show it
    DIFFERS = "movement_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One movement at an address of ours, in stroops of its asset, whoever tells of it."""

    place: Place
    ledger: int
    tx_hash: str
    address: str
    counterparty: str
    asset: str
    amount: int
    holder: str = ""  # the user whose wallet it is

    @property
    def facts(self) -> tuple[str, str, str, str, int]:
        return self.tx_hash, self.address, self.counterparty, self.asset, self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """In what one place differs; both sides where both tell of it."""

    kind: Kind
    ours: Moved | None
    theirs: Moved | None

    @property
    def amount(self) -> int:
        """What the books should have more of, in stroops of the asset; less, if negative."""
        theirs, ours = _signed(self.theirs), _signed(self.ours)
        return theirs - ours


def compare(*, ours: Collection[Moved], theirs: Collection[Moved]) -> Iterator[Gap]:
    """Every place that only one side tells of, or both in another way; in the chain's order."""
    here, there = ({one.place: one for one in side} for side in (ours, theirs))
    for place in sorted(here.keys() | there.keys()):
        mine, other = here.get(place), there.get(place)
        if kind := _kind(mine, other):
            yield Gap(kind=kind, ours=mine, theirs=other)


def _kind(ours: Moved | None, theirs: Moved | None) -> Kind | None:
    if ours is None:
        return Kind.NOT_BOOKED
    if theirs is None:
        return Kind.NOT_ON_CHAIN
    return None if ours.facts == theirs.facts else Kind.DIFFERS


def _signed(moved: Moved | None) -> int:
    if moved is None:
        return 0
    return moved.amount if moved.place[2] == "IN" else -moved.amount
