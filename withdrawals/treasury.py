"""The treasury: swept full when it is short, moved between the rails, and its moves carried on."""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from integrations.providers.answers import Declined, Done, Unclear
from integrations.providers.intents import PayUsdc
from integrations.providers.models import Submission, Wallet
from integrations.providers.ports import ChainTransaction
from integrations.providers.stellar import submission, wallets
from ledger import allocations, chart, money
from ledger.atomicity import alone
from ledger.events import SYSTEM, Actor
from ledger.findings import find, resolve
from ledger.models import Account, Allocation, Book, Finding
from withdrawals import postings
from withdrawals.covering import SHORT
from withdrawals.models import TreasuryMove, Withdrawal

MOVE = "treasury.move"
STELLAR = Actor("stellar")
Status = TreasuryMove.Status
Route = TreasuryMove.Route


def relieve_all() -> None:
    """Look after every book in which something waits for the treasury."""
    short = Finding.across_books.filter(kind=SHORT, resolved_at=None)
    for book in short.values_list("book", flat=True).distinct():
        resolve_shortages(book)
        relieve(book)


def resolve_shortages(book: int) -> None:
    """Close the findings of those that have been promised their money meanwhile."""
    for finding in Finding.objects.of(book).filter(kind=SHORT, resolved_at=None):
        promised = Allocation.objects.of(book).filter(
            operation=finding.subject, opened_at__gte=finding.opened_at
        )
        if first := promised.select_related("account").order_by("opened_at").first():
            place = f"{first.account.kind} {first.account.subject}".strip()
            story = f"{money.text(first.amount)} USD were promised to it from {place}."
            resolve(book=book, kind=SHORT, subject=finding.subject, resolution=story)


def relieve(book: int) -> list[TreasuryMove]:
    """Sweep what the waiting operations lack into the treasury, the fullest wallets first."""
    lacking, moves = _lacking(book), []
    treasury = wallets.treasury(book)
    for wallet, free in _sources(book) if lacking > 0 else ():
        move = sweep(wallet, treasury, amount=min(free, lacking), reason="The treasury is short.")
        lacking -= move.amount if move else 0
        moves += [move] if move else []
        if lacking <= 0:
            break
    return moves


def sweep_fees() -> None:
    """Move the commission of every book into its treasury, once there is enough of it."""
    at_least = money.parse(settings.SWEEP_FEES_FROM, decimals=money.STROOPS)
    for book in Book.objects.values_list("id", flat=True):
        fees = Wallet.objects.of(book).filter(role=Wallet.Role.FEES, frozen_at=None)
        for wallet, free in _with_free(book, fees):
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


def proceed(move_id: str) -> None:
    """Carry a move on: take in the end of its transaction, or hand one in."""
    with alone(move_id) as mine:
        move = TreasuryMove.across_books.get(pk=move_id)
        if mine and move.status == Status.LEAVING:
            _carry_on(move)


def handed_in(*, submission_id: str) -> None:
    """The transaction of some move has ended on the chain."""
    proceed(Submission.across_books.get(pk=submission_id).subject)


def freeze_source(move_id: str) -> None:
    """A move does not add up: the wallet that it left is not used until somebody has looked.

    The treasury itself is spared: without it nothing at all would be paid any more.
    """
    move = TreasuryMove.across_books.get(pk=move_id)
    spared = Wallet.objects.of(move.book_id).filter(role=Wallet.Role.TREASURY)
    if move.source and not spared.filter(address=move.source).exists():
        wallets.freeze(move.source)


def _carry_on(move: TreasuryMove) -> None:
    last = submission.latest(str(move.id))
    if last and last.status in Submission.UNDER_WAY:
        return
    if last and last.pk != move.taken_in:
        _take_in(move, last)
    else:
        _hand_in(move)


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
    treasury = Wallet.objects.of(book).filter(role=Wallet.Role.TREASURY)
    free = sum(amount for _, amount in _with_free(book, treasury))
    return sum(waiting.values()) - free - sum(coming.values_list("amount", flat=True))


