"""Trouble: a fault of `faults.py` strikes, if it is switched on and meant for this request."""

from typing import Any

from integrations.simulators import faults

PROVIDER = "trustlesswork"


def spend(name: str, *, about: str) -> dict[str, Any] | None:
    """The fault's options, and one time less of it; None unless it is on, and `about` in `only`.

    `about` is the path of the request or, of what is built, the contract's function. A fault whose
    option `only` names a part of it strikes there and nowhere else.
    """
    options = faults.lasting(PROVIDER, name)
    if options is None or str(options.get("only", "")) not in about:
        return None
    return faults.spend(PROVIDER, name)
