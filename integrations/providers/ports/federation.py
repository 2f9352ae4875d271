"""Names of addresses: `name*domain`, told by a server of its domain."""

from dataclasses import dataclass
from typing import Protocol

from integrations.providers.answers import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a federation server says of a name: untrusted until it has been read like any input."""

    address: str
    memo: str
    memo_type: str


class Federation(Protocol):
    def resolve(self, name: str) -> Answer[Named]:
        """Who `name*domain` is (SEP-2); declined where there is nobody, or no such server."""
