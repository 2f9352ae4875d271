"""Submissions: unknown until the hash is found, or proven never to come."""

import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, transaction

from integrations.providers.answers import Declined, Done, Unclear
from integrations.providers.models import Call as CallRow
from integrations.providers.models import Signing, Submission, Wallet
from integrations.providers.stellar import bids, submission, watching
from integrations.providers.trustlesswork.abi import Call
from ledger import clock
from ledger.models import Event, Finding
from tests.integrations.providers.stellar.capital import bring_in
from tests.integrations.providers.stellar.handing_in import claim, prepare, prepared, sent
from tests.integrations.providers.stellar.pretend import Pretend
from tests.integrations.providers.stellar.terms import FUND, call_for, envelope_of
from tests.integrations.providers.stub import Stub

Status = Submission.Status


# -- Claim -----------------------------------------------------------------------------------------


def test_preparing_stores_nothing_and_needs_no_transaction(
    wallet: Wallet, treasury: Wallet
) -> None:
    prepared(wallet, treasury)
    assert not Submission.across_books.exists()
    with pytest.raises(ProgrammingError), transaction.atomic():
        prepare(wallet, treasury)


def test_claiming_commits_the_envelope_and_its_hash_before_anybody_sees_it(
    claimed: Submission, horizon: Pretend
) -> None:
    assert claimed.status == Status.SIGNED
    assert claimed.envelope_xdr
    assert len(claimed.inner_hash) == 64
    assert clock.now() < claimed.max_time < clock.now() + timedelta(seconds=121)
    assert horizon.posted == []


def test_a_second_transaction_of_the_same_source_is_busy(
    book: int, wallet: Wallet, treasury: Wallet
) -> None:
    first, second = prepared(wallet, treasury), prepared(wallet, treasury)
    claim(first, wallet.id)
    with pytest.raises(submission.Busy):
        claim(second, "another")
    assert isinstance(prepare(wallet, treasury), Unclear)


def test_a_transaction_with_a_sequence_number_that_is_spent_is_busy(
    wallet: Wallet, treasury: Wallet
) -> None:
    first, second = prepared(wallet, treasury), prepared(wallet, treasury)
    assert sent(claim(first, wallet.id)).status == Status.CONFIRMED
    with pytest.raises(submission.Busy):
        claim(second, "another")


def test_a_frozen_wallet_signs_nothing(wallet: Wallet, treasury: Wallet) -> None:
    ready = prepared(wallet, treasury)
    Wallet.across_books.filter(pk=treasury.pk).update(frozen_at=clock.now())
    answer = prepare(wallet, treasury)
    assert isinstance(answer, Declined)
    assert answer.code == submission.FROZEN
    with pytest.raises(submission.Frozen):
        claim(ready, wallet.id)


# -- Send ------------------------------------------------------------------------------------------


def test_what_is_included_is_confirmed(claimed: Submission, horizon: Pretend) -> None:
    assert sent(claimed).status == Status.CONFIRMED
    assert (claimed.ledger, claimed.result_code, claimed.attempts) == (7, "tx_success", 1)
    sent(claimed)
    assert len(horizon.posted) == 1
    assert Event.across_books.filter(resource_id=claimed.id, type="submission.confirmed").exists()


def test_an_answer_lost_after_it_was_applied_is_found_by_its_hash(
    claimed: Submission, horizon: Pretend
) -> None:
    horizon.loses_answer = True
    assert sent(claimed).status == Status.CONFIRMED
    assert len(horizon.applied) == 1


def test_what_was_dropped_is_handed_in_again_with_the_same_bytes(
    claimed: Submission, horizon: Pretend
) -> None:
    horizon.drops = True
    assert sent(claimed).status == Status.SENT
    horizon.drops = False
    assert sent(claimed).status == Status.CONFIRMED
    assert horizon.posted == [bids.newest(claimed).envelope_xdr] * 2
    assert claimed.attempts == 2


def test_it_stays_unknown_while_nothing_can_be_read(claimed: Submission, horizon: Pretend) -> None:
    horizon.loses_answer = horizon.is_down = True
    assert sent(claimed).status == Status.SENT
    horizon.closed_at = claimed.max_time + timedelta(days=1)
    assert sent(claimed).status == Status.SENT
    horizon.is_down = False
    assert sent(claimed).status == Status.CONFIRMED


