"""Records in the back office: lists and pages that are read, and never written.

A field's type decides how it is shown (`display.py`), so an app's `admin.py` says only which
columns a list has. The rooms above are not known here: the site tells a record's story.
"""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.contrib.admin import ShowFacets, SimpleListFilter
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin

from ledger.models import Book

from .display import NOTHING, Ids, in_short, linked, shown, with_title

Column = Callable[[Any], Any]
ANY_BOOK = {"book__in": Book.objects.values("pk")}  # where an index begins with the book
QUEUE = "queue"  # the parameter of a list that shows what the desk has counted
MOST_COUNTED = 10_000  # rows of a list; nobody pages further

# What every record has comes after what is its own; a status comes right after the id.
_LAST = ("book", "created_at", "status_since", "wake_at")


class MoreThanThat(int):
    """A count that was given up, and says so where it is shown."""

    def __str__(self) -> str:
        return f"more than {int(self):,}"


class ShortCounts(Paginator):  # type: ignore[type-arg]
    """Counts no further than anybody pages: the whole of a large table takes a second."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        found = int(rows.order_by()[: MOST_COUNTED + 1].count())
        return MoreThanThat(MOST_COUNTED) if found > MOST_COUNTED else found


class RecordAdmin(ModelAdmin):  # type: ignore[misc]
    """A record: who may see it reads it, and nobody adds, changes or deletes it here."""

    hidden: ClassVar[tuple[str, ...]] = ()  # fields that no page shows; binary ones never are
    # Column → what an index of it begins with: all of few values, named when it is searched.
    behind: ClassVar[dict[str, dict[str, Any]]] = {}
    also: ClassVar[tuple[str, ...]] = ()  # methods whose answers the page shows beside the fields
    sheet: ClassVar[str] = ""  # a template that the page shows above the fields, fed by `told`
    tells_a_story: ClassVar[bool] = False  # whether the page ends with its trail's timeline

    actions = None
    ordering = ("-pk",)
    list_per_page = 50
    paginator = ShortCounts
    show_full_result_count = False  # a second count of the whole table
    show_facets = ShowFacets.NEVER  # a count of it for every choice of every filter
    empty_value_display = NOTHING
    change_form_outer_before_template = "admin/head.html"
    change_form_outer_after_template = "admin/timeline.html"

    def __init__(self, model: type[models.Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)
        self.list_select_related = [
            field.name for field in map(self._field, self.list_display) if _refers(field)
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        first, *others = self.list_display  # the first one leads to the record's page
        return [
            self._column(first, with_title),
            *(self._column(name, in_short) for name in others),
        ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What has a value; a page that says twenty times that there is none tells nothing."""
        fields = sorted(filter(self._is_shown, self.model._meta.fields), key=_place)
        fields = [field for field in fields if obj is None or not _is_empty(field, obj)]
        names = [field.name for field in fields]
        wide = [name for name in names if _is_wide(self._field(name))]
        narrow = [name for name in names if name not in wide]
        rows = [(narrow[0],), *_in_pairs(narrow[1:]), *((name,) for name in [*wide, *self.also])]
        shown = [tuple(self._column(name, linked) for name in row) for row in rows]
        return [(None, {"fields": shown})]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [*self.list_filter, InQueue]

    def get_queryset(self, request: HttpRequest) -> Any:
        """A record's own page shows whatever it refers to: fetched along."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        if match is None or not str(match.url_name).endswith("_change"):
            return rows
        return rows.select_related(*(f.name for f in self.model._meta.fields if _refers(f)))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Each place is searched by itself, by its index; an OR over several would read them all.

        The text is one name, whatever blanks it has.
        """
        text = search_term.strip().replace("\0", "")
        if not text or not self.search_fields:
            return queryset, False
        first, *others = (self.named(place, text).values("pk") for place in self.search_fields)
        return queryset.filter(pk__in=first.union(*others)), False

    def named(self, place: str, text: str) -> models.QuerySet[Any]:
        """The records that have this text in this place, found by an index."""
        behind = self.behind.get(place.removesuffix("__exact"), {})
        rows: models.QuerySet[Any] = self.model._base_manager.filter(**{place: text}, **behind)
        return rows.order_by()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        answer = super().changelist_view(request, extra_context)
        self.admin_site.viewed(request, self.model)
        return answer

    def told(self, record: Any) -> dict[str, Any]:
        """What the page's own `sheet` shows."""
        return {}

    def render_change_form(self, request: HttpRequest, context: Any, **options: Any) -> Any:
        context["show_history"] = False  # the record's history is its timeline
        context["buttons"] = self.admin_site.buttons(options["obj"], operator=request.user)
        self.admin_site.viewed(request, self.model, options["obj"])
        context |= {"sheet": self.sheet} | self.told(options["obj"])
        if self.tells_a_story:
            context |= self.admin_site.story(options["obj"], operator=request.user)
        return super().render_change_form(request, context, **options)

    def _is_shown(self, field: Any) -> bool:
        return not isinstance(field, models.BinaryField) and field.name not in self.hidden

    def _field(self, name: Any) -> Any:
        return next((field for field in self.model._meta.fields if field.name == name), None)

    def _column(self, name: str, ids: Ids) -> Any:
        field = self._field(name)
        return name if field is None else column(field, ids)


class InQueue(SimpleListFilter):
    """What waits on the desk: the very rows that it has counted."""

    title = "waits on the desk"
    parameter_name = QUEUE

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        self.queues = model_admin.admin_site.queues_of(model)
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, title) for name, (title, _) in self.queues.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if (name := self.value()) is None:
            return queryset
        return queryset.filter(self.queues[name][1]) if name in self.queues else queryset.none()


def one_of(field: str, known: Callable[[], Iterable[str]]) -> type[SimpleListFilter]:
    """A filter whose choices are known; Django would read the whole table for them."""

    class OneOf(SimpleListFilter):
        title = field
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
            return [(value, value) for value in known()]

        def queryset(self, request: HttpRequest, queryset: Any) -> Any:
            return queryset.filter(**{field: self.value()}) if self.value() else queryset

    return OneOf


def column(field: Any, ids: Ids) -> Column:
    """A field as a column of a list or a line of a page, under its own name and order."""

    def show(row: Any) -> Any:
        return shown(field, row, ids)

    show.__name__ = field.name
    show.short_description = field.verbose_name  # type: ignore[attr-defined]
    show.admin_order_field = field.name  # type: ignore[attr-defined]
    if isinstance(field, models.BooleanField):
        show.boolean = True  # type: ignore[attr-defined]
    return show


def _refers(field: Any) -> bool:
    return isinstance(field, models.ForeignKey)


def _place(field: Any) -> int:
    """Where a field stands on a page, next to others of its rank in the model's own order."""
    if field.primary_key or field.name == "status":
        return 0 if field.primary_key else 1
    return 3 + _LAST.index(field.name) if field.name in _LAST else 2


def _is_empty(field: Any, row: models.Model) -> bool:
    return getattr(row, field.attname) in (None, "", [], {})


def _is_wide(field: Any) -> bool:
    return isinstance(field, models.JSONField | models.TextField)


def _in_pairs(names: list[str]) -> list[tuple[str, ...]]:
    return [tuple(names[place : place + 2]) for place in range(0, len(names), 2)]
