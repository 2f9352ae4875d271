"""Compared: in which words rooms tell what they saw when they reconciled, and what it came to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ledger.chart import Account
from ledger.models.reconciliation import RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What is to be compared: what is of this period, and these subjects whatever their age.

    The engine adds the subjects of which findings are open, so that none is forgotten.
    """

    since: datetime | None  # None: from the beginning
    until: datetime  # exclusive
    subjects: frozenset[str] = frozenset()
    found: "tuple[Difference, ...]" = ()  # in the parts before, of which a dry run stores nothing

    @property
    def is_period(self) -> bool:
        """Whether there is anything to compare beside the named subjects."""
        return self.since is None or self.since < self.until

    def covers(self, moment: datetime) -> bool:
        return moment < self.until and (self.since is None or self.since <= moment)


def _nothing() -> None:
    """Most of what is told needs nothing beside what the engine writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noted:
    """`then` is what else is written down with it, or frozen; a rehearsal leaves it out."""

    subject: str
    then: Callable[[], None] = field(default=_nothing, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement(_Noted):
    """Both sides say the same about `subject`; whatever was found about it before is over – or,
    where it names kinds, whatever was found of these.
    """

    story: str = ""
    kinds: frozenset[str] = frozenset()

    def ends(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(_Noted):
    """They differ because something is under way; not a finding, and no end of one."""

    why: str


@dataclass(frozen=True, slots=True)
class Correction:
    """What would make the books say what was seen: stroops to debit, or to credit if negative."""

    account: Account
    debit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(_Noted):
    """They differ. `amount` is the sum at stake in stroops, the facts hold stroops too."""

    kind: str  # of the finding
    trail: str = ""
    expected: dict[str, Any]  # by our books
    observed: dict[str, Any]  # as the other side shows it
    amount: int
    proposal: str  # of `Proposal`
    correction: Correction | None = None
    decides: frozenset[str] = frozenset()  # kinds of which only this one is so, if they were found


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """It could not be read, so nothing is known of it."""

    subject: str
    why: str


Compared = Agreement | Waiting | Difference | Unread
Reconciler = Callable[[int, Window], Iterator[Compared]]  # of a book


@dataclass(slots=True)
class Report:
    """What one part of a book came to, as far as it was compared."""

    book: int
    part: str
    window: Window
    run: str = ""  # its id; none of a dry run
    compared: int = 0
    ignored: int = 0
    closed: int = 0
    differences: list[Difference] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    @property
    def amount(self) -> int:
        """The sum at stake, in stroops."""
        return sum(one.amount for one in self.differences)

    @property
    def status(self) -> RunStatus:
        if self.differences:
            return RunStatus.FINDINGS
        return RunStatus.FAILED if self.unread else RunStatus.CLEAN
