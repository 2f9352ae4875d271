"""Sandbox routes: a marketplace plays the people at its own pretended Airtm.

A payin or payout is found by its `code`, which is our id of the top-up or withdrawal, inside the
caller's own Airtm account. Nothing here knows what a top-up is.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces.rest.fields import Strict
from integrations.providers import directory
from integrations.simulators.airtm import payins, payouts
from integrations.simulators.airtm.refusals import AirtmRefusal
from integrations.simulators.models import AirtmEnterprise, AirtmPayin, AirtmPayout
from integrations.simulators.sandbox import Played, Sandbox
from ledger.refusals import Conflict, NotFound

DEFAULT_PAYER = "ada@example.com"

Act = Callable[[UUID], AirtmPayin | AirtmPayout]


class Payer(Strict):
    email = serializers.EmailField(required=False, default=DEFAULT_PAYER)


class AtAirtm(Sandbox):
    """A route that plays somebody at the pretended Airtm."""

    def enterprise(self) -> AirtmEnterprise:
        """The caller's own account at the pretended Airtm."""
        account = directory.account(self.book, directory.Provider.AIRTM)
        api_key = directory.credentials(account)["api_key"]
        found = AirtmEnterprise.objects.filter(api_key=api_key).first()
        if found is None:
            raise NotFound
        return found


class Topup(AtAirtm):
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


class Withdrawal(AtAirtm):
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
