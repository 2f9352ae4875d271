"""Withdrawals over REST."""

from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces import users
from integrations.marketplaces.models import User
from integrations.marketplaces.rest.views import Endpoint
from integrations.providers.links import NotLinked
from ledger.refusals import InsufficientFunds, NotReady
from withdrawals import over_airtm, payouts, serializers
from withdrawals.models import Withdrawal


class Withdrawals(Endpoint):
    noun = Withdrawal
    takes = serializers.NewWithdrawal
    shows = serializers.WithdrawalOut
    answers = (202,)
    refuses = (NotLinked, over_airtm.NotTheLinked, InsufficientFunds, *users.REFUSALS)
    finds = (User,)
    rehearses = "withdrawal.create"
    filters = {"status": Withdrawal.Status.values, "user_id": None}

    def get(self, request: Request) -> Response:
        """List withdrawals."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Ask for a payout; with `commit` the money is set aside at once."""
        body = self.body()
        user = self.find(body.pop("user_id"), User)
        facts = {"email": body.pop("destination")["email"], "is_committed": body.pop("commit")}
        return self.once(lambda: payouts.request(user, by=self.actor, **facts, **body))


class OneWithdrawal(Endpoint):
    """Show a withdrawal."""

    noun = Withdrawal
    shows = serializers.WithdrawalOut

    def get(self, request: Request, withdrawal_id: str) -> Response:
        return self.show(withdrawal_id)


class Commit(Endpoint):
    """Set the money aside and have it paid."""

    noun = Withdrawal
    shows = serializers.WithdrawalOut
    answers = (202,)
    refuses = (NotReady, InsufficientFunds, *users.REFUSALS)
    rehearses = "withdrawal.commit"

    def post(self, request: Request, withdrawal_id: str) -> Response:
        self.body()
        withdrawal = self.find(withdrawal_id)
        return self.once(lambda: payouts.commit(withdrawal, by=self.actor))
