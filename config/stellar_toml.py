"""`/.well-known/stellar.toml` (SEP-1): what wallets may know of this installation. Public.

No accounts are listed: a user's wallet is nobody's business, and what the platform holds is not
a stranger's either.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from integrations.providers.stellar.networks import network

PAGE = """\
VERSION = "2.7.0"
NETWORK_PASSPHRASE = "{passphrase}"

[DOCUMENTATION]
ORG_NAME = "OFFER-HUB"
ORG_URL = "{url}"

[[CURRENCIES]]
code = "{code}"
issuer = "{issuer}"
desc = "What is held here. The same code of another issuer is not credited."
"""


@require_safe
def show(_request: HttpRequest) -> HttpResponse:
    """The file, readable from every origin, as SEP-1 wants it."""
    here = network()
    page = PAGE.format(
        passphrase=here.passphrase,
        url=settings.PUBLIC_URL,
        code=here.usdc.code,
        issuer=here.usdc.issuer,
    )
    return HttpResponse(
        page,
        content_type="text/plain; charset=utf-8",
        headers={"Access-Control-Allow-Origin": "*"},
    )
