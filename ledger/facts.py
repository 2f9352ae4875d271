"""Facts: what a finding expected and what was seen, side by side, as operators read it."""

from dataclasses import dataclass
from typing import Any

from ledger import acts
from ledger.display import NOTHING, block, dollars, linked, moment, structure
from ledger.models import Finding, Proposal

# Facts with these names are whole stroops, whoever has written them.
IN_STROOPS = {
    "amount", "balance", "books", "deposit", "fee", "feed", "free_at_least", "held", "net",
    "pending", "posted", "received", "stroops",
}  # fmt: skip
TITLES = {"stroops": "USD", "feed": "USD by the chain's feed"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One name, by our books and as the other side shows it."""

    name: str
    expected: str
    observed: str
    differs: bool


def of(finding: Finding) -> dict[str, Any]:
    """What the page of a finding shows above its fields."""
    return {
        "facts": _facts(finding),
        "stake": dollars(finding.amount),
        "proposed": _proposed(finding),
        "correction": _correction(finding.correction),
        "put_off": moment(finding.waits_until) if finding.waits_until else "",
        "is_ignored": finding.ignored,
    }


def _proposed(finding: Finding) -> str:
    """The act that would settle it, by the name on its button; else what whoever found it said."""
    titles = [act.title for act in acts.proposed(finding)]
    return " or ".join(titles) or (finding.proposal and Proposal(finding.proposal).label)


def _facts(finding: Finding) -> list[Fact]:
    expected, observed = (_named(one) for one in (finding.expected, finding.observed))
    names = [*expected, *(name for name in observed if name not in expected)]
    return [
        Fact(
            TITLES.get(name, name.replace("_", " ")),
            _shown(name, expected),
            _shown(name, observed),
            name in expected and name in observed and expected[name] != observed[name],
        )
        for name in names
    ]


def _named(facts: Any) -> dict[str, Any]:
    """Whatever was written down, as names and values."""
    return facts if isinstance(facts, dict) else {"is": facts}


def _shown(name: str, facts: dict[str, Any]) -> str:
    value = facts.get(name)
    if value is None:
        return NOTHING
    if name in IN_STROOPS and isinstance(value, int):
        return dollars(value)
    return block(structure(value)) if isinstance(value, dict | list) else linked(str(value))


def _correction(correction: dict[str, Any]) -> str:
    """What would make the books say what was seen."""
    debit = correction.get("debit", 0)
    if not debit:
        return ""
    place = f"{correction['kind']} {correction['subject']}".strip()
    return f"{'Debit' if debit > 0 else 'Credit'} {place}"
