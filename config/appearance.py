"""How the operators' site looks: unfold's settings."""

from typing import Any

from django.templatetags.static import static

# A dict under this very name in the settings, since unfold takes the name for itself.
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "OFFER-HUB",
    "SITE_HEADER": "OFFER-HUB",
    "SITE_SUBHEADER": "Back office",
    "SITE_SYMBOL": "account_balance",
    "SITE_URL": None,  # there is no other site to view
    "SITE_FAVICONS": [{"rel": "icon", "href": "data:,"}],
    "STYLES": [lambda _request: static("ledger/backoffice.css")],
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": "config.backoffice.installation",
    "SIDEBAR": {"show_search": False, "navigation": "config.backoffice.navigation"},
    "ACCOUNT": {"navigation": [{"title": "Second factor", "link": "/admin/second-factor/"}]},
}
