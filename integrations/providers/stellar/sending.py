"""Sending: one signed envelope is handed in, looked up, and given its end."""

from django.conf import settings
from django.db import transaction
from django.db.models import F

from integrations.providers import directory
from integrations.providers.answers import Declined, Done, is_missing
from integrations.providers.models import Submission
from integrations.providers.ports import Chain, Escrows, Fault, Inclusion
from integrations.providers.stellar import bids, history, mapping, suspicions
from ledger.atomicity import alone
from ledger.events import SYSTEM
from ledger.wiring import table, wired

Status = Submission.Status


def send(submission_id: str) -> None:
    """Hand it in, or look up what became of it; safe to repeat, and at most one at a time."""
    with alone(submission_id) as mine:
        submission = Submission.across_books.filter(pk=submission_id).first()
        if not mine or submission is None:
            return
        chain = directory.chain(trail=submission.trail)
        if submission.status == Status.SIGNED:
            _mark_sent(submission)
            _hand_in(submission, chain)
        elif submission.status == Status.SENT:
            _look_up(submission, chain)


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


def _hand_in(submission: Submission, chain: Chain) -> None:
    """The hash decides, not the answer: refusals before and after inclusion look alike."""
    bid = bids.to_hand_in(submission, chain)
    answer = _door(submission, chain).submit(bid.envelope_xdr)
    code = answer.code if isinstance(answer, Declined) else ""
    _keep_attempt(submission, code)
    found = chain.find(submission.inner_hash)
    if isinstance(found, Done):
        _settle(submission, found.value)
    elif is_missing(found):
        _consider(submission)


def _door(submission: Submission, chain: Chain) -> Chain | Escrows:
    """Who hands it in: we do, unless Trustless Work is to do it for those of escrows."""
    about_an_escrow = submission.purpose.startswith("escrow.")
    if settings.TRUSTLESS_WORK_SUBMITS and about_an_escrow:
        return directory.escrows(submission.book_id, trail=submission.trail)
    return chain


def _consider(submission: Submission) -> None:
    """It was refused, or not answered, and is not on the chain, or not yet."""
    match submission.fault:
        case Fault.NEVER_VALID if bids.is_only_one(submission):
            _end(submission, Status.REJECTED, reason=submission.result_code)
        case Fault.FEE_TOO_LOW:
            submission.look_again()  # with a higher bid
        case Fault.PAYER_LACKS_XLM:
            suspicions.report(submission, "treasury_lacks_xlm")


def _look_up(submission: Submission, chain: Chain) -> None:
    found = chain.find(submission.inner_hash)
    if isinstance(found, Done):
        _settle(submission, found.value)
    elif is_missing(found):
        _bury_or_repeat(submission, chain)


def _bury_or_repeat(submission: Submission, chain: Chain) -> None:
    ledger = chain.latest_ledger()
    if not isinstance(ledger, Done) or not history.is_fit(ledger.value, submission=submission):
        return
    if ledger.value.closed_at <= submission.max_time:
        _hand_in(submission, chain)
        return
    # Once more, after that ledger was read: it may have been included in between.
    found = chain.find(submission.inner_hash)
    if isinstance(found, Done):
        _settle(submission, found.value)
    elif is_missing(found):
        _bury(submission, chain)


def _bury(submission: Submission, chain: Chain) -> None:
    """Dead for certain. Who used up its sequence number is asked now: nobody asks later."""
    source = chain.account(submission.source)
    if not isinstance(source, Done) and not is_missing(source):
        return
    with transaction.atomic():
        submission.advance(Status.EXPIRED, by=SYSTEM, reason=submission.result_code)
        if isinstance(source, Done):
            suspicions.about_sequence(submission, spent=source.value.sequence)


def _settle(submission: Submission, seen: Inclusion) -> None:
    facts = {
        "ledger": seen.ledger,
        "result_code": seen.result_code,
        "fault": mapping.fault(seen.result_code) or "",
        "fee_charged": seen.fee_charged,
        "outer_hash": seen.outer_hash or submission.outer_hash,
    }
    status = Status.CONFIRMED if seen.successful else Status.FAILED
    _end(submission, status, reason="" if seen.successful else seen.result_code, **facts)


def _end(submission: Submission, status: str, *, reason: str, **facts: object) -> None:
    """The end, and whatever it gives reason to suspect, are written together."""
    with transaction.atomic():
        submission.advance(status, by=SYSTEM, reason=reason, **facts)
        suspicions.raised_by(submission)


def _keep_attempt(submission: Submission, code: str) -> None:
    submission.result_code, submission.fault = code, mapping.fault(code) or ""
    rows = Submission.across_books.filter(pk=submission.pk)
    rows.update(attempts=F("attempts") + 1, result_code=code, fault=submission.fault)
