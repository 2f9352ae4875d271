"""The ledger in a page of plain Python: what the real one must agree with, balance by balance."""

from collections import Counter
from dataclasses import dataclass, field
from math import inf

from ledger.chart import CHART, Account
from ledger.money import LARGEST

Legs = tuple[tuple[Account, int], ...]  # a debit is positive
NEW, AGAIN = "NEW", "AGAIN"


@dataclass
class Model:
    """One book: balances in each account's own sense, and what was posted for which cause."""

    balances: dict[Account, int]
    elsewhere: set[Account] = field(default_factory=set)
    posted: dict[tuple[str, str], Legs] = field(default_factory=dict)

    def post(self, kind: str, cause: str, legs: Legs) -> str:
        """The code of the refusal, or whether it is new; only what is new changes anything."""
        verdict = self.judge(kind, cause, legs)
        if verdict == NEW:
            self.posted[kind, cause] = legs = without_zeros(legs)
            for account, amount in legs:
                self.balances[account] += normal(account) * amount
        return verdict

    def judge(self, kind: str, cause: str, legs: Legs) -> str:
        legs = without_zeros(legs)
        if wrong := self.hopeless(legs):
            return wrong
        if before := self.posted.get((kind, cause)):
            return AGAIN if Counter(before) == Counter(legs) else "CAUSE_ALREADY_POSTED"
        if any(self.after(account, legs) < floor(account) for account, _ in legs):
            return "INSUFFICIENT_FUNDS"
        return NEW if self.fits(legs) else "AMOUNT_OUT_OF_RANGE"

    def hopeless(self, legs: Legs) -> str:
        """The refusal of what no balance could help."""
        if not legs:
            return "EMPTY_TRANSFER"
        if missing := [account for account, _ in legs if account not in self.balances]:
            return "FOREIGN_ACCOUNT" if missing[0] in self.elsewhere else "UNKNOWN_ACCOUNT"
        if len({account.asset for account, _ in legs}) > 1:
            return "MIXED_ASSETS"
        return "UNBALANCED_TRANSFER" if sum(amount for _, amount in legs) else ""

    def after(self, account: Account, legs: Legs) -> int:
        moved = sum(amount for other, amount in legs if other == account)
        return self.balances[account] + normal(account) * moved

    def fits(self, legs: Legs) -> bool:
        """Leg by leg: each entry remembers a balance, and that is a number of 64 bits."""
        return all(
            -LARGEST - 1 <= self.after(account, legs[: place + 1]) <= LARGEST
            for place, (account, _) in enumerate(legs)
        )


def without_zeros(legs: Legs) -> Legs:
    return tuple((account, amount) for account, amount in legs if amount)


def mirrored(legs: Legs) -> Legs:
    return tuple((account, -amount) for account, amount in legs)


def normal(account: Account) -> int:
    return CHART[account.kind].normal


def floor(account: Account) -> float:
    lowest = CHART[account.kind].floor
    return -inf if lowest is None else lowest
