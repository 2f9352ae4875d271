"""The record: what moved (accounts, transfers, entries), what is set aside (holds, allocations),
what happened (events), and what does not add up (findings).

A book is one marketplace's set of accounts and the boundary between tenants. An account keeps
its balance as a projection of its entries; `ledger_post` alone writes both, under the account's
lock, so that versions have no gap and every entry remembers the balance after it. An account is
named by kind and subject and never points back at its owner: `owner` is a public id as text.
"""

from ledger.models.accounts import Account, Book, Entry, Seal, Transfer
from ledger.models.arrivals import Arrival
from ledger.models.cases import Approval, Comment, Finding, Proposal
from ledger.models.closings import Closing
from ledger.models.events import Event
from ledger.models.promises import Allocation, Hold
from ledger.models.reconciliation import Run, Sighting

__all__ = [
    "Account",
    "Allocation",
    "Approval",
    "Arrival",
    "Book",
    "Closing",
    "Comment",
    "Entry",
    "Event",
    "Finding",
    "Hold",
    "Proposal",
    "Run",
    "Seal",
    "Sighting",
    "Transfer",
]
