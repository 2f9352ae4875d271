"""The OpenAPI document: worked out from what the routes say of themselves."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter

from integrations.marketplaces.rest import documented_refusals as refusals
from integrations.marketplaces.rest import samples
from integrations.marketplaces.rest.documented_fields import exact, in_path, query, whole
from integrations.marketplaces.rest.fields import Strict
from integrations.marketplaces.rest.pagination import LONGEST, USUAL
from integrations.marketplaces.rest.parameters import PREFIXES
from integrations.marketplaces.rest.rehearsals import PARAMETER, RehearsalOut
from integrations.marketplaces.rest.samples import JSON
from ledger.wiring import table, wired

ASKED = {
    "at": "The balance at this moment; now if it is left out.",
    "created_after": "From this moment on.",
    "created_before": "Before this moment.",
    "amount": "What the payer is to find filled in; left to them if it is left out.",
}
MOMENT = {"type": "string", "format": "date-time", "examples": [samples.MOMENT]}
# What is asked for under these names is no moment.
SHAPES = {
    "amount": {
        "type": "string",
        "pattern": r"^[0-9]{1,12}(\.[0-9]{1,7})?$",
        "examples": ["94.70"],
    }
}
HEADERS = {
    "X-RateLimit-Limit": ("integer", "Requests per minute of this key."),
    "X-RateLimit-Remaining": ("integer", "How many of them are left."),
    "X-RateLimit-Reset": ("integer", "When the next minute begins, in Unix seconds."),
    "X-Request-ID": ("string", "The caller's or ours; it is found again on every trace."),
    "Idempotency-Replay": ("string", "`true`: this is the stored answer of an earlier request."),
    "Preference-Applied": ("string", "`wait=N`: the answer was held as preferred."),
    "Retry-After": ("integer", "Seconds after which the same request may succeed, where it may."),
    "WWW-Authenticate": ("string", "`Bearer`"),
}
ALWAYS = ["X-Request-ID", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]
SUCCESSES = {
    200: "What was asked for.",
    201: "It was made.",
    202: "It is under way: somebody else has been asked, and the resource shows what came of it.",
    503: "Requests cannot be served.",
}


class Documented(AutoSchema):
    """Reads the attributes of a route; see `Endpoint` for what they mean."""

    def get_operation_id(self) -> str:
        return operation_id(type(self.view), self.method)

    def get_summary(self) -> str:
        return self._doc().partition("\n")[0]

    def get_description(self) -> str:
        more = self._doc().partition("\n")[2].strip()
        scope = self._scope() and f"Needs a key with the scope `{self._scope()}`."
        return "\n\n".join(part for part in (more, scope) if part)

    def get_request_serializer(self) -> Any:
        return self.view.takes

    def get_response_serializers(self) -> Any:
        return self.view.shows

    def get_override_parameters(self) -> list[OpenApiParameter]:
        if self.method == "POST":
            return [*self._path(), *self._headers(), *(_DRY_RUN if self._rehearses() else [])]
        return [*self._path(), *(self._query() if self.method == "GET" else [])]

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        return str(super().get_serializer_name(serializer, direction)).removesuffix("Out")

    def _doc(self) -> str:
        act = getattr(self.view, self.method.lower()).__doc__ or type(self.view).__doc__
        assert act, f"{type(self.view).__name__} has no docstring to be the summary"
        return "\n".join(line.strip() for line in act.strip().splitlines())

    def _scope(self) -> str:
        return str(self.view.scope_of(self.method)) if hasattr(self.view, "scope_of") else ""

    def _is_list(self) -> bool:
        return bool(self.method == "GET" and getattr(self.view, "filters", None))

    # -- Parameters ---------------------------------------------------------------------------

    def _path(self) -> list[OpenApiParameter]:
        return [
            OpenApiParameter(name, in_path(name), OpenApiParameter.PATH)
            for name in PREFIXES
            if f"{{{name}}}" in self.path
        ]

    def _headers(self) -> list[OpenApiParameter]:
        header = OpenApiParameter.HEADER
        key = OpenApiParameter(
            "Idempotency-Key",
            {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
            header,
            required=self.view.key_required,
            description="The same key with the same request gets the same answer, and one effect."
            + (" A dry run needs none." if self._rehearses() else ""),
        )
        wait = OpenApiParameter(
            "Prefer",
            {"type": "string", "examples": ["wait=10"]},
            header,
            description="`wait=N`: hold the answer until what this starts has ended, or N seconds"
            " (at most 30) are over.",
        )
        return [key, wait] if self.view.can_wait() else [key]

    def _query(self) -> list[OpenApiParameter]:
        filters = getattr(self.view, "filters", None) or {}
        asks = sorted(self.view.asked_of("GET")) if hasattr(self.view, "asked_of") else []
        needed = getattr(self.view, "must_ask", ())
        found = [
            OpenApiParameter(name, query(name, allowed), required=name in needed)
            for name, allowed in filters.items()
        ]
        found += [
            OpenApiParameter(name, SHAPES.get(name, MOMENT), description=ASKED[name])
            for name in asks
        ]
        return found + (_PAGES if filters else [])

    def _get_format_parameters(self) -> list[Any]:
        """`Accept` decides; `?format=` is refused like any other unknown parameter."""
        return []

    # -- Answers ------------------------------------------------------------------------------

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        shown = {str(status): self._success(status) for status in self._answers()}
        refused = {
            str(status): self._refusal(status, codes)
            for status, codes in refusals.of(self.view, self.method, self.path).items()
        }
        return dict(sorted((refused | shown).items()))

    def _rehearses(self) -> bool:
        return self.method == "POST" and bool(getattr(self.view, "rehearses", ""))

    def _answers(self) -> tuple[int, ...]:
        if self._rehearses():
            return tuple(dict.fromkeys((*self.view.answers, 200)))
        return (200,) if self._is_list() or self._is_read() else tuple(self.view.answers)

    def _is_read(self) -> bool:
        return bool(
            self.method == "GET"
            and any(hasattr(self.view, write) for write in ("post", "patch", "delete"))
        )

    def _success(self, status: int) -> dict[str, Any]:
        schema = self.resolve_serializer(self.view.shows, "response").ref
        schema = self._page(schema) if self._is_list() else schema
        if self._rehearses() and status == 200:
            schema = self._rehearsal(schema, is_usual=status in self.view.answers)
        content = {
            kind: {"schema": schema if kind == JSON else {"type": "string"}}
            for kind in self.map_renderers("media_type")
        }
        names = [*ALWAYS, *(["Idempotency-Replay"] if self.method == "POST" else [])]
        if self.method == "POST" and self.view.can_wait():
            names.append("Preference-Applied")
        return self._response(SUCCESSES[status], content, names)

    def _refusal(self, status: int, codes: dict[str, str]) -> dict[str, Any]:
        self._component("Error", ResolvedComponent.SCHEMA, refusals.ERROR)
        for code, message in codes.items():
            self._component(code, ResolvedComponent.EXAMPLE, refusals.example(code, message))
        narrowed = {"properties": {"error": {"properties": {"code": {"enum": sorted(codes)}}}}}
        content = {
            "schema": {"allOf": [{"$ref": "#/components/schemas/Error"}, narrowed]},
            "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in sorted(codes)},
        }
        names = [*ALWAYS, *refusals.HEADERS.get(status, ())]
        told = " ".join(f"`{code}`" for code in sorted(codes))
        response = self._response(told, {JSON: content}, names)
        return self._component("_or_".join(sorted(codes)), ResolvedComponent.RESPONSE, response)

    def _response(self, description: str, content: Any, headers: list[str]) -> dict[str, Any]:
        for name in headers:
            kind, means = HEADERS[name]
            header = {"description": means, "schema": {"type": kind}}
            self._component(name, ResolvedComponent.HEADER, header)
        refs = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
        return {"description": description, "headers": refs, "content": content}

    def _rehearsal(self, resource: dict[str, str], *, is_usual: bool) -> dict[str, Any]:
        """What a dry run answers: the resource's fields beside its own, or its own alone."""
        own, shown = (
            self.resolve_serializer(one, "response") for one in (RehearsalOut, self.view.shows)
        )
        fields = {**shown.schema["properties"], **own.schema["properties"]}
        name = resource["$ref"].rpartition("/")[2] + "Rehearsal"
        beside = self._component(name, ResolvedComponent.SCHEMA, whole(fields))
        return {"anyOf": [*([resource] if is_usual else []), beside, own.ref]}

    def _page(self, item: dict[str, str]) -> dict[str, str]:
        name = item["$ref"].rpartition("/")[2] + "List"
        fields = {
            "data": {"type": "array", "items": item},
            "has_more": {"type": "boolean"},
            "next_cursor": {"type": ["string", "null"]},
        }
        return self._component(name, ResolvedComponent.SCHEMA, whole(fields))

    def _component(self, name: str, kind: str, schema: Any) -> dict[str, str]:
        component = ResolvedComponent(name=name, type=kind, schema=schema, object=name)
        self.registry.register_on_missing(component)
        return dict(component.ref)

    # -- Fields -------------------------------------------------------------------------------

    def _map_serializer_field(self, field: Any, *arguments: Any, **options: Any) -> Any:
        return exact(super()._map_serializer_field(field, *arguments, **options), field)

    def _postprocess_serializer_schema(self, schema: Any, serializer: Any, direction: Any) -> Any:
        """A body takes no other fields; an answer always has all of its own."""
        own = type(serializer).__dict__.get("__doc__")
        described = {"description": own} if own else {}
        if isinstance(serializer, Strict):
            schema = schema | ({"additionalProperties": False} if schema.get("properties") else {})
            return {k: v for k, v in schema.items() if k != "description"} | described
        return whole(schema["properties"] | self._parts(serializer)) | described

    def _parts(self, serializer: Any) -> dict[str, Any]:
        """The fields that the rooms above add to this resource."""
        model = getattr(getattr(serializer, "Meta", None), "model", None)
        found: dict[str, Any] = {}
        for part in table("PARTS").get(getattr(model, "NOUN", ""), ()):
            found |= self._map_basic_serializer(wired(part), "response")["properties"]
        return found