def test_it_expires_only_when_a_ledger_past_its_time_has_closed(
    claimed: Submission, horizon: Pretend
) -> None:
    horizon.drops = True
    horizon.closed_at = claimed.max_time
    assert sent(claimed).status == Status.SENT
    assert sent(claimed).status == Status.SENT  # a ledger closed exactly then may still have it
    horizon.closed_at = claimed.max_time + timedelta(seconds=1)
    assert sent(claimed).status == Status.EXPIRED
    assert len(horizon.posted) == 2


def test_a_failed_transaction_is_failed_with_its_reason(
    claimed: Submission, horizon: Pretend
) -> None:
    horizon.fails = True
    assert sent(claimed).status == Status.FAILED
    assert claimed.result_code == "tx_failed/op_low_reserve"


def test_a_dead_transaction_is_not_claimed_again_but_its_sequence_number_is_used(
    wallet: Wallet, treasury: Wallet, horizon: Pretend
) -> None:
    ready = prepared(wallet, treasury)
    horizon.drops = True
    dead = sent(claim(ready, wallet.id))
    horizon.closed_at = dead.max_time + timedelta(seconds=1)
    assert sent(dead).status == Status.EXPIRED
    with pytest.raises(submission.Busy):
        claim(ready, wallet.id)
    time.sleep(1)  # its time bound is in whole seconds
    assert claim(prepared(wallet, treasury), wallet.id).sequence == dead.sequence


def test_the_watcher_finds_what_was_handed_in(claimed: Submission, horizon: Pretend) -> None:
    horizon.drops = True
    sent(claimed)
    Submission.across_books.update(status_since=clock.now() - timedelta(seconds=2))
    horizon.drops = False
    assert watching.look_up_submissions() == 1
    claimed.refresh_from_db()
    assert claimed.status == Status.CONFIRMED


def test_every_word_to_the_chain_is_kept(claimed: Submission, horizon: Pretend) -> None:
    sent(claimed)
    post = CallRow.objects.get(method="POST")
    assert (post.provider, post.path, post.status) == ("stellar", "/transactions", 200)
    assert post.trail == claimed.order


# -- What Trustless Work built ---------------------------------------------------------------------


def built(call: Call) -> list[tuple[int, bytes]]:
    envelope = envelope_of(
        call, FUND.signer, sequence=101, expires=int(clock.now().timestamp()) + 300
    )
    answer = {"status": "SUCCESS", "unsignedTransaction": envelope.to_xdr()}
    return [(201, json.dumps(answer).encode())]


def test_an_honest_transaction_is_signed(book: int, treasury: Wallet, trustless_work: Stub) -> None:
    trustless_work.answers = built(call_for(FUND))
    bring_in(treasury, FUND.amount)
    answer = submission.prepare(book=book, intent=FUND, about="ord_1")
    assert isinstance(answer, Done)
    signed = answer.value.signed
    hashes = set(Signing.across_books.values_list("tx_hash", flat=True))
    assert hashes == {signed.inner_hash, signed.bump.hash}


def test_a_tampered_transaction_is_refused_with_a_row_that_says_why(
    book: int, treasury: Wallet, trustless_work: Stub
) -> None:
    trustless_work.answers = built(call_for(replace(FUND, amount=FUND.amount * 10)))
    for _ in range(2):
        answer = submission.prepare(book=book, intent=FUND, about="ord_1")
        assert isinstance(answer, Declined)
        assert answer.code == submission.TAMPERED
    refusals = Signing.across_books.filter(wallet=treasury)
    assert {(each.tx_hash, each.verdict) for each in refusals} == {
        ("", "its arguments are not those of the order")
    }
    assert refusals[0].intent["intent"] == "FundEscrow"
    assert Finding.across_books.get(kind="tampered_transaction").subject == "ord_1"


def test_the_command_looks_once(claimed: Submission, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("watch_stellar", "--once")
    assert "looked at: 0" in capsys.readouterr().out
