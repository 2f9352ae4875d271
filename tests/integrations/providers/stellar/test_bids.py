"""Bids: the price is raised around the same signed transaction, and at most one bid applies."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from stellar_sdk import FeeBumpTransactionEnvelope

from integrations.providers import directory
from integrations.providers.intents import PayFees
from integrations.providers.models import Bid, Signing, Submission, Wallet
from integrations.providers.stellar import bids, pricing, signer, wallets
from integrations.providers.stellar.networks import network
from ledger import clock
from ledger.models import Finding
from tests.integrations.providers.stellar.handing_in import claim, prepared, sent
from tests.integrations.providers.stellar.pretend import Pretend

Status = Submission.Status
TOO_LOW = {"transaction": "tx_insufficient_fee"}


def offers(row: Submission) -> list[int]:
    return list(
        Bid.across_books.filter(submission=row).order_by("id").values_list("rate", flat=True)
    )


def bumps(horizon: Pretend) -> Iterator[FeeBumpTransactionEnvelope]:
    for posted in horizon.posted:
        yield FeeBumpTransactionEnvelope.from_xdr(posted, network().passphrase)


@pytest.mark.parametrize(
    ("offered", "rate"), [(0, 10_000), (100, 10_000), (54_321, 54_321), (9_000_000, 1_000_000)]
)
def test_the_first_bid_is_what_others_offer_between_floor_and_ceiling(
    horizon: Pretend, db: None, offered: int, rate: int
) -> None:
    horizon.offered = offered
    assert pricing.first_rate(directory.chain()) == rate


def test_a_bid_is_stored_before_it_is_handed_in(claimed: Submission, horizon: Pretend) -> None:
    bid = bids.newest(claimed)
    assert bid.outer_hash == claimed.outer_hash
    assert bid.fee == 5 * 10_000  # four operations, and the fee bump
    assert horizon.posted == []
    sent(claimed)
    assert horizon.posted == [bid.envelope_xdr]
    assert claimed.fee_charged == 400


def test_a_bid_that_is_too_low_is_raised_around_the_same_transaction(
    claimed: Submission, horizon: Pretend
) -> None:
    first = claimed.outer_hash
    horizon.refuses = TOO_LOW
    assert sent(claimed).status == Status.SENT
    assert claimed.wake_at is not None
    assert claimed.wake_at < clock.now() + timedelta(seconds=2)  # it is looked at again soon
    horizon.refuses = None
    assert sent(claimed).status == Status.CONFIRMED
    assert offers(claimed) == [10_000, 100_000]
    low, high = bumps(horizon)
    assert low.transaction.inner_transaction_envelope == high.transaction.inner_transaction_envelope
    assert (low.hash_hex(), high.hash_hex()) == (first, claimed.outer_hash)
    wraps = Bid.across_books.filter(submission=claimed).values_list("outer_hash", flat=True)
    assert set(wraps) == {first, claimed.outer_hash}


def test_whichever_bid_is_applied_it_is_settled_once(claimed: Submission, horizon: Pretend) -> None:
    """The first one was in the queue all along, and a second one was made meanwhile."""
    horizon.refuses = TOO_LOW
    sent(claimed)
    sent(claimed)
    first, second = Bid.across_books.filter(submission=claimed).order_by("id")
    horizon.refuses = None
    horizon.answer_post(first.envelope_xdr)
    horizon.answer_post(second.envelope_xdr)
    assert len(horizon.applied) == 1
    assert sent(claimed).status == Status.CONFIRMED
    assert claimed.outer_hash == first.outer_hash


def test_a_bid_that_has_stood_too_long_is_raised_tenfold(
    claimed: Submission, horizon: Pretend, monkeypatch: pytest.MonkeyPatch
) -> None:
    horizon.drops = True
    sent(claimed)
    assert offers(sent(claimed)) == [10_000]
    monkeypatch.setattr(bids, "PATIENCE", timedelta(0))
    horizon.offered = 50_000
    assert offers(sent(claimed)) == [10_000, 100_000]
    horizon.offered = 500_000
    assert offers(sent(claimed)) == [10_000, 100_000, 1_000_000]


def test_at_the_ceiling_it_is_told_and_the_same_bid_is_handed_in_again(
    claimed: Submission, horizon: Pretend, settings: LazySettings
) -> None:
    settings.STELLAR_BID_CEILING = 10_000
    horizon.refuses = TOO_LOW
    sent(claimed)
    sent(claimed)
    assert offers(claimed) == [10_000]
    assert len(set(horizon.posted)) == 1
    assert Finding.across_books.get(kind="bid_at_its_ceiling").subject == claimed.id


def test_a_transaction_of_the_treasury_itself_can_be_raised_too(
    claimed: Submission, treasury: Wallet, horizon: Pretend
) -> None:
    assert claimed.source == treasury.address
    sent(claimed)
    [bump] = bumps(horizon)
    assert bump.transaction.fee_source.account_id == treasury.address


def test_a_frozen_treasury_raises_nothing(claimed: Submission, horizon: Pretend) -> None:
    horizon.refuses = TOO_LOW
    sent(claimed)
    wallets.freeze(claimed.source)
    horizon.refuses = None
    assert sent(claimed).status == Status.CONFIRMED
    assert offers(claimed) == [10_000]


def test_w29_a_fee_is_paid_for_the_named_transaction_and_no_other(
    claimed: Submission, wallet: Wallet, treasury: Wallet, horizon: Pretend
) -> None:
    sent(claimed)
    other = claim(prepared(wallet, treasury), "other")
    intent = PayFees(
        signer=treasury.address, submission=other.id, inner_hash=other.inner_hash, bid=1_000
    )
    before = Signing.across_books.count()
    with pytest.raises(ValueError, match="is not the transaction"):
        signer.pay_fees(intent, signed_xdr=claimed.envelope_xdr, payer=treasury)
    assert Signing.across_books.count() == before


def test_every_bid_is_in_the_record_of_signing(claimed: Submission, horizon: Pretend) -> None:
    horizon.refuses = TOO_LOW
    sent(claimed)
    sent(claimed)
    signed = Signing.across_books.get(intent__intent="PayFees")
    assert signed.tx_hash == claimed.outer_hash
    assert signed.intent["bid"] == 100_000
