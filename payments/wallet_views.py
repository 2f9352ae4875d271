"""A user's wallet, the page to pay into it, and what passed through it, over REST."""

from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces.models import User
from integrations.marketplaces.rest.pagination import page
from integrations.marketplaces.rest.views import Endpoint
from integrations.providers.models import ChainMovement, Wallet
from ledger.events import present
from ledger.money import InvalidAmount
from payments import deposit_pages, wallet_serializers
from payments.deposit_pages import NotReadyYet, WalletNotFound


class UserWallet(Endpoint):
    noun = Wallet
    shows = wallet_serializers.WalletOut
    answers = (202, 200)
    finds = (User,)
    key_required = False

    def get(self, request: Request, user_id: str) -> Response:
        """Show a user's wallet; its address once it can be paid to."""
        return Response(present(deposit_pages.wallet_of(self.find(user_id, User))))

    def post(self, request: Request, user_id: str) -> Response:
        """Open a wallet for a user, or answer the one that there is."""
        self.body()
        user = self.find(user_id, User)
        return self.once(
            lambda: deposit_pages.open_wallet(user, by=self.actor), status=lambda _: 200
        )


class WalletDeposit(Endpoint):
    """Show where and how to pay into a user's wallet."""

    noun = Wallet
    shows = wallet_serializers.DepositPageOut
    refuses = (NotReadyYet, WalletNotFound, InvalidAmount)
    finds = (User,)
    asks = {"amount"}

    def get(self, request: Request, user_id: str) -> Response:
        user = self.find(user_id, User)
        found = deposit_pages.of(user, amount=request.query_params.get("amount"))
        return Response(wallet_serializers.deposit_page(found))


class WalletTransactions(Endpoint):
    """List what came into a user's wallet and what left it: deposits, payouts, escrow."""

    noun = Wallet
    shows = wallet_serializers.WalletTransactionOut
    finds = (User,)
    filters = {"direction": ChainMovement.Direction.values}

    def get(self, request: Request, user_id: str) -> Response:
        wallet = deposit_pages.wallet_of(self.find(user_id, User))
        rows = ChainMovement.objects.of(self.book).filter(address=wallet.address, asset="USDC")
        return Response(page(request, rows, wallet_serializers.transaction, filters=self.filters))
