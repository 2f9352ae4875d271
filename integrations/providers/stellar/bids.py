"""Bids: the fee bumps around one signed transaction, each stored before it is handed in.

All of them wrap the same inner transaction, whose sequence number can be used once: whichever is
applied, it is the same payment, and the others never will be.
"""

from datetime import timedelta

from django.db import transaction

from integrations.providers.intents import PayFees
from integrations.providers.models import Bid, Submission
from integrations.providers.ports import Chain, Fault
from integrations.providers.stellar import pricing, signer, wallets
from ledger import clock
from ledger.atomicity import require_transaction
from ledger.findings import find

PATIENCE = timedelta(seconds=30)  # that a bid may stand before it is raised


def store(submission: Submission, bump: signer.Bump, *, rate: int) -> Bid:
    """Keep a signed fee bump, in the caller's transaction."""
    require_transaction()
    bid: Bid = Bid.across_books.create(
        book_id=submission.book_id,
        submission=submission,
        outer_hash=bump.hash,
        envelope_xdr=bump.envelope_xdr,
        rate=rate,
        fee=bump.fee,
        made_at=clock.now(),
    )
    return bid


def newest(submission: Submission) -> Bid:
    """The bid that stands."""
    bid: Bid = Bid.across_books.filter(submission=submission).latest("id")
    return bid


def to_hand_in(submission: Submission, chain: Chain) -> Bid:
    """The bid that stands, or a higher one if that was too low or has stood for too long."""
    standing = newest(submission)
    if not _is_due(submission, standing):
        return standing
    rate = pricing.next_rate(chain, last=standing.rate)
    if rate == standing.rate:
        _report_ceiling(submission, standing)
        return standing
    return _raise(submission, rate) or standing


def is_only_one(submission: Submission) -> bool:
    """Whether no other bid can be included in place of the one that was just refused."""
    return Bid.across_books.filter(submission=submission).count() == 1


def _is_due(submission: Submission, standing: Bid) -> bool:
    is_too_low = submission.fault == Fault.FEE_TOO_LOW
    return is_too_low or clock.now() - standing.made_at > PATIENCE


def _raise(submission: Submission, rate: int) -> Bid | None:
    """None where the treasury may not sign just now."""
    payer = wallets.treasury(submission.book_id)
    if payer.frozen_at:
        return None
    intent = PayFees(
        signer=payer.address,
        submission=submission.id,
        inner_hash=submission.inner_hash,
        bid=rate,
    )
    try:
        bump = signer.pay_fees(intent, signed_xdr=submission.envelope_xdr, payer=payer)
    except signer.Corrupted:
        return None
    with transaction.atomic():
        bid = store(submission, bump, rate=rate)
        Submission.across_books.filter(pk=submission.pk).update(outer_hash=bump.hash)
    return bid


def _report_ceiling(submission: Submission, standing: Bid) -> None:
    find(
        book=submission.book_id,
        kind="bid_at_its_ceiling",
        subject=submission.id,
        trail=submission.trail,
        observed={"rate": standing.rate, "code": submission.result_code},
    )
