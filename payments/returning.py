"""Where a browser goes after Airtm's page: to an address of ours, and on to the marketplace's.

A browser that comes back proves nothing: nothing is credited, changed or even looked up for it.
"""

from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings

from integrations.marketplaces.models import Marketplace
from ledger.refusals import Invalid
from payments.models import TopUp

LOCAL = {"localhost", "127.0.0.1", "::1"}


class AddressRefused(Invalid):
    """A return address is an https address on one of the marketplace's return hosts."""

    code = "RETURN_ADDRESS_REFUSED"


def require_allowed(address: str, *, field: str, book: int) -> None:
    """Refuse to send anybody to a foreign host. An empty address is fine: our own page serves.

    Raises `AddressRefused`.
    """
    if address and not is_allowed(address, book=book):
        raise AddressRefused(field=field, hosts=_hosts(book))


def is_allowed(address: str, *, book: int) -> bool:
    """Whether browsers of this marketplace may be sent there, as its settings are now."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").rstrip(".")
        parts.port  # noqa: B018 – raises where it is none
    except ValueError:
        return False
    if "@" in parts.netloc or "\\" in address or not address.isprintable() or " " in address:
        return False  # browsers and libraries disagree about whose host that is
    if settings.SANDBOX and parts.scheme == "http" and host in LOCAL:
        return True
    return parts.scheme == "https" and host in _hosts(book)


def addresses(topup: TopUp) -> dict[str, str]:
    """What Airtm is told: our own routes, which know the top-up by its id."""
    base = f"{settings.PUBLIC_URL}/api/v1/topups/{topup.id}"
    return {"return_url": f"{base}/returned", "cancel_url": f"{base}/declined"}


def onward(topup: TopUp, *, address: str) -> str:
    """`address` with the top-up's id; empty where the marketplace has none that is allowed."""
    if not address or not is_allowed(address, book=topup.book_id):
        return ""
    parts = urlsplit(address)
    query = "&".join(filter(None, (parts.query, urlencode({"topup_id": topup.id}))))
    return urlunsplit(parts._replace(query=query))


def _hosts(book: int) -> list[str]:
    hosts: list[str] = Marketplace.objects.values_list("return_hosts", flat=True).get(book_id=book)
    return hosts
