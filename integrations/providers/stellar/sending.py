"""Sending: one signed envelope is handed in, looked up, and given its end."""

from django.conf import settings
from django.db import transaction
from django.db.models import F

from integrations.providers import directory
from integrations.providers.answers import NOT_FOUND, Answer, Declined, Done
from integrations.providers.models import Submission
from integrations.providers.ports import Chain, ChainTransaction, Escrows
from integrations.providers.stellar import mapping
from ledger.atomicity import alone
from ledger.events import SYSTEM
from ledger.findings import find
from ledger.wiring import table, wired

Status = Submission.Status

# No ledger can include it as it is, now or later; every other refusal may still be overtaken.
NEVER_INCLUDED = frozenset(
    {
        mapping.MALFORMED,
        "tx_bad_auth",
        "tx_bad_auth_extra",
        "tx_missing_operation",
        "tx_not_supported",
        "tx_soroban_invalid",
    }
)
TREASURY_SHORT = "tx_insufficient_balance"  # whoever pays the fee has too little XLM


def send(submission_id: str) -> None:
    """Hand it in, or look up what became of it; safe to repeat, and at most one at a time."""
    with alone(submission_id) as mine:
        submission = Submission.across_books.filter(pk=submission_id).first()
        if not mine or submission is None:
            return
        if submission.status == Status.SIGNED:
            _mark_sent(submission)
            _hand_in(submission)
        elif submission.status == Status.SENT:
            _look_up(submission)


def hand_over(submission_id: str) -> None:
    """Tell the listener of its purpose that it has ended. Lost, the owner's own sweep finds out."""
    submission = Submission.across_books.get(pk=submission_id)
    listener = table("LISTENERS").get(("submission", submission.purpose))
    if listener is not None:
        wired(listener)(submission_id=submission_id)


def _mark_sent(submission: Submission) -> None:
    """Before the POST: whoever finds SENT after a crash knows that it may have been handed in."""
    with transaction.atomic():
        submission.advance(Status.SENT, by=SYSTEM)


def _hand_in(submission: Submission) -> None:
    """The hash decides, not the answer: refusals before and after inclusion look alike."""
    chain = directory.chain(trail=submission.trail)
    answer = _door(submission, chain).submit(submission.envelope_xdr)
    code = answer.code if isinstance(answer, Declined) else ""
    _keep_attempt(submission, code)
    found = chain.find(submission.inner_hash)
    if isinstance(found, Done):
        _settle(submission, found.value)
    elif _is_missing(found) and code in NEVER_INCLUDED:
        _reject(submission, code)


def _door(submission: Submission, chain: Chain) -> Chain | Escrows:
    """Who hands it in: we do, unless Trustless Work is to do it for those of escrows."""
    about_an_escrow = submission.purpose.startswith("escrow.")
    if settings.TRUSTLESS_WORK_SUBMITS and about_an_escrow:
        return directory.escrows(submission.book_id, trail=submission.trail)
    return chain


def _look_up(submission: Submission) -> None:
    chain = directory.chain(trail=submission.trail)
    found = chain.find(submission.inner_hash)
    if isinstance(found, Done):
        _settle(submission, found.value)
    elif _is_missing(found):
        _bury_or_repeat(submission, chain)


def _bury_or_repeat(submission: Submission, chain: Chain) -> None:
    ledger = chain.latest_ledger()
    if not isinstance(ledger, Done):
        return
    if ledger.value.closed_at <= submission.max_time:
        _hand_in(submission)
        return
    # Once more, after that ledger was read: it may have been included in between.
    found = chain.find(submission.inner_hash)
    if isinstance(found, Done):
        _settle(submission, found.value)
    elif _is_missing(found):
        _end(submission, Status.EXPIRED, reason=submission.result_code)


def _settle(submission: Submission, seen: ChainTransaction) -> None:
    status = Status.CONFIRMED if seen.successful else Status.FAILED
    reason = "" if seen.successful else seen.result_code
    _end(submission, status, reason=reason, ledger=seen.ledger, result_code=seen.result_code)


def _reject(submission: Submission, code: str) -> None:
    _end(submission, Status.REJECTED, reason=code)
    _report(submission, "transaction_rejected", code)


def _end(submission: Submission, status: str, *, reason: str, **facts: object) -> None:
    with transaction.atomic():
        submission.advance(status, by=SYSTEM, reason=reason, **facts)


def _keep_attempt(submission: Submission, code: str) -> None:
    rows = Submission.across_books.filter(pk=submission.pk)
    rows.update(attempts=F("attempts") + 1, result_code=code)
    submission.result_code = code
    if code == TREASURY_SHORT:
        _report(submission, "treasury_lacks_xlm", code)


def _report(submission: Submission, kind: str, code: str) -> None:
    find(
        book=submission.book_id,
        kind=kind,
        subject=submission.id,
        trail=submission.trail,
        observed={"code": code, "purpose": submission.purpose, "hash": submission.inner_hash},
    )


def _is_missing(found: Answer[ChainTransaction]) -> bool:
    return isinstance(found, Declined) and found.code == NOT_FOUND
