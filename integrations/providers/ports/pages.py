"""Lists as providers page them."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list, the newest first."""

    items: tuple[T, ...]
    next_page: str  # where the older ones begin; empty on the last page
