"""Allocations: what holds are to a user's money, for the wallets and the float that we pay from."""

from django.db.models import Sum

from . import clock, money
from .atomicity import require_transaction
from .chart import Account as Name
from .models import Account, Allocation
from .refusals import Refusal, UnknownAccount, coded


class NothingFree(Refusal):
    """The account holds too little that is not promised already."""

    code = "NOTHING_FREE"


class StillPromised(Refusal):
    """More of this account is promised to payments under way than would be left in it."""

    code = "STILL_PROMISED"


def free(book: int, name: Name) -> int:
    """What an asset account holds beyond its open allocations, in stroops."""
    account = _locked(book, name)
    return int(account.balance) - _promised(account)


def open_for(*, book: int, name: Name, operation: str, amount: int) -> Allocation:
    """Promise `amount` of an account to an operation, under its lock.

    Raises `NothingFree`, `AlreadyAllocated`.
    """
    require_transaction()
    if free(book, name) < amount:
        raise NothingFree(account=name.kind, subject=name.subject)
    with coded():
        allocation: Allocation = Allocation.across_books.create(
            book_id=book,
            account=_locked(book, name),
            operation=operation,
            amount=amount,
            opened_at=clock.now(),
        )
    return allocation


def require_kept(book: int, name: Name) -> None:
    """What an act has left in an account must cover what is promised of it.

    For acts, which can wait; an outcome is posted even so. Raises `StillPromised`.
    """
    require_transaction()
    account = _locked(book, name)
    promised = _promised(account)
    if promised and (missing := promised - int(account.balance)) > 0:
        raise StillPromised(
            f"Payments under way are promised {money.text(missing)} more than would be left: "
            "see them end first, or bring money.",
            account=name.kind,
            subject=name.subject,
            missing=money.text(missing),
        )


def close(operation: str) -> None:
    """End the promise: the operation was settled, or can be proven to be dead."""
    require_transaction()
    open_ones = Allocation.across_books.filter(operation=operation, closed_at=None)
    open_ones.update(closed_at=clock.now())


def _promised(account: Account) -> int:
    open_ones = account.allocations.filter(closed_at=None)
    return int(open_ones.aggregate(sum=Sum("amount"))["sum"] or 0)


def _locked(book: int, name: Name) -> Account:
    """Raises `UnknownAccount`."""
    with_lock = "SELECT * FROM ledger_lock_account(%s, %s, %s, %s)"
    found: list[Account] = list(Account.across_books.raw(with_lock, [book, *name]))
    if not found:
        raise UnknownAccount(account=name.kind, subject=name.subject)
    return found[0]
