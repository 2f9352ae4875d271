"""What every route shares: the tenant, the actor, finding a row, and writing exactly once."""

import json
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from integrations.marketplaces import audit, idempotency, maintenance, pace
from integrations.marketplaces.models import ApiKey, Marketplace, Mode, Scope
from integrations.marketplaces.rest import authentication, rehearsals, requests, waiting
from integrations.marketplaces.rest.fields import Strict, checked
from integrations.marketplaces.rest.pagination import PERIOD, is_dated, page, refuse_parameters
from ledger import lastly
from ledger.events import Actor, present, present_all
from ledger.refusals import NotFound, Refused


class Endpoint(APIView):
    """A route about one noun. What it says of itself here is what the OpenAPI document says.

    `scope` overrides the usual `read` and `write`; `takes`, `answers` and `key_required` are about
    a write; `refuses` is about the write, or the GET of a route that has no other method.
    """

    noun: ClassVar[Any] = None
    makes: ClassVar[Any] = None  # what a write answers with, where that is not its noun
    scope: ClassVar[str] = ""
    takes: ClassVar[type[Serializer[Any]]] = Strict  # the body; this one has no fields
    shows: ClassVar[type[Serializer[Any]]]  # the resource that is answered
    answers: ClassVar[tuple[int, ...]] = (200,)  # the statuses of success, the usual one first
    refuses: ClassVar[tuple[type[Refused], ...]] = ()  # what the operation behind it raises
    finds: ClassVar[tuple[Any, ...]] = ()  # nouns beside its own that a request names
    key_required: ClassVar[bool] = True  # must a POST bring an Idempotency-Key?
    rehearses: ClassVar[str] = ""  # `noun.act` of a money POST: it takes `?dry_run=true`
    secrets: ClassVar[tuple[str, ...]] = ()  # fields that are shown once and never stored
    goes_on: ClassVar[bool] = False  # also under maintenance
    filters: ClassVar[dict[str, Any]] = {}  # what a list is narrowed by
    asks: ClassVar[set[str]] = set()  # what else a GET may say in its address
    must_ask: ClassVar[set[str]] = set()  # which filters it cannot do without

    @classmethod
    def can_wait(cls) -> bool:
        """Whether what a write answers with may be under way, so that `Prefer: wait` means it."""
        return hasattr(cls.makes or cls.noun, "under_way")

    @classmethod
    def scope_of(cls, method: str) -> str:
        """The scope that a key needs for this method."""
        return cls.scope or (Scope.READ if method in _SAFE else Scope.WRITE)

    @classmethod
    def asked_of(cls, method: str) -> set[str]:
        """What the address may say with this method, beside filters and pages."""
        if method == "POST":
            return {rehearsals.PARAMETER} if cls.rehearses else set()
        is_dated_list = cls.filters and cls.noun and is_dated(cls.noun)
        return cls.asks | (set(PERIOD) if is_dated_list else set()) if method in _SAFE else set()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nothing in an address is ignored: what we do not know, or no id can hold, is refused."""
        # What this request has found, as it stood before: for the audit entry, and for the pace.
        self._found: dict[str, dict[str, Any]] = {}
        super().initial(request, *args, **kwargs)
        if any("\0" in given for given in kwargs.values()):
            raise missing(self.noun) if self.noun else NotFound
        refuse_parameters(request, filters=self.filters, asks=self.asked_of(str(request.method)))
        if request.method not in _SAFE and not self.goes_on:
            maintenance.refuse()

    @property
    def key(self) -> ApiKey:
        key: ApiKey = self.request.auth
        return key

    @property
    def marketplace(self) -> Marketplace:
        return self.key.marketplace

    @property
    def is_live(self) -> bool:
        return bool(self.key.mode == Mode.LIVE)

    @property
    def book(self) -> int:
        return int(self.marketplace.book_id)

    @property
    def actor(self) -> Actor:
        return Actor(f"key:{self.key.pk}", request_id=self.request._request.id)  # type: ignore[attr-defined]

    def find(self, pk: str, noun: Any = None) -> Any:
        """The caller's own row, or a 404 – also for another marketplace's."""
        [row] = self.find_all([pk], noun or self.noun)
        return row

    def find_all(self, pks: Sequence[str], noun: Any) -> Sequence[Any]:
        """Several of the caller's own rows, in this order, or a 404."""
        rows = {row.pk: row for row in noun.objects.of(self.book).filter(pk__in=pks)}
        if not set(pks) <= set(rows):
            raise missing(noun)
        for pk in pks:
            self._found.setdefault(str(pk), audit.columns(rows[pk]))
        return [rows[pk] for pk in pks]

    def rows(self) -> Any:
        """What a list of the caller's own is taken from."""
        return self.noun.objects.of(self.book)

    def show(self, pk: str) -> Response:
        """Answer one resource."""
        return Response(present(self.find(pk)))

    def list(self, request: Request) -> Response:
        """Answer one page of the caller's rows."""
        found = page(request, self.rows(), lambda row: row, filters=self.filters)
        return Response({**found, "data": present_all(found["data"])})

    def body(self) -> dict[str, Any]:
        """The validated body."""
        return checked(self.takes, self.request.data)

    def once(
        self, act: Callable[[], Any], *, status: Callable[[Any], int] | None = None
    ) -> Response:
        """Run `act`, which returns the resource, in one transaction with its idempotency key.

        The entry in the audit log joins it. With `?dry_run=true` nothing of it stays.
        """
        self._keep_pace()
        if rehearsals.is_asked(self.request):
            return Response(rehearsals.rehearse(act, of=self.rehearses, book=self.book))
        with transaction.atomic(), lastly.together():
            row = self._key_row()
            if row is not None and row.status is not None:
                response, resource_id = self._replay(row), row.resource_id
            else:
                resource = act()
                usual = status(resource) if status else self.answers[0]
                response, resource_id = self._answer(resource, usual), str(resource.pk)
                self._write_down(row, resource, response)
        return self._waited(response, resource_id)

    def _keep_pace(self) -> None:
        """An act on somebody's money counts for that user, too. Raises `RateLimited`."""
        for facts in self._found.values() if self.request.method == "POST" else ():
            if user := _whose(facts):
                self._count_for(user)
                return

    def _count_for(self, user: str) -> None:
        """The answer's headers are about the key, and about the user where theirs is used up."""
        limit = settings.RATE_LIMIT_PER_USER
        try:
            pace.spend(f"user:{user}", limit=limit)
        except pace.RateLimited as refusal:
            self.request._request.standing = authentication.used_up(limit)  # type: ignore[attr-defined]
            refusal.message = "Too many acts on this user's money in this minute."
            refusal.details["user_id"] = user
            raise

    def _key_row(self) -> Any:
        given = self.request.headers.get("Idempotency-Key")
        if self.request.method != "POST" or (given is None and not self.key_required):
            return None
        key = idempotency.checked(given)
        print_ = idempotency.fingerprint(
            str(self.request.method), self.request.get_full_path(), self.request.data
        )
        return idempotency.begin(self.marketplace, key, print_)

    def _replay(self, row: Any) -> Response:
        response = Response(json.loads(row.answer), status=row.status)
        response["Idempotency-Replay"] = "true"
        return response

    def _answer(self, resource: Any, status: int) -> Response:
        return Response(present(resource), status=202 if _under_way(resource) else status)

    def _write_down(self, row: Any, resource: Any, response: Response) -> None:
        pk, answered = str(resource.pk), response.data
        if row is not None:
            kept = {**answered, **dict.fromkeys(self.secrets)}
            text = JSONRenderer().render(kept).decode()
            status = response.status_code
            idempotency.finish(row, status=status, answer=text, resource_id=pk)
        audit.record(
            book=self.book,
            act=f"{self.request.method} {requests.route(self.request._request)}",
            by=self.actor,
            subject=pk,
            before=self._found.get(pk),
            after=audit.columns(resource),
            origin=requests.origin(self.request._request),
        )

    def _waited(self, response: Response, resource_id: str) -> Response:
        seconds = waiting.preferred(self.request)
        if not seconds or not self.can_wait():
            return response
        resource = waiting.until_ended(lambda: self.find(resource_id), seconds=seconds)
        if resource is not None:
            response.data = present(resource)
            response["Preference-Applied"] = f"wait={seconds}"
        return response


def missing(noun: Any) -> NotFound:
    """The 404 of a noun, with its own code."""
    error = NotFound(f"There is no such {noun.NOUN.replace('_', ' ')}.")
    error.code = f"{noun.NOUN.upper()}_NOT_FOUND"
    return error


def _under_way(resource: Any) -> bool:
    return bool(getattr(resource, "under_way", False))


def _whose(facts: dict[str, Any]) -> str:
    """The user whose act it is, by the columns of what the request names."""
    own = facts.get("id", "")
    return str(facts.get("user_id") or facts.get("buyer_id") or (own if own[:4] == "usr_" else ""))


_SAFE = {"GET", "HEAD", "OPTIONS"}
