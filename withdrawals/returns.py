"""Returns: completed payouts that Airtm gives back later, found among the deposits there."""

from collections.abc import Iterable

from django.db import transaction

from integrations.providers import directory
from integrations.providers.answers import AIRTM, Done
from integrations.providers.models import ProviderAccount
from integrations.providers.ports import Deposit
from ledger import clock, findings
from ledger.atomicity import alone, require_transaction
from ledger.models import Proposal, Transfer
from ledger.refusals import Conflict
from withdrawals import over_airtm, postings
from withdrawals.models import PayoutReturn, TreasuryMove, Withdrawal

MOST_PAGES = 50  # of one look; beyond that a finding asks somebody to look by hand

Outcome = PayoutReturn.Outcome
_Status = Withdrawal.Status


class IsAReturn(Conflict):
    """This deposit is a payout that came back, and is booked as that: no treasury money."""

    code = "DEPOSIT_IS_A_RETURN"


def look_everywhere() -> None:
    """Look in every book that has an account at Airtm. No webhook ever tells of a return."""
    accounts = ProviderAccount.across_books.filter(provider=ProviderAccount.Provider.AIRTM)
    for book in accounts.values_list("book_id", flat=True):
        look(book)


def look(book: int) -> None:
    """Write down the returns that are new, and settle whatever is not settled yet."""
    with alone(f"returns:{book}") as mine:
        if not mine:
            return
        # All pages are read before one is kept: what is known then has no unknown gap behind it.
        _keep(book, unknown(book))
        for seen in PayoutReturn.objects.of(book).filter(settled_at=None).order_by("deposited_at"):
            _look_up_first(seen)
            with transaction.atomic():
                settle(seen)


def require_other(book: int, *, deposit: str) -> None:
    """Nothing that came back is booked a second time, as an arrival. Raises `IsAReturn`."""
    _one_at_a_time(book)
    if PayoutReturn.objects.of(book).filter(deposit=deposit).exists():
        raise IsAReturn


def settle(seen: PayoutReturn) -> None:
    """Credit whoever it belongs to – the user of the one payout that it names, or nobody yet.

    A withdrawal that Airtm still has to settle makes it wait for the next look.
    """
    _one_at_a_time(seen.book_id)
    seen = PayoutReturn.across_books.select_for_update(no_key=True).get(pk=seen.pk)
    withdrawal = _named(seen)
    if seen.settled_at or (withdrawal and withdrawal.status in Withdrawal.UNDER_WAY):
        return
    if _is_booked_as_arrival(seen):
        _leave_to_people(seen, withdrawal)
    elif withdrawal and withdrawal.status == _Status.COMPLETED and seen.amount <= withdrawal.amount:
        _return(withdrawal, seen)
    elif withdrawal and withdrawal.status in {_Status.FAILED, _Status.CANCELED}:
        _already_given_back(withdrawal, seen)
    else:
        _keep_for_somebody(seen, "return_without_payout", withdrawal)


def unknown(book: int) -> list[Deposit]:
    """The returns that we have not written down yet, newest first; none if a page is unclear."""
    opened_at = directory.account(book, directory.Provider.AIRTM).created_at
    payouts, page, found = directory.payouts(book), "", list[Deposit]()
    for _ in range(MOST_PAGES):
        answer = payouts.deposits(page=page)
        if not isinstance(answer, Done):
            return []
        ours = [one for one in answer.value.items if one.created_at >= opened_at]
        fresh = _fresh(book, ours)
        found += fresh
        is_known = len(ours) < len(answer.value.items) or _knows_all(ours, fresh)
        page = answer.value.next_page
        if is_known or not page:
            return found
    findings.find(book=book, kind="too_many_returns", subject="airtm")
    return []


def _return(withdrawal: Withdrawal, seen: PayoutReturn) -> None:
    withdrawal.advance(_Status.RETURNED, by=AIRTM, reason=seen.deposit)
    postings.returned(withdrawal, seen.amount, deposit=seen.deposit, by=AIRTM)
    _settled(seen, Outcome.CREDITED, withdrawal)
    findings.resolve(
        book=seen.book_id,
        kind="completed_payout_undone",
        subject=withdrawal.id,
        story=f"Airtm returned it with deposit {seen.deposit}; the user is credited.",
    )
    if seen.amount != withdrawal.amount:
        _find(seen, "return_amount_differs", withdrawal)