def _sources(book: int) -> list[tuple[Wallet, int]]:
    """The wallets that may be swept, with what each has free: the fees first, then by size."""
    rows = Wallet.objects.of(book).filter(
        role__in=(Wallet.Role.FEES, Wallet.Role.USER), status=Wallet.Status.READY, frozen_at=None
    )
    found = _with_free(book, rows)
    return sorted(found, key=lambda it: (it[0].role != Wallet.Role.FEES, -it[1]))


def _with_free(book: int, rows: object) -> list[tuple[Wallet, int]]:
    """Read without a lock: whoever promises it looks again under the lock."""
    by_address = {wallet.address: wallet for wallet in rows}  # type: ignore[attr-defined]
    accounts = Account.objects.of(book).filter(kind="wallet", subject__in=by_address, balance__gt=0)
    promised = Sum("allocations__amount", filter=Q(allocations__closed_at=None))
    accounts = accounts.annotate(free=F("balance") - Coalesce(promised, 0)).filter(free__gt=0)
    return [(by_address[account.subject], int(account.free)) for account in accounts]


def _hand_in(move: TreasuryMove) -> None:
    intent = PayUsdc(signer=move.source, destination=move.target, amount=move.amount)
    match submission.prepare(book=move.book_id, intent=intent, about=move.trail):
        case Done(prepared):
            _claim(move, prepared)
        case Unclear(_):
            move.look_again()
        case Declined(code, _):
            _fail(move, code)  # nothing was handed in: the wallet is frozen


def _claim(move: TreasuryMove, prepared: submission.Prepared) -> None:
    subject = str(move.id)
    try:
        with transaction.atomic():
            submission.claim(prepared, purpose=MOVE, subject=subject, trail=subject, by=STELLAR)
    except (submission.Busy, submission.Frozen):
        move.look_again()


def _take_in(move: TreasuryMove, last: Submission) -> None:
    match last.status:
        case Submission.Status.CONFIRMED:
            answer = submission.read(last)
            if isinstance(answer, Done):
                _confirmed(move, last, answer.value)
        case Submission.Status.EXPIRED:
            TreasuryMove.across_books.filter(pk=move.pk).update(taken_in=last.pk)
            _hand_in(move)
        case _:
            freeze_source(str(move.id))  # or it would be tried, and paid for, again and again
            _report(move, "treasury_move_failed", {"code": last.result_code})
            _fail(move, last.result_code)


def _confirmed(move: TreasuryMove, last: Submission, seen: ChainTransaction) -> None:
    moved = [(one.source, one.target, one.amount) for one in seen.movements]
    if moved != [(move.source, move.target, move.amount)]:
        freeze_source(str(move.id))
        _report(move, "treasury_move_differs", {"hash": last.inner_hash, "moved": moved})
        return
    with transaction.atomic():
        move = move.locked()
        facts = {"left_as": last.inner_hash, "arrived_as": last.inner_hash, "taken_in": last.pk}
        move.advance(Status.ARRIVED, by=STELLAR, **facts)
        ends = (move.source, move.target)
        postings.covered(move.book_id, *ends, move.amount, cause=last.pk, by=STELLAR, trail=move.id)
        allocations.close(str(move.id))


def _fail(move: TreasuryMove, code: str) -> None:
    with transaction.atomic():
        move = move.locked()
        move.advance(Status.FAILED, by=STELLAR, reason=code, failure=code)
        allocations.close(str(move.id))


def _report(move: TreasuryMove, kind: str, observed: dict[str, object]) -> None:
    find(
        book=move.book_id,
        kind=kind,
        subject=str(move.id),
        trail=move.trail,
        expected={"amount": move.amount, "from": move.source, "to": move.target},
        observed=observed,
        amount=move.amount,
    )
