"""Withdrawals over REST."""

from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces import limits, users
from integrations.marketplaces.models import User
from integrations.marketplaces.rest.views import Endpoint
from integrations.providers.links import NotLinked
from ledger.refusals import InsufficientFunds, NotReady
from withdrawals import over_airtm, payouts, serializers
from withdrawals.destinations import NotPayable
from withdrawals.models import Withdrawal


class Withdrawals(Endpoint):
    noun = Withdrawal
    takes = serializers.NewWithdrawal
    shows = serializers.WithdrawalOut
    answers = (202,)
    refuses = (
        NotLinked, over_airtm.NotTheLinked, NotPayable, limits.LimitExceeded, InsufficientFunds,
        *users.REFUSALS,
    )  # fmt: skip
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
        is_committed = body.pop("commit")
        return self.once(
            lambda: payouts.request(user, is_committed=is_committed, by=self.actor, **body)
        )


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
    refuses = (NotReady, limits.LimitExceeded, InsufficientFunds, *users.REFUSALS)
    rehearses = "withdrawal.commit"

    def post(self, request: Request, withdrawal_id: str) -> Response:
        self.body()
        withdrawal = self.find(withdrawal_id)
        return self.once(lambda: payouts.commit(withdrawal, by=self.actor))


class Cancel(Endpoint):
    """Take a withdrawal back where that is still possible.

    On chain this ends once its money was claimed for the payment.
    """

    noun = Withdrawal
    shows = serializers.WithdrawalOut
    answers = (200, 202)
    refuses = (NotReady, *users.REFUSALS)
    rehearses = "withdrawal.cancel"

    def post(self, request: Request, withdrawal_id: str) -> Response:
        self.body()
        withdrawal = self.find(withdrawal_id)
        return self.once(lambda: payouts.cancel(withdrawal, by=self.actor))


class Refresh(Endpoint):
    """Have the provider or the chain asked at once; the answer is how it stands before that."""

    noun = Withdrawal
    shows = serializers.WithdrawalOut
    answers = (202,)
    key_required = False

    def post(self, request: Request, withdrawal_id: str) -> Response:
        self.body()
        withdrawal = self.find(withdrawal_id)
        return self.once(lambda: payouts.refresh(withdrawal))