def _already_given_back(withdrawal: Withdrawal, seen: PayoutReturn) -> None:
    """Our books never saw it paid, so nothing came back to them – unless it was paid after all."""
    booked = Transfer.objects.of(seen.book_id).filter(
        kind="withdrawal_paid_after_all", cause=withdrawal.id
    )
    if booked.exists():
        _keep_for_somebody(seen, "return_of_a_loss", withdrawal)
    else:
        _settled(seen, Outcome.NOTHING_OWED, withdrawal)


def _keep_for_somebody(seen: PayoutReturn, kind: str, withdrawal: Withdrawal | None) -> None:
    postings.returned_unattributed(seen.book_id, seen.amount, deposit=seen.deposit, by=AIRTM)
    _settled(seen, Outcome.UNATTRIBUTED, withdrawal)
    _find(seen, kind, withdrawal)


def _leave_to_people(seen: PayoutReturn, withdrawal: Withdrawal | None) -> None:
    """An operator has named it as a treasury move's arrival: it is in the books once already."""
    _settled(seen, Outcome.UNATTRIBUTED, withdrawal)
    _find(seen, "return_taken_as_arrival", withdrawal, proposal=Proposal.ADJUST)


def _is_booked_as_arrival(seen: PayoutReturn) -> bool:
    moves = TreasuryMove.objects.of(seen.book_id).filter(route=TreasuryMove.Route.TO_AIRTM)
    return bool(moves.filter(arrived_as=seen.deposit).exists())


def _one_at_a_time(book: int) -> None:
    """Deposits of one account are booked one after another, whoever names them."""
    require_transaction()
    accounts = ProviderAccount.objects.of(book).select_for_update(no_key=True)
    accounts.filter(provider=ProviderAccount.Provider.AIRTM).first()


def _settled(seen: PayoutReturn, outcome: str, withdrawal: Withdrawal | None) -> None:
    PayoutReturn.across_books.filter(pk=seen.pk).update(
        settled_at=clock.now(), outcome=outcome, withdrawal=withdrawal
    )


def _named(seen: PayoutReturn) -> Withdrawal | None:
    """The withdrawal whose payout it names, locked."""
    if not seen.payout:
        return None
    rows = Withdrawal.objects.of(seen.book_id).select_for_update(no_key=True)
    found: Withdrawal | None = rows.filter(
        rail=Withdrawal.Rail.AIRTM, reference=seen.payout
    ).first()
    return found


def _look_up_first(seen: PayoutReturn) -> None:
    """It may have been paid, and come back, before we learned of the payment."""
    rows = Withdrawal.objects.of(seen.book_id).filter(rail=Withdrawal.Rail.AIRTM)
    withdrawal = rows.filter(reference=seen.payout, status__in=Withdrawal.UNDER_WAY).first()
    if withdrawal is not None and seen.payout:
        over_airtm.absorb(withdrawal, over_airtm.look_up(withdrawal))


def _fresh(book: int, deposits: list[Deposit]) -> list[Deposit]:
    returns = [one for one in deposits if one.is_return and one.amount]
    references = [one.reference for one in returns]
    known = set(
        PayoutReturn.objects.of(book)
        .filter(deposit__in=references)
        .values_list("deposit", flat=True)
    )
    return [one for one in returns if one.reference not in known]


def _knows_all(deposits: list[Deposit], fresh: list[Deposit]) -> bool:
    """A page with returns, all of them known: so are all the older ones."""
    return not fresh and any(one.is_return for one in deposits)


def _keep(book: int, deposits: Iterable[Deposit]) -> None:
    now = clock.now()
    PayoutReturn.across_books.bulk_create(
        [
            PayoutReturn(
                book_id=book,
                deposit=one.reference,
                payout=one.payout_reference,
                amount=one.amount,
                deposited_at=one.created_at,
                seen_at=now,
            )
            for one in deposits
        ],
        ignore_conflicts=True,
    )


def _find(
    seen: PayoutReturn, kind: str, withdrawal: Withdrawal | None, *, proposal: str = ""
) -> None:
    findings.find(
        book=seen.book_id,
        kind=kind,
        subject=seen.deposit,
        trail=withdrawal.id if withdrawal else "",
        expected={"amount": withdrawal.amount if withdrawal else 0},
        observed={"amount": seen.amount, "payout": seen.payout},
        amount=seen.amount,
        proposal=proposal,
    )
