"""Choosing: marketplaces as operators name them at the command line."""

from integrations.marketplaces.models import Marketplace
from ledger.asking import Unaskable


def marketplaces(name: str | None) -> list[Marketplace]:
    """The one with this id or name, or all of them. Raises `Unaskable`."""
    rows = Marketplace.objects.order_by("pk")
    found = [one for one in rows if name is None or name in (one.pk, one.name)]
    if name is not None and len(found) != 1:
        raise Unaskable(f"there is not exactly one marketplace {name!r}")
    return found
