"""Suspicions: what the end of a transaction says about a wallet, the books, or our own code.

Each becomes a finding; where the key or the books may be wrong, the wallet is frozen with it.
"""

from integrations.providers.models import Submission
from integrations.providers.ports import Fault
from integrations.providers.stellar import wallets
from ledger import clock
from ledger.findings import find
from ledger.models import Finding

Status = Submission.Status

ARCHIVED = "contract_archived"


def raised_by(ended: Submission) -> None:
    """Joins the transaction that ends it."""
    if ended.status == Status.CONFIRMED:
        _clear(ended)
    if ended.status == Status.REJECTED:
        report(ended, "transaction_rejected")
    if ended.status != Status.FAILED:
        return
    match ended.fault:
        case Fault.SENDER_SHORT | Fault.SENDER_BARRED:
            # The books let it pass: the chain has less, or something else, than they say.
            wallets.freeze(ended.source)
            report(ended, "wallet_differs_from_books", source=ended.source)
        case Fault.SPONSOR_SHORT:
            report(ended, "treasury_lacks_xlm")
        case Fault.CONTRACT_ARCHIVED:
            report(ended, ARCHIVED)


def about_sequence(expired: Submission, *, spent: int) -> None:
    """Its sequence number was used (`spent` is the account's last), though not by it: by whom?

    Joins the transaction that ends it.
    """
    if spent < expired.sequence or _is_ours(expired):
        return
    wallets.freeze(expired.source)
    report(expired, "sequence_used_by_others", source=expired.source, spent=spent)


def report(submission: Submission, kind: str, **observed: object) -> None:
    """Open a finding about a submission, unless it is open."""
    find(
        book=submission.book_id,
        kind=kind,
        subject=submission.id,
        trail=submission.trail,
        expected={"hash": submission.inner_hash, "sequence": submission.sequence},
        observed={"code": submission.result_code, "purpose": submission.purpose, **observed},
    )


def _clear(ended: Submission) -> None:
    """A call that had its effect on a contract has found it restored."""
    if ended.purpose.startswith("escrow."):
        rows = Finding.objects.of(ended.book_id).filter(kind=ARCHIVED, trail=ended.trail)
        story = f"It was restored: {ended.id} ({ended.purpose}) had its effect."
        rows.filter(resolved_at=None).update(resolved_at=clock.now(), resolution=story)


def _is_ours(expired: Submission) -> bool:
    included = Submission.across_books.filter(
        source=expired.source,
        sequence__gte=expired.sequence,
        status__in=[Status.CONFIRMED, Status.FAILED],
    )
    return included.exists()
