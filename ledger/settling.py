"""Settling: the acts that end a finding by booking what it was about; always two people."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from ledger import acts, casework
from ledger.acts import Act
from ledger.events import Actor
from ledger.models import Finding
from ledger.refusals import NotReady


class Settle(Act):
    """Books, and ends the finding with how it was settled, in one transaction."""

    about = Finding
    permission = acts.MOVE_MONEY
    takes_two = True
    kinds: ClassVar[frozenset[str]]  # of the findings that it is for

    def is_offered(self, record: Finding) -> bool:
        return record.kind in self.kinds and record.resolved_at is None

    def is_proposed(self, record: Finding) -> bool:
        return True

    def stake(self, record: Finding, answers: Mapping[str, Any]) -> int:
        return int(record.amount)

    def do(self, record: Finding, *, by: Actor, reason: str, cause: str, **answers: Any) -> None:
        casework.settle(record, by=by, reason=reason)
        if not self.is_offered(record):  # a page of this act is an address that anybody may type
            raise NotReady("This act is for another kind of finding.")
        self.book(record, by=by, **answers)

    @abstractmethod
    def book(self, record: Finding, *, by: Actor, **answers: Any) -> None:
        """Post what it is about. Raises what the operation behind it raises."""
