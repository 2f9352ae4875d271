"""What operators may decide about what a comparison has found of a contract."""

from escrow import comparison, foreign, freezing, stakes, surpluses
from integrations.providers.stellar.movements import FOREIGN_MONEY
from ledger.events import Actor
from ledger.models import Finding
from ledger.settling import Settle


class BookForeignEnd(Settle):
    name = "book-foreign-end"
    title = "Book how it ended"
    explains = (
        "Somebody else has settled the contract: order and escrow are closed, and everybody"
        " is credited with what the chain showed to arrive."
    )
    kinds = frozenset({freezing.ENDED_BY_ANOTHER})

    def book(self, record: Finding, *, by: Actor) -> None:
        foreign.take_in(stakes.of(record.subject), by=by)


class BookContractSurplus(Settle):
    name = "book-contract-surplus"
    title = "Book it as a surplus"
    explains = "The contract holds more than the books say: it is booked as in it, and nobody's."
    kinds = frozenset({comparison.BEYOND, FOREIGN_MONEY})

    def is_offered(self, record: Finding) -> bool:
        """Once a comparison has told how much the contract holds."""
        return super().is_offered(record) and "escrow" in record.expected

    def book(self, record: Finding, *, by: Actor) -> None:
        among = (record.expected["stroops"], record.observed["stroops"])
        surpluses.book_found(record.expected["escrow"], record.amount, among=among, by=by)
