"""The operators' site: the rooms in the order in which money passes them, and a record's story."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import path
from unfold.sites import UnfoldAdminSite

# App → what its room is called; the order of the navigation and of the index.
ROOMS = {
    "payments": "Money in and orders",
    "escrow": "Money held",
    "withdrawals": "Money out",
    "marketplaces": "Marketplaces and users",
    "providers": "Providers",
    "ledger": "The record",
    "auth": "Operators",
}
_LARGE = 3  # a room with more kinds of record than that is folded in the side bar


class Site(UnfoldAdminSite):
    """Records are read here; whoever decides does so through the functions that the API calls."""

    index_title = "Desk"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The rooms with the records that the operator may see."""
        seen = {room["app_label"]: room for room in super().get_app_list(request, app_label)}
        return [seen[label] | {"name": ROOMS[label]} for label in ROOMS if label in seen]

    def get_urls(self) -> list[Any]:
        """Beside the records: one page for every decision, and one search."""
        from config import decisions, search  # noqa: PLC0415 – as above

        decide = "decide/<slug:name>/<str:subject>/"
        return [
            path(decide, self.admin_view(decisions.page), name="decide"),
            path("search/", self.admin_view(search.page), name="search"),
            *super().get_urls(),
        ]

    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The desk: work first, then the records."""
        from config import desk  # noqa: PLC0415

        return super().index(request, {**(extra_context or {}), "desk": desk.page()})

    def buttons(self, record: Any, *, operator: Any) -> list[dict[str, str]]:
        """What this operator may decide about a record now."""
        from config import decisions  # noqa: PLC0415

        return decisions.buttons(record, operator=operator)

    def story(self, record: Any) -> dict[str, Any]:
        """What a record's page tells beside its fields: who stands where, and what happened."""
        # Here, since the site exists before the models are loaded.
        from config import parties, timeline  # noqa: PLC0415

        who = parties.of(record)
        return {"parties": who, "totals": parties.totals(who), "timeline": timeline.of(record)}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The side bar: one group per room."""
    from django.contrib import admin  # noqa: PLC0415 – this module makes its site

    return [
        {
            "title": room["name"],
            "collapsible": len(room["models"]) > _LARGE,
            "items": [
                {"title": kind["name"], "link": kind["admin_url"]} for kind in room["models"]
            ],
        }
        for room in admin.site.get_app_list(request)
    ]


def installation(_request: HttpRequest) -> list[str]:
    """The label at the top that says whether this is real money."""
    return ["Live", "danger"] if settings.MODE == "live" else ["Sandbox", "info"]
