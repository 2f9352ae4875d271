"""Progress: one stake is carried on until the contract is where it should be.

Each step is one transaction on the chain (a `Submission`). A step is prepared with nothing locked,
claimed in a transaction, sent by its own conversation, and its end is taken in exactly once
(`taken_in`). After any failure `proceed` goes on from where the contract stands.
"""

from dataclasses import replace

from django.db import transaction

from escrow import freezing, funding, obstacles, outcomes, stakes, steps, surpluses
from escrow.models import Escrow
from escrow.stakes import Goal, Stake
from integrations.providers.answers import STELLAR, Declined, Done
from integrations.providers.intents import EscrowIntent
from integrations.providers.models import Submission
from integrations.providers.ports import Contract, ContractMilestone
from integrations.providers.stellar import submission
from ledger.atomicity import alone
from payments import orders

# Trustless Work says that the contract stands elsewhere than we have read: it is read again.
STANDS_ELSEWHERE = {
    "ALREADY_APPROVED",
    "ALREADY_IN_DISPUTE",
    "ALREADY_RELEASED",
    "ALREADY_RESOLVED",
    "IN_DISPUTE",
    "NOT_IN_DISPUTE",
    "SHARES_DIFFER_FROM_BALANCE",
}


def proceed(subject: str) -> None:
    """Carry an escrow or a milestone on: take in the end of the last step, claim the next."""
    with alone(subject) as mine:
        last = submission.latest(subject)
        if not mine or (last and last.status in Submission.UNDER_WAY):
            return
        stake = stakes.of(subject)
        if last is None or stake.owner.taken_in == last.pk:
            _go_on(stake)
        elif outcomes.take_in(stake, last):
            _go_on(stakes.of(subject), after=last)


def heard(*, submission_id: str) -> None:
    """A step of some escrow has ended on the chain."""
    proceed(Submission.across_books.get(pk=submission_id).subject)


def _go_on(stake: Stake, *, after: Submission | None = None) -> None:
    """A frozen escrow waits, and so does a step in whose way something stands."""
    if stake.escrow.frozen_at:
        return
    if code := obstacles.silences(stake):
        outcomes.turn_back(stake, code=code, message="A party of this order may not act.")
        return
    step = _next_step(stake, after)
    if step is not None and not obstacles.holds_back(stake, step):
        _take(stake, step)


def _next_step(stake: Stake, after: Submission | None) -> EscrowIntent | None:
    escrow = stake.escrow
    match escrow.status:
        case Escrow.Status.CREATING:
            return steps.deployment(escrow) if _is_ready(escrow) else None
        case Escrow.Status.FUNDING:
            payer = funding.payer(escrow) if orders.parties_may_act(escrow.order) else None
            return steps.funding(escrow, payer=payer.address) if payer else None
        case Escrow.Status.RELEASED | Escrow.Status.REFUNDED | Escrow.Status.RESOLVED:
            return surpluses.withdrawal(stake) if stake.milestone is None else None
    if stake.goal is not None:
        return _after(stake, stake.goal, after) or _towards(stake, stake.goal)
    _come_to_rest(stake)
    return None


def _is_ready(escrow: Escrow) -> bool:
    """Both have a wallet, and neither's money is stopped."""
    both = (escrow.buyer_wallet, escrow.seller_wallet)
    return orders.parties_may_act(escrow.order) and all(it.status == it.Status.READY for it in both)


def _come_to_rest(stake: Stake) -> None:
    """Nothing is asked any more; a dispute may have been withdrawn before it was raised."""
    freezing.no_longer_elsewhere(stake, story="Nothing is asked of the contract any more.")
    if stake.milestone is None and stake.escrow.status == Escrow.Status.DISPUTING:
        with transaction.atomic():
            stake = stakes.relocked(stake)
            if stake.goal is None and stake.escrow.status == Escrow.Status.DISPUTING:
                stake.escrow.advance(stake.stands, by=STELLAR)
    elif stake.deal.status == stake.deal.Status.DISPUTED:
        stake.rest()


