"""What operators may decide about what a comparison has found of a contract."""

from collections.abc import Mapping
from typing import Any

from escrow import comparison, foreign, freezing, stakes, surpluses
from integrations.providers.stellar.movements import FOREIGN_MONEY
from ledger import acts, events, findings
from ledger.acts import Act
from ledger.events import Actor
from ledger.models import Finding
from ledger.refusals import NotReady


class _OnFinding(Act):
    """The act ends the finding, in the transaction that books what it was about."""

    about = Finding
    permission = acts.MOVE_MONEY
    kinds: frozenset[str]

    def is_offered(self, record: Finding) -> bool:
        return record.kind in self.kinds and record.resolved_at is None

    def stake(self, record: Finding, answers: Mapping[str, Any]) -> int:
        return int(record.amount)

    def needs_second(self, record: Finding, answers: Mapping[str, Any]) -> bool:
        return True

    def do(self, record: Finding, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        subject = {"kind": record.kind, "subject": record.subject}
        story = f"{self.title} ({cause}): {reason}"
        if not findings.resolve(book=record.book_id, story=story, **subject):
            raise NotReady("Somebody has settled this finding already.")
        self.book(record, by=by)
        events.record(record.book_id, "finding.settled", record, by=by, reason=reason)

    def book(self, record: Finding, *, by: Actor) -> None:
        raise NotImplementedError


class BookForeignEnd(_OnFinding):
    name = "book-foreign-end"
    title = "Book how it ended"
    explains = (
        "Somebody else has settled the contract: order and escrow are closed, and everybody"
        " is credited with what the chain showed to arrive."
    )
    kinds = frozenset({freezing.ENDED_BY_ANOTHER})

    def book(self, record: Finding, *, by: Actor) -> None:
        foreign.take_in(stakes.of(record.subject), by=by)


class BookContractSurplus(_OnFinding):
    name = "book-contract-surplus"
    title = "Book it as a surplus"
    explains = "The contract holds more than the books say: it is booked as in it, and nobody's."
    kinds = frozenset({comparison.BEYOND, FOREIGN_MONEY})

    def is_offered(self, record: Finding) -> bool:
        return super().is_offered(record) and "escrow" in record.expected

    def book(self, record: Finding, *, by: Actor) -> None:
        among = (record.expected["stroops"], record.observed["stroops"])
        surpluses.book_found(record.expected["escrow"], record.amount, among=among, by=by)
