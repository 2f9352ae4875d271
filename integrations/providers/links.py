"""Links: the Airtm account of a user, where there is one."""

from integrations.providers.models import AirtmLink
from ledger.refusals import Refusal


class NotLinked(Refusal):
    """The user has no linked Airtm account."""

    code = "AIRTM_USER_NOT_LINKED"


def of(*, book: int, holder: str) -> AirtmLink:
    """The user's link, once Airtm has confirmed it. Raises `NotLinked`."""
    link: AirtmLink | None = AirtmLink.objects.of(book).filter(holder=holder).first()
    if link is None:
        raise NotLinked
    if link.status != link.Status.LINKED:
        raise NotLinked(status=link.status, refusal=link.refusal)
    return link
