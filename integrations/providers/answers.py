"""The three things a provider can tell us: done, refused for certain, or we do not know."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from ledger.events import Actor

T = TypeVar("T")

# Who told us, where what we were told is taken in.
AIRTM, STELLAR = Actor("airtm"), Actor("stellar")


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The provider did it, or has it: `value` is what it told us, in our words."""

    value: T


@dataclass(frozen=True, slots=True)
class Declined:
    """Refused for certain: nothing happened there, and asking again changes nothing."""

    code: str  # one of the codes below, or the provider's own
    message: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may or may not have happened (time-out, 5xx): look it up before asking again."""

    why: str


@dataclass(frozen=True, slots=True)
class NotAsked(Unclear):
    """Our own budget held it back; whoever is not in a hurry waits a little and asks again."""


Answer = Done[T] | Declined | Unclear

# The codes that our rooms act upon; every other one is the provider's own, for people to read.
NOT_FOUND = "NOT_FOUND"
BEFORE_HISTORY = "BEFORE_HISTORY"  # so long ago that they have forgotten it
INSUFFICIENT_BALANCE = "INSUFFICIENT_BALANCE"  # our own balance there
CODE_TAKEN = "CODE_TAKEN"  # something else has our code there


def is_missing(answer: Answer[T]) -> bool:
    """Whether they say for certain that they have no such thing."""
    return isinstance(answer, Declined) and answer.code == NOT_FOUND


class StillUnclear(Exception):
    """The provider could not be read just now; whoever was told something must be told again."""


def clear(answer: Answer[T]) -> Answer[T]:
    """The answer, unless it is `Unclear`: then raises `StillUnclear`."""
    if isinstance(answer, Unclear):
        raise StillUnclear(answer.why)
    return answer
