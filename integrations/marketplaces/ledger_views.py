"""The record over REST: balances, statements, accounts, transfers and the trial balance."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces import ledger_serializers as serializers
from integrations.marketplaces import ledger_shapes as shapes
from integrations.marketplaces.models import Scope, User
from integrations.marketplaces.rest import moments, pagination
from integrations.marketplaces.rest.pagination import limit_of, listed, opened, page
from integrations.marketplaces.rest.parameters import InvalidParameter, require_one_of, wrong
from integrations.marketplaces.rest.views import Endpoint, missing
from ledger import spreadsheets, statements
from ledger.balances import InvalidMoment, NoSuchAccount
from ledger.chart import CHART, OWNED
from ledger.chart import Account as Name
from ledger.models import Account, Transfer
from ledger.statements import Line, Place, Statement

PERIOD = set(pagination.PERIOD)
_PAGED = {"limit", "cursor"}


class Balance(Endpoint):
    """Show what is a user's, now or at a moment."""

    noun = User
    shows = shapes.BalanceOut
    refuses = (InvalidMoment,)
    asks = {"at"}

    def get(self, request: Request, user_id: str) -> Response:
        # The accounts tell who there is, since a user has them from the first moment on.
        at = moments.up_to(request, "at")
        try:
            return Response(serializers.balance(self.book, user_id, at=at))
        except NoSuchAccount as error:
            raise missing(User) from error


class TrialBalance(Endpoint):
    """Show every kind of account of the book, now or at a moment."""

    scope = Scope.SUPPORT
    shows = shapes.TrialBalanceOut
    refuses = (InvalidMoment,)
    asks = {"at"}

    def get(self, request: Request) -> Response:
        return Response(serializers.trial_balance(self.book, at=moments.up_to(request, "at")))


class Accounts(Endpoint):
    """List the accounts of the book."""

    scope = Scope.SUPPORT
    shows = shapes.AccountOut
    filters = {"kind": CHART, "subject": None, "owner": None}

    def get(self, request: Request) -> Response:
        rows = Account.objects.of(self.book)
        return Response(page(request, rows, serializers.account, filters=self.filters))


class Transfers(Endpoint):
    """List what was posted, each transfer with its entries."""

    scope = Scope.SUPPORT
    shows = shapes.TransferOut
    filters = {"kind": None, "cause": None, "trail": None}
    asks = PERIOD

    def get(self, request: Request) -> Response:
        rows = Transfer.objects.of(self.book).prefetch_related("entries__account")
        return Response(page(request, rows, serializers.transfer, filters=self.filters))


class Csv(BaseRenderer):
    """`Accept: text/csv`. It only takes part in the choice: the view streams the lines itself."""

    media_type = "text/csv"
    format = "csv"


class Stated(Endpoint):
    """A statement, as pages of JSON or as one CSV file."""

    shows = shapes.StatementLineOut
    renderer_classes = [JSONRenderer, Csv]

    def answer(self, request: Request, statement: Statement, *, name: str) -> HttpResponseBase:
        if isinstance(request.accepted_renderer, Csv):
            if pages := _PAGED & set(request.query_params):
                raise wrong("A CSV file is whole, without pages", pages)
            return _file(statement, name=name)
        limit = limit_of(request)
        found = statement.page(limit=limit + 1, below=_below(request))
        return Response(listed(found, limit=limit, show=serializers.line, place=_cursor))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """A refusal is told in JSON, whatever was asked for."""
        if isinstance(response, Response):
            request.accepted_renderer = JSONRenderer()
            request.accepted_media_type = JSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)


class UserStatement(Stated):
    """Show what moved on a user's accounts, as JSON or CSV."""

    noun = User
    filters = {"account": OWNED}
    asks = PERIOD

    def get(self, request: Request, user_id: str) -> HttpResponseBase:
        user = self.find(user_id)
        kinds = (kind,) if (kind := _chosen(request, OWNED)) else OWNED
        statement = statements.of_owner(self.book, user.id, kinds=kinds, **_period(request))
        return self.answer(request, statement, name=user.id)


class AccountStatement(Stated):
    """Show what moved on any account of the book, as JSON or CSV."""

    scope = Scope.SUPPORT
    refuses = (NoSuchAccount,)
    must_ask = {"account"}
    filters = {"account": CHART, "subject": None}
    asks = PERIOD

    def get(self, request: Request) -> HttpResponseBase:
        if (kind := _chosen(request, CHART)) is None:
            raise InvalidParameter(
                "account must say which kind it is about.",
                parameter="account", allowed=sorted(CHART),
            )  # fmt: skip
        name = Name(kind, request.query_params.get("subject", ""))
        statement = statements.of_account(self.book, name, **_period(request))
        return self.answer(request, statement, name=" ".join(name[:2]).strip())


def _chosen(request: Request, kinds: Collection[str]) -> str | None:
    """The kind of account that the address names, if any."""
    kind = request.query_params.get("account")
    if kind is not None:
        require_one_of("account", kind, kinds)
    return kind


def _period(request: Request) -> dict[str, datetime | None]:
    """From the one moment on, and before the other, so that months neither overlap nor part."""
    since, before = (moments.asked(request, name) for name in ("created_after", "created_before"))
    return {"since": since, "before": before}


def _below(request: Request) -> Place | None:
    cursor = opened(request, shape=r"\d{1,16}\.\d{1,18}\.\d{1,18}")
    return Place(*map(int, cursor.split("."))) if cursor else None


def _cursor(line: Line) -> str:
    return ".".join(map(str, line.place))


def _file(statement: Statement, *, name: str) -> StreamingHttpResponse:
    """The whole statement as a download that is read and sent piece by piece."""
    lines = spreadsheets.statement(statement.lines())
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8; header=present",
        headers={
            "Content-Disposition": content_disposition_header(
                as_attachment=True, filename=f"{name}.csv"
            )
        },
    )
