"""Money held between two parties: the contract of an order, and what they quarrel about.

An escrow copies the six addresses when it is opened, because they are what the contract was
deployed with. The contract's own state, and not our rows', says which step comes next; our rows say
what we are trying to reach. A dispute is about a whole order or about one of its milestones; what
is said in it (comments, evidence) is only ever added.
"""

from escrow.models.checks import ContractCheck
from escrow.models.disputes import Comment, Dispute, Evidence
from escrow.models.escrows import Escrow

__all__ = ["Comment", "ContractCheck", "Dispute", "Escrow", "Evidence"]
