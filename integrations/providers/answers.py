"""The three things a provider can tell us: it is done, it is refused for certain, or we do not know."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The provider did it, or has it: `value` is what it told us, in our words."""

    value: T


@dataclass(frozen=True, slots=True)
class Declined:
    """Refused for certain: nothing happened there, and asking again the same way changes nothing."""

    code: str  # the provider's own code, or NOT_FOUND
    message: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may or may not have happened (time-out, 5xx, throttled): look it up before asking again."""

    why: str


Answer = Done[T] | Declined | Unclear

NOT_FOUND = "NOT_FOUND"
