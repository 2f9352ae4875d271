"""Withdrawals over REST."""

from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces.models import User
from integrations.marketplaces.rest.fields import Strict
from integrations.marketplaces.rest.views import Endpoint

from . import payouts, serializers
from .models import Withdrawal


class Withdrawals(Endpoint):
    noun = Withdrawal
    filters = {"status": Withdrawal.Status.values, "user_id": None}

    def get(self, request: Request) -> Response:
        return self.list(request)

    def post(self, request: Request) -> Response:
        body = self.body(serializers.NewWithdrawal)
        user = self.find(body.pop("user_id"), User)
        facts = {"email": body.pop("destination")["email"], "is_committed": body.pop("commit")}
        return self.once(
            lambda: payouts.request(user, by=self.actor, **facts, **body), status=lambda _: 201
        )


class OneWithdrawal(Endpoint):
    noun = Withdrawal

    def get(self, request: Request, withdrawal_id: str) -> Response:
        return self.show(withdrawal_id)


class Commit(Endpoint):
    noun = Withdrawal

    def post(self, request: Request, withdrawal_id: str) -> Response:
        self.body(Strict)
        withdrawal = self.find(withdrawal_id)
        return self.once(lambda: payouts.commit(withdrawal, by=self.actor))
