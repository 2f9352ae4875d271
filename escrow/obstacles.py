"""Obstacles: why a step that could be taken is not taken now; each waits with a finding."""

from escrow import freezing, steps
from escrow.stakes import Goal, Stake
from integrations.marketplaces import users
from integrations.marketplaces.models import Bearer
from integrations.providers import directory
from integrations.providers.answers import Done, Unclear
from integrations.providers.intents import EscrowIntent
from ledger import approvals, balances, chart
from ledger.findings import resolve
from ledger.models import Finding
from payments import orders
from payments.models import Party

NO_TRUSTLINE = "receiver_without_trustline"
NOT_OURS_TO_GIVE = "whole_refund_needs_approval"
LET_GO = "let-whole-refund-go"  # the act on that finding that two people decide
_OWN = (chart.PLATFORM_FEES, chart.ADJUSTMENTS)
_SPENT = (chart.PROTOCOL_FEES, chart.PROVIDER_FEES)


def silences(stake: Stake) -> str:
    """The code of why this act of a party is given back; support may act instead."""
    is_a_partys = stake.goal in {Goal.RELEASE, Goal.REFUND}
    if not is_a_partys or stake.deal.requested_by == Party.PLATFORM:
        return ""
    return "" if orders.parties_may_act(stake.escrow.order) else users.UserSuspended.code


def holds_back(stake: Stake, step: EscrowIntent) -> bool:
    """Whether the step has to wait: for a trustline, or for somebody's approval."""
    return _needs_approval(stake) or not _all_trust(stake, step)


def own_money(book: int) -> int:
    """What the platform may give away, in stroops: income − expenses + equity."""
    income = sum(balances.of(book, account) for account in _OWN)
    return income - sum(balances.of(book, account) for account in _SPENT)


def buyer_is_made_whole(stake: Stake) -> bool:
    return bool(stake.escrow.order.refund_fee_bearer == Bearer.PLATFORM)


def may_give(stake: Stake) -> bool:
    """Whether what is asked may cost the platform its own money."""
    return stake.goal in {Goal.REFUND, Goal.RESOLVE} and buyer_is_made_whole(stake)


def _needs_approval(stake: Stake) -> bool:
    """Where the platform makes a buyer whole it spends its own money, and there is none."""
    if not may_give(stake):
        return False
    if (own := own_money(stake.book_id)) >= 0:
        story = "By now the platform's own money is enough for it."
        resolve(book=stake.book_id, kind=NOT_OURS_TO_GIVE, subject=stake.id, story=story)
        return False
    if _is_approved(stake):
        return False
    freezing.report(stake, NOT_OURS_TO_GIVE, {"own_money_at_least": 0}, {"own_money": own})
    return True


def _is_approved(stake: Stake) -> bool:
    """Two people have let it go, of one of the findings about it, since this was asked for."""
    about = Finding.objects.of(stake.book_id).filter(kind=NOT_OURS_TO_GIVE, subject=stake.id)
    settled = about.exclude(resolved_at=None).values_list("pk", flat=True)
    return any(
        approvals.is_granted(book=stake.book_id, act=LET_GO, subject=finding, since=stake.asked_at)
        for finding in settled
    )


def _all_trust(stake: Stake, step: EscrowIntent) -> bool:
    """Without a trustline the transfer would trap; what cannot be read is not believed either."""
    return all(_trusts(stake, to) for to in sorted(steps.receivers(stake.escrow, step)))


def _trusts(stake: Stake, address: str) -> bool:
    answer = directory.chain(trail=stake.trail).account(address)
    if isinstance(answer, Done) and answer.value.trusts_usdc:
        return True
    if not isinstance(answer, Unclear):
        freezing.report(stake, NO_TRUSTLINE, {"trusts_usdc": True}, {"address": address})
    return False