def _after(stake: Stake, goal: Goal, last: Submission | None) -> EscrowIntent | None:
    """The step that follows the one just taken in: the chain has shown where the contract stands.

    Only we can take these steps, and where it stands elsewhere they cannot be built: it is read
    then. Of a contract in dispute the balance matters too, which anybody can change.
    """
    if last is None or last.status != Submission.Status.CONFIRMED:
        return None
    return steps.following(last.purpose, stake) if goal == Goal.RELEASE else None


def _towards(stake: Stake, goal: Goal) -> EscrowIntent | None:
    """The next step to the goal from where the contract stands, unless it is there."""
    answer = stakes.read(stake)
    if not isinstance(answer, Done):
        return None
    piece = _as_we_left_it(stake, answer.value.milestones[stake.index])
    if piece.released or piece.resolved:
        freezing.find_foreign_end(stake, piece)
        return None
    if piece.disputed and goal == Goal.DISPUTE:
        _note_raised(stake)
        return None
    return _step(stake, goal, answer.value, piece)


def _as_we_left_it(stake: Stake, piece: ContractMilestone) -> ContractMilestone:
    """What the chain has shown of our own steps stands, though a reading may be older."""
    ours = stake.confirmed
    return replace(
        piece,
        status=steps.DONE if steps.MARK_DONE in ours else piece.status,
        approved=piece.approved or steps.APPROVE in ours,
        disputed=piece.disputed or steps.DISPUTE in ours,
    )


def _note_raised(stake: Stake) -> None:
    """It is in dispute already: an earlier one was withdrawn, and contracts do not forget."""
    with transaction.atomic():
        stake = stakes.relocked(stake)
        story = "Read again, the contract was in dispute, as was asked for."
        freezing.no_longer_elsewhere(stake, story=story)
        if stake.goal == Goal.DISPUTE:
            outcomes.raised(stake, by=STELLAR)


def _step(
    stake: Stake, goal: Goal, contract: Contract, piece: ContractMilestone
) -> EscrowIntent | None:
    surplus = surpluses.book(stake, contract) if piece.disputed else 0
    return None if surplus is None else steps.towards(stake, goal, piece, surplus=surplus)


def _take(stake: Stake, step: EscrowIntent) -> None:
    match submission.prepare(book=stake.book_id, intent=step, about=stake.trail):
        case Done(prepared):
            _claim(stake, prepared, step)
        case Declined(funding.SHORT, _) if stake.escrow.status == Escrow.Status.FUNDING:
            funding.report_shortage(stake.escrow)
        case Declined(code, message) if code in STANDS_ELSEWHERE:
            freezing.report(stake, freezing.ELSEWHERE, {}, {code: message})
            stake.owner.look_again()  # from a fresh reading
        case Declined(submission.TAMPERED, _):
            pass  # nothing was signed, and it was found; whoever builds honestly is asked again
        case Declined(code, message):
            outcomes.turn_back(stake, code=code, message=message)
        case _:
            stake.owner.look_again()


def _claim(stake: Stake, prepared: submission.Prepared, step: EscrowIntent) -> None:
    """Store the signed step, if it is still asked for; from here on it may be handed in."""
    purpose = steps.PURPOSES[type(step)]
    by, trail = STELLAR, stake.trail
    try:
        with transaction.atomic():
            if _is_given_up(stake):
                return
            submission.claim(prepared, purpose=purpose, subject=stake.id, trail=trail, by=by)
            story = f"Read again, the contract led to {purpose}, which could be built."
            freezing.no_longer_elsewhere(stake, story=story)
    except (submission.Busy, submission.Frozen):
        stake.owner.look_again()


def _is_given_up(stake: Stake) -> bool:
    """Whether somebody has turned it back, or frozen it, since the step was thought of."""
    now = stakes.relocked(stake)
    here, there = stake.escrow, now.escrow
    is_frozen = there.frozen_at is not None
    return is_frozen or (stake.goal, here.status) != (now.goal, there.status)
