"""Links: the Airtm account of a user, where there is one."""

from typing import cast

from integrations.providers.models import AirtmLink
from ledger.refusals import Refusal


class NotLinked(Refusal):
    """The user has no linked Airtm account."""

    code = "AIRTM_USER_NOT_LINKED"


def of(*, book: int, holder: str) -> AirtmLink:
    """The user's link, once Airtm has confirmed it. Raises `NotLinked`."""
    linked = AirtmLink.objects.of(book).filter(holder=holder, status=AirtmLink.Status.LINKED)
    if (link := linked.first()) is None:
        raise NotLinked
    return cast("AirtmLink", link)
