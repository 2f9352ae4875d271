"""Claims: what an operator finds out about money, booked: whose an arrival is, what an issuer took
back or gave without the feed telling of it."""

from integrations.marketplaces.models import User
from integrations.providers.models import Wallet
from ledger import allocations, arrivals, balances, chart
from ledger.atomicity import require_transaction
from ledger.events import Actor
from ledger.models import Arrival
from ledger.refusals import NotFound
from payments import postings
from payments.models import Deposit


def claim(arrival: Arrival, *, user: str, approval: str, by: Actor) -> Arrival:
    """Unattributed money turned out to be this user's. Joins the caller's transaction.

    Raises `NotReady`, and `NotFound` for a user that this book does not have.
    """
    require_transaction()
    _lock(arrival.book_id, user)
    arrival = arrivals.advance(
        arrival, Arrival.Status.CLAIMED, by=by, approval=approval, holder=user
    )
    postings.claimed(arrival, user, by=by)
    deposits = Deposit.objects.of(arrival.book_id).select_for_update(no_key=True)
    for deposit in deposits.filter(cause=arrival.cause, status=Deposit.Status.UNATTRIBUTED):
        facts = {"user_id": user, "approval": approval}
        deposit.advance(Deposit.Status.CLAIMED, by=by, reason=approval, **facts)
    return arrival


def claw_back(wallet: Wallet, amount: int, *, approval: str, by: Actor) -> None:
    """The issuer took `amount` stroops out of a wallet: from its user what is left, else from us.

    Joins the caller's transaction. Raises `InsufficientFunds` if the books have less in the wallet,
    and `StillPromised`.
    """
    require_transaction()
    left = 0
    if wallet.holder:
        _lock(wallet.book_id, wallet.holder)
        left = balances.of(wallet.book_id, chart.available(wallet.holder))
    place = (wallet.book_id, wallet.address, wallet.holder, amount)
    postings.clawed_back(*place, left=left, cause=approval, by=by)
    allocations.require_kept(wallet.book_id, chart.wallet(wallet.address))


def keep_surplus(wallet: Wallet, amount: int, *, approval: str, by: Actor) -> None:
    """A wallet holds `amount` stroops more than the books say: they are nobody's yet."""
    require_transaction()
    book, address = wallet.book_id, wallet.address
    postings.deposit_unattributed(book, address, amount, cause=approval, by=by)


def _lock(book: int, user: str) -> None:
    """Users before accounts, as every act locks. Raises `NotFound`."""
    if not User.objects.of(book).select_for_update(no_key=True).filter(pk=user).exists():
        raise NotFound
