"""The treasury: where it is short, free money of the fees' and users' wallets is swept in."""

from collections.abc import Iterable

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from integrations.providers.models import Wallet
from integrations.providers.stellar import wallets
from ledger import allocations, chart, money
from ledger.events import SYSTEM, Actor
from ledger.findings import resolve
from ledger.models import Account, Allocation, Book, Finding
from withdrawals.covering import SHORT
from withdrawals.models import TreasuryMove, Withdrawal

MOST_AT_ONCE = 100  # wallets that are swept in one go, each by a transaction of its own
Status = TreasuryMove.Status
Route = TreasuryMove.Route


def relieve_all() -> None:
    """Look after every book in which something waits for the treasury."""
    short = Finding.across_books.filter(kind=SHORT, resolved_at=None)
    for book in short.values_list("book", flat=True).distinct():
        resolve_shortages(book)
        relieve(book)


def resolve_shortages(book: int) -> None:
    """Close the findings of those that were promised their money meanwhile, used it, or need none.

    Where the chain held less than the books said, the promise is older than the finding.
    """
    for ended in _ended(book):
        story = f"The withdrawal is {ended.status}; it waits for nothing any more."
        resolve(book=book, kind=SHORT, subject=str(ended.pk), story=story)
    for finding in Finding.objects.of(book).filter(kind=SHORT, resolved_at=None):
        since = finding.opened_at
        promised = Allocation.objects.of(book).filter(
            Q(opened_at__gte=since) | Q(closed_at__gte=since), operation=finding.subject
        )
        if first := promised.select_related("account").order_by("opened_at").first():
            place = f"{first.account.kind} {first.account.subject}".strip()
            story = f"{money.text(first.amount)} USD were promised to it from {place}."
            resolve(book=book, kind=SHORT, subject=finding.subject, story=story)


def relieve(book: int) -> list[TreasuryMove]:
    """Sweep what the waiting operations lack into the treasury, the fullest wallets first."""
    lacking, moves = _lacking(book), []
    for wallet, free in _sources(book):
        if lacking <= 0:
            break
        reason = "The treasury is short."
        move = sweep(wallet, wallets.treasury(book), amount=min(free, lacking), reason=reason)
        lacking -= move.amount if move else 0
        moves += [move] if move else []
    return moves


def sweep_fees() -> None:
    """Move the commission of every book into its treasury, once there is enough of it."""
    at_least = money.parse(settings.SWEEP_FEES_FROM, decimals=money.STROOPS)
    for book in Book.objects.values_list("id", flat=True):
        for wallet, free in _with_free(book, role=Wallet.Role.FEES, frozen_at=None):
            if free >= at_least:
                reason = "Commission is swept."
                sweep(wallet, wallets.treasury(book), amount=free, reason=reason)


def sweep(
    source: Wallet, treasury: Wallet, *, amount: int, reason: str, by: Actor = SYSTEM
) -> TreasuryMove | None:
    """Begin to move `amount` from a wallet of ours into the treasury; None if it is not free."""
    try:
        with transaction.atomic():
            move = TreasuryMove.start(
                by=by,
                book_id=source.book_id,
                route=Route.SWEEP,
                amount=amount,
                source=source.address,
                target=treasury.address,
                reason=reason,
            )
            _promise(move, chart.wallet(source.address))
    except (allocations.NothingFree, IntegrityError):
        return None
    return move


def _ended(book: int) -> Iterable[Withdrawal]:
    """Withdrawals that are at an end, and once waited for money."""
    short = Finding.objects.of(book).filter(kind=SHORT, resolved_at=None).values("subject")
    rows = Withdrawal.objects.of(book).filter(pk__in=short)
    return rows.exclude(status__in=Withdrawal.UNDER_WAY)


def _promise(move: TreasuryMove, place: chart.Account) -> None:
    operation, amount = str(move.id), move.amount
    allocations.open_for(book=move.book_id, name=place, operation=operation, amount=amount)


def _lacking(book: int) -> int:
    """What waits for USDC, less what the treasury has free and what is on its way to it."""
    short = Finding.objects.of(book).filter(kind=SHORT, resolved_at=None)
    waiting = dict(short.values_list("subject", "amount"))
    elsewhere = Withdrawal.objects.of(book).filter(pk__in=waiting, rail=Withdrawal.Rail.AIRTM)
    for subject in elsewhere.values_list("pk", flat=True):
        del waiting[subject]  # that one lacks money at Airtm, where no wallet helps
    coming = TreasuryMove.objects.of(book).filter(route=Route.SWEEP, status=Status.LEAVING)
    free = sum(amount for _, amount in _with_free(book, role=Wallet.Role.TREASURY))
    return int(sum(waiting.values()) - free - sum(coming.values_list("amount", flat=True)))


def _sources(book: int) -> list[tuple[Wallet, int]]:
    """The wallets that may be swept, with what each has free: the fees first, then by size."""
    ready = {"status": Wallet.Status.READY, "frozen_at": None}
    fees = _with_free(book, role=Wallet.Role.FEES, **ready)
    return fees + _with_free(book, role=Wallet.Role.USER, **ready)


def _with_free(book: int, **which: object) -> list[tuple[Wallet, int]]:
    """The fullest first. Read without a lock: whoever promises it looks again under the lock."""
    rows = Wallet.objects.of(book).filter(**which)
    promised = Sum("allocations__amount", filter=Q(allocations__closed_at=None))
    fullest = (
        Account.objects.of(book)
        .filter(kind="wallet", subject__in=rows.values("address"), balance__gt=0)
        .annotate(free=F("balance") - Coalesce(promised, 0))
        .filter(free__gt=0)
        .order_by("-free")[:MOST_AT_ONCE]
    )
    free = {account.subject: int(account.free) for account in fullest}
    by_address = rows.in_bulk(list(free), field_name="address")
    return [(by_address[address], amount) for address, amount in free.items()]
