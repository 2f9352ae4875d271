"""Switches: turns the faults of the pretended providers on and off, and knows them all."""

from typing import Any

from integrations.simulators.airtm.faults import FAULTS as AIRTM
from integrations.simulators.models import Fault
from integrations.simulators.stellar.faults import FAULTS as STELLAR
from integrations.simulators.trustlesswork.faults import FAULTS as TRUSTLESS_WORK

# Provider → the faults that it knows, each with the sentence that the panel shows.
KNOWN: dict[str, dict[str, str]] = {
    "airtm": AIRTM,
    "stellar": STELLAR,
    "trustlesswork": TRUSTLESS_WORK,
}


class NoSuchFault(ValueError):
    """The provider does not know this fault."""


def turn(provider: str, name: str, *, times: int, options: dict[str, Any]) -> None:
    """Have `provider` do this wrong the next `times` times; 0 turns it off.

    Raises `NoSuchFault`.
    """
    if name not in KNOWN[provider]:
        raise NoSuchFault(f"{provider} knows {', '.join(sorted(KNOWN[provider])) or 'no faults'}")
    if times:
        facts = {"times_left": times, "options": options}
        Fault.objects.update_or_create(facts, provider=provider, name=name)
    else:
        Fault.objects.filter(provider=provider, name=name).delete()
