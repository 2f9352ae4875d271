"""Switches: turns the faults of the pretended providers on and off, and knows them all."""

from typing import Any

from integrations.simulators.airtm.faults import FAULTS as AIRTM
from integrations.simulators.models import Fault
from integrations.simulators.stellar.faults import FAULTS as STELLAR
from integrations.simulators.stellar.faults import OPTIONS as STELLAR_OPTIONS
from integrations.simulators.trustlesswork.faults import FAULTS as TRUSTLESS_WORK

# Provider → the faults that it knows, each with the sentence that the panel shows.
KNOWN: dict[str, dict[str, str]] = {
    "airtm": AIRTM,
    "stellar": STELLAR,
    "trustlesswork": TRUSTLESS_WORK,
}


# Provider → the options that a fault of it takes; all of them are whole numbers from 0 on.
OPTIONS: dict[str, dict[str, dict[str, int]]] = {"stellar": STELLAR_OPTIONS}
LARGEST_OPTION = 2**31 - 1


class NoSuchFault(ValueError):
    """The provider does not know this fault, or this option of it."""


def turn(provider: str, name: str, *, times: int, options: dict[str, Any]) -> None:
    """Have `provider` do this wrong the next `times` times; 0 turns it off.

    Raises `NoSuchFault`.
    """
    if name not in KNOWN[provider]:
        raise NoSuchFault(f"{provider} knows {', '.join(sorted(KNOWN[provider])) or 'no faults'}")
    if provider in OPTIONS:
        _check_options(name, options, taken=OPTIONS[provider].get(name, {}))
    if times:
        facts = {"times_left": times, "options": options}
        Fault.objects.update_or_create(facts, provider=provider, name=name)
    else:
        Fault.objects.filter(provider=provider, name=name).delete()


def on() -> list[dict[str, Any]]:
    """Which faults are on, how often still, and with which options."""
    return [
        {
            "provider": fault.provider,
            "fault": fault.name,
            "times": fault.times_left,
            "options": fault.options,
        }
        for fault in Fault.objects.order_by("provider", "name")
    ]


def _check_options(name: str, options: dict[str, Any], *, taken: dict[str, int]) -> None:
    for option, value in options.items():
        if option not in taken:
            raise NoSuchFault(f"{name} takes {', '.join(sorted(taken)) or 'no options'}")
        if type(value) is not int or not 0 <= value <= LARGEST_OPTION:
            raise NoSuchFault(f"{option} is a whole number from 0 to {LARGEST_OPTION}")
