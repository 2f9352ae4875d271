"""Faults: switched on by API and panel, and spent by the pretended providers one at a time.

What each provider can do wrong stands in its own `faults.py`, and `KNOWN` collects them there
where they are switched on (`integrations/simulators/switches.py`).
"""

from typing import Any

from django.db import transaction

from integrations.simulators.models import Fault


def spend(provider: str, name: str) -> dict[str, Any] | None:
    """The options of a fault that is switched on, and one time less of it; None if it is not."""
    with transaction.atomic():
        rows = Fault.objects.select_for_update().filter(provider=provider, name=name)
        fault = rows.first()
        if fault is None:
            return None
        if fault.times_left == 1:
            rows.filter(pk=fault.pk).delete()
        else:
            rows.filter(pk=fault.pk).update(times_left=fault.times_left - 1)
        return dict(fault.options)


def lasting(provider: str, name: str) -> dict[str, Any] | None:
    """The options of a fault that stays until it is switched off, like a lag; None if it is off."""
    found = Fault.objects.filter(provider=provider, name=name).first()
    return None if found is None else dict(found.options)
