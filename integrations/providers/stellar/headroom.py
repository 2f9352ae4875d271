"""Headroom: whether each treasury has the XLM for the next wallets, their fees, and what it spends.

Wallets hold no XLM: the treasury locks up their reserves and pays every fee. When it runs dry
nothing can be signed in, so somebody has to know long before.
"""

from datetime import timedelta

from django.conf import settings
from django.db.models import Sum

from integrations.providers import directory
from integrations.providers.answers import Done
from integrations.providers.models import Submission, Wallet
from integrations.providers.ports import ChainAccount
from integrations.providers.stellar import wallets
from ledger import clock
from ledger.findings import find
from ledger.models import Finding

LOW = "xlm_low"
SPENDING = "xlm_spending_high"

BASE_RESERVE = 5_000_000  # stroops: 0.5 XLM
OWN_RESERVES = 2  # of an account by itself
RESERVES_OF_A_WALLET = 3  # the account's two and the trustline's one
_DAY = timedelta(days=1)


def watch() -> None:
    """Look at every treasury; open a finding where XLM runs short, and close it when it recovers.

    What cannot be read is looked at the next time.
    """
    for treasury in Wallet.across_books.filter(role=wallets.Role.TREASURY):
        answer = directory.chain(trail=treasury.id).account(treasury.address)
        if isinstance(answer, Done):
            _judge_headroom(treasury, free=free(answer.value))
        _judge_spending(treasury, spent=_spent(treasury))


def free(account: ChainAccount) -> int:
    """Stroops of XLM above what its own entries and those that it sponsors lock up."""
    reserves = OWN_RESERVES + account.subentries + account.sponsoring - account.sponsored
    return account.xlm - reserves * BASE_RESERVE


def needed() -> int:
    """Stroops of XLM for the wallets to come, and for fees."""
    wallets_to_come = int(settings.STELLAR_HEADROOM_WALLETS)
    fees = int(settings.STELLAR_HEADROOM_FEES)
    return wallets_to_come * RESERVES_OF_A_WALLET * BASE_RESERVE + fees


def is_low() -> bool:
    """Whether any treasury was short of XLM when it was last looked at."""
    return Finding.across_books.filter(kind=LOW, resolved_at=None).exists()


def _judge_headroom(treasury: Wallet, *, free: int) -> None:
    seen = {"free_xlm_stroops": free}
    if free < needed():
        _open(LOW, treasury, expected={"free_xlm_stroops_at_least": needed()}, observed=seen)
    else:
        _close(LOW, treasury, f"recovered: {free} stroops of XLM are free, {needed()} are needed")


def _judge_spending(treasury: Wallet, *, spent: int) -> None:
    most = int(settings.STELLAR_FEES_PER_DAY)
    seen = {"spent_xlm_stroops": spent}
    if spent > most:
        _open(SPENDING, treasury, expected={"spent_xlm_stroops_at_most": most}, observed=seen)
    else:
        _close(SPENDING, treasury, f"back to {spent} stroops of XLM in 24 hours, {most} may be")


def _spent(treasury: Wallet) -> int:
    """Fees in the last 24 hours; the oldest treasury of a book pays them all."""
    if treasury.pk != wallets.treasury(treasury.book_id).pk:
        return 0
    rows = Submission.objects.of(treasury.book_id).filter(created_at__gte=clock.now() - _DAY)
    return rows.aggregate(all=Sum("fee_charged"))["all"] or 0


def _open(
    kind: str, treasury: Wallet, *, expected: dict[str, int], observed: dict[str, int]
) -> None:
    find(
        book=treasury.book_id,
        kind=kind,
        subject=treasury.id,
        trail=treasury.trail,
        expected=expected,
        observed=observed,
    )


def _close(kind: str, treasury: Wallet, story: str) -> None:
    rows = Finding.objects.of(treasury.book_id).filter(kind=kind, subject=treasury.id)
    rows.filter(resolved_at=None).update(resolved_at=clock.now(), resolution=story)
