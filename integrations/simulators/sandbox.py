"""Sandbox routes: a marketplace plays the people at the pretended providers of its own book.

A payin or payout is found by its `code`, which is our id of the top-up or withdrawal, inside the
caller's own Airtm account. Nothing here knows what a top-up is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces.rest.fields import Strict
from integrations.marketplaces.rest.views import Endpoint
from integrations.providers import directory
from integrations.simulators.airtm import payins, payouts
from integrations.simulators.airtm.refusals import AirtmRefusal
from integrations.simulators.models import AirtmEnterprise, AirtmPayin, AirtmPayout
from ledger.refusals import Conflict, NotFound

DEFAULT_PAYER = "ada@example.com"

Act = Callable[[UUID], AirtmPayin | AirtmPayout]


@dataclass(frozen=True, slots=True)
class Played:
    """What was played: our id, and what the provider now says of it."""

    NOUN: ClassVar[str] = "sandbox"

    id: str
    status: str

    @property
    def pk(self) -> str:
        return self.id


class Payer(Strict):
    email = serializers.EmailField(required=False, default=DEFAULT_PAYER)


class PlayedOut(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.CharField()
    status = serializers.CharField(help_text="What the provider now says of it.")


class Sandbox(Endpoint):
    """A route that only test keys can see."""

    shows = PlayedOut
    refuses = (NotFound, Conflict, directory.NotConfigured)
    key_required = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.is_live:
            raise NotFound

    def enterprise(self) -> AirtmEnterprise:
        """The caller's own account at the pretended Airtm."""
        account = directory.account(self.book, directory.Provider.AIRTM)
        api_key = directory.credentials(account)["api_key"]
        found = AirtmEnterprise.objects.filter(api_key=api_key).first()
        if found is None:
            raise NotFound
        return found


class Topup(Sandbox):
    """A top-up, as the payer at Airtm sees it."""

    def play(self, topup_id: str, act: Act) -> Response:
        """Do `act` to the payin with this code, once."""
        payin = _coded(self.enterprise().payins.all(), topup_id)
        return self.once(lambda: _played(payin, act))


class ConfirmTopup(Topup):
    """Pay a top-up, as the payer at Airtm."""

    takes = Payer

    def post(self, request: Request, topup_id: str) -> Response:
        email = self.body()["email"]
        return self.play(topup_id, lambda payin: payins.confirm(payin, email=email))


class DeclineTopup(Topup):
    """Decline a top-up, as the payer at Airtm."""

    def post(self, request: Request, topup_id: str) -> Response:
        self.body()
        return self.play(topup_id, payins.cancel)


class Withdrawal(Sandbox):
    """A withdrawal, as Airtm sees it."""

    def play(self, withdrawal_id: str, act: Act) -> Response:
        """Do `act` to the payout with this code, once."""
        self.body()
        payout = _coded(self.enterprise().payouts.all(), withdrawal_id)
        return self.once(lambda: _played(payout, act))


class CompleteWithdrawal(Withdrawal):
    """Pay a withdrawal out, as Airtm."""

    def post(self, request: Request, withdrawal_id: str) -> Response:
        return self.play(withdrawal_id, payouts.complete)


class FailWithdrawal(Withdrawal):
    """Let a withdrawal fail, as Airtm."""

    def post(self, request: Request, withdrawal_id: str) -> Response:
        return self.play(withdrawal_id, payouts.fail)


def _coded(operations: QuerySet[Any], code: str) -> Any:
    operation = operations.filter(code=code).first()
    if operation is None:
        raise NotFound
    return operation


def _played(operation: AirtmPayin | AirtmPayout, act: Act) -> Played:
    try:
        after = act(operation.id)
    except AirtmRefusal as refusal:
        message = f"Airtm refuses: {refusal.message} ({refusal.code})."
        raise Conflict(message, current_status=operation.status) from None
    return Played(str(after.code), after.status)
