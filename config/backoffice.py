"""The operators' site: the rooms in the order in which money passes them, and a record's story."""

from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import path, reverse
from unfold.sites import UnfoldAdminSite

from ledger.wiring import wired

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

        factor = super().admin_view(wired("config.factors.page"))
        decide = "decide/<slug:name>/<str:subject>/"
        return [
            path(decide, self.admin_view(decisions.page), name="decide"),
            path("search/", self.admin_view(search.page), name="search"),
            path("second-factor/", factor, name="second-factor"),
            *super().get_urls(),
        ]

    def has_permission(self, request: HttpRequest) -> bool:
        """An operator whose session has not lasted too long."""
        return super().has_permission(request) and not wired("config.entrance.is_over")(request)

    def admin_view(self, view: Any, cacheable: Any = False) -> Any:  # noqa: FBT002 – as Django has it
        """Nothing is shown before the second factor, where one is owed."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            is_leaving = request.path == reverse("admin:logout")
            if not is_leaving and wired("config.factors.is_owed")(request):
                return redirect("admin:second-factor")
            return inner(request, *args, **kwargs)

        return guarded

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Written down when it succeeds; the form writes down what fails."""
        self.login_form = wired("config.entrance.Login")
        self.login_template = "admin/enter.html"
        answer = super().login(request, extra_context)
        if request.method == "POST" and request.user.is_authenticated:
            wired("config.entrance.entered")(request)
        return answer

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        wired("config.entrance.left")(request)
        return super().logout(request, extra_context)

    def viewed(self, request: HttpRequest, kind: Any, record: Any = None) -> None:
        """Somebody has read a record, or a list of such records."""
        wired("config.trails.viewed")(request, kind, record)

    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The desk: work first, then the records."""
        from config import desk  # noqa: PLC0415

        shown = desk.page() if desk.may_see(request.user) else None
        return super().index(request, {**(extra_context or {}), "desk": shown})

    def queues_of(self, kind: Any) -> dict[str, Any]:
        """What waits on the desk of one kind of record: name → title, and which rows."""
        told: dict[str, Any] = wired("config.desk.queues_of")(kind)
        return told

    def buttons(self, record: Any, *, operator: Any) -> list[dict[str, Any]]:
        """What this operator may decide about a record now."""
        from config import decisions  # noqa: PLC0415

        return decisions.buttons(record, operator=operator)

    def story(self, record: Any, *, operator: Any) -> dict[str, Any]:
        """What a record's page tells beside its fields: who stands where, and what happened."""
        # Here, since the site exists before the models are loaded.
        from config import parties, relatives, timeline  # noqa: PLC0415

        who, found = parties.of(record), timeline.findings(record)
        return {
            "parties": who,
            "totals": parties.totals(record, who),
            "relatives": relatives.of(record, found=found, operator=operator),
            "timeline": timeline.of(record, found=found),
        }


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