class KeyScheme(OpenApiAuthenticationExtension):
    """How the document tells of `BearerKey`."""

    target_class = "integrations.marketplaces.rest.authentication.BearerKey"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "ohk_live_…, ohk_test_… or ohk_tok_…",
            "description": "An API key of a marketplace, or a token minted from one. Scopes:"
            " `read`, `write`, `support`, `admin`; each operation names the one that it needs.",
        }

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        return {self.name: [auto_schema._scope()]}


def operation_id(view: type, method: str) -> str:
    """`listOrders`, `createOrder`, `getOrder`, `updateUser`, `checkoutOrder`."""
    noun = getattr(view, "noun", None)
    own, of = view.__name__.removeprefix("One"), noun.__name__ if noun else ""
    subject = of if own in of else own if of in own else of + own
    if method in _WRITES and (hasattr(view, "get") or method != "POST"):
        return _WRITES[method] + (of or own)
    if method == "POST":
        return own[0].lower() + own[1:] + (of if of not in own else "")
    return ("list" if getattr(view, "filters", None) and own.endswith("s") else "get") + subject


_WRITES = {"POST": "create", "PATCH": "update", "DELETE": "delete"}
_PAGES = [
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": LONGEST, "default": USUAL},
        description="How many at most.",
    ),
    OpenApiParameter(
        "cursor", {"type": "string"}, description="The `next_cursor` of the page before."
    ),
]
_DRY_RUN = [
    OpenApiParameter(
        PARAMETER,
        {"type": "string", "enum": ["true", "false"]},
        description="`true`: the same code, and nothing of it stays. Answers 200 with the resource"
        " as it would be, what would move now and on the outcome, and the refusal if there is one.",
    )
]
