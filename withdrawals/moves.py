"""Moves: each treasury move's conversation with the chain, carried on to its end."""

from collections.abc import Sequence

from django.db import transaction

from integrations.providers.answers import STELLAR, Declined, Done, Unclear
from integrations.providers.intents import MemoType, PayUsdc
from integrations.providers.models import Submission, Wallet
from integrations.providers.ports import Movement
from integrations.providers.stellar import submission, wallets
from ledger import allocations, chart
from ledger.atomicity import alone
from ledger.findings import find
from withdrawals import destinations, postings, strays
from withdrawals.models import TreasuryMove

MOVE = "treasury.move"
Status = TreasuryMove.Status
Route = TreasuryMove.Route


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


def _hand_in(move: TreasuryMove) -> None:
    match submission.prepare(book=move.book_id, intent=_intent(move), about=move.trail):
        case Done(prepared):
            _claim(move, prepared)
        case Unclear(_):
            move.look_again()
        case Declined(code, _) if _is_frozen(move.source):
            _fail(move, code)  # nothing was handed in; if it is the treasury, it waits


def _is_frozen(address: str) -> bool:
    return Wallet.across_books.filter(address=address, frozen_at__isnull=False).exists()


def _intent(move: TreasuryMove) -> PayUsdc:
    return PayUsdc(
        signer=move.source,
        destination=move.target,
        amount=move.amount,
        memo=move.memo,
        memo_type=MemoType(move.memo_type),
    )


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
            answer = submission.movements(last)
            if isinstance(answer, Done):
                _confirmed(move, last, answer.value)
        case Submission.Status.EXPIRED:
            TreasuryMove.across_books.filter(pk=move.pk).update(taken_in=last.pk)
            _hand_in(move)
        case _:
            if move.route != Route.BACK:  # that one is not tried again by itself
                freeze_source(str(move.id))  # or it would be, and paid for, again and again
            _report(move, "treasury_move_failed", {"code": last.result_code})
            _fail(move, last.result_code)


def _confirmed(move: TreasuryMove, last: Submission, seen: Sequence[Movement]) -> None:
    moved = [(one.source, one.target, one.amount) for one in seen]
    if moved != [(move.source, destinations.account_of(move.target), move.amount)]:
        freeze_source(str(move.id))
        _report(move, "treasury_move_differs", {"hash": last.inner_hash, "moved": moved})
    elif move.route == Route.SWEEP:
        _swept(move, last)
    elif move.route == Route.BACK:
        _went_back(move, last)
    else:
        _left(move, last)


def _swept(move: TreasuryMove, last: Submission) -> None:
    """From wallet to wallet: gone here and come there in one."""
    with transaction.atomic():
        move = move.locked()
        facts = {"left_as": last.inner_hash, "arrived_as": last.inner_hash, "taken_in": last.pk}
        move.advance(Status.ARRIVED, by=STELLAR, **facts)
        book, ends, trail = move.book_id, (move.source, move.target), str(move.id)
        postings.covered(book, *ends, move.amount, cause=last.pk, by=STELLAR, trail=trail)
        allocations.close(trail)


def _went_back(move: TreasuryMove, last: Submission) -> None:
    with transaction.atomic():
        move = move.locked()
        facts = {"left_as": last.inner_hash, "arrived_as": last.inner_hash, "taken_in": last.pk}
        move.advance(Status.ARRIVED, by=STELLAR, **facts)
        strays.went_back(move, by=STELLAR)
        allocations.close(str(move.id))


def _left(move: TreasuryMove, last: Submission) -> None:
    with transaction.atomic():
        move = move.locked()
        move.advance(Status.IN_TRANSIT, by=STELLAR, left_as=last.inner_hash, taken_in=last.pk)
        place = chart.wallet(move.source)
        postings.move_begun(move.book_id, str(move.id), place, move.amount, by=STELLAR)
        allocations.close(str(move.id))


def _fail(move: TreasuryMove, code: str) -> None:
    with transaction.atomic():
        move = move.locked()
        move.advance(Status.FAILED, by=STELLAR, reason=code, failure=code)
        if move.route == Route.BACK:
            strays.stays(move, by=STELLAR)
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
