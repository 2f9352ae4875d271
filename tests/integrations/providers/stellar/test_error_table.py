"""Every row of the table of answers to a submission, against real HTTP (W-05).

| answer                                   | what becomes of it                                   |
|------------------------------------------|------------------------------------------------------|
| 200, or found successful                 | CONFIRMED                                            |
| found, without success                   | FAILED, with our word for why                        |
| 504, 503, 500, 429, silence, async words | unknown: looked up, the same bytes handed in again   |
| sequence, time, fee, fee payer's balance | unknown, until the hash is found or proven dead      |
| bad signature, malformed                 | REJECTED, a finding                                  |
| sender short or barred                   | FAILED, the wallet frozen, a finding                 |
| recipient missing, barred, full          | FAILED, told as the recipient's fault                |
| history of another network, or gone back | nothing ends                                         |
"""

from datetime import timedelta
from typing import Any

import pytest
from stellar_sdk import xdr

from integrations.providers.models import Submission, Wallet
from integrations.providers.ports import Fault
from integrations.providers.stellar import pace, sending
from integrations.providers.stellar.networks import NETWORKS
from ledger.models import Finding
from tests.integrations.providers.stellar.handing_in import claim, prepared, sent
from tests.integrations.providers.stellar.pretend import Pretend, failure

Status = Submission.Status
Payment = xdr.PaymentResultCode
Contract = xdr.InvokeHostFunctionResultCode
Opening = xdr.CreateAccountResultCode


def findings() -> set[str]:
    return set(Finding.across_books.values_list("kind", flat=True))


def frozen() -> set[str]:
    return set(Wallet.across_books.exclude(frozen_at=None).values_list("role", flat=True))


def pass_the_time_of(row: Submission, horizon: Pretend) -> None:
    """A ledger beyond its time bound closes."""
    horizon.closed_at = row.max_time + timedelta(seconds=1)


# -- Not known -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (504, {"title": "Timeout", "status": 504}),
        (503, {"type": ".../stale_history", "title": "Historical DB Is Too Stale", "status": 503}),
        (500, {"status": 500}),
        (429, {"title": "Rate Limit Exceeded", "status": 429}),
        (403, "<html>a proxy</html>"),
        (400, {"title": "Transaction Failed", "status": 400}),  # and does not say why
        (503, {"tx_status": "TRY_AGAIN_LATER", "hash": "00"}),
        (409, {"tx_status": "DUPLICATE", "hash": "00"}),
        (201, {"tx_status": "PENDING", "hash": "00"}),
    ],
)
def test_w05_an_answer_that_settles_nothing_keeps_it_unknown(
    claimed: Submission, horizon: Pretend, status: int, body: Any
) -> None:
    horizon.answers_posts_with = (status, body)
    assert sent(claimed).status == Status.SENT
    horizon.answers_posts_with = None
    pace.forget()
    assert sent(claimed).status == Status.CONFIRMED
    assert len(set(horizon.posted)) == 1
    assert len(horizon.applied) == 1
    assert not findings()


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("tx_bad_seq", Fault.SEQUENCE_SPENT),
        ("tx_too_late", Fault.TOO_LATE),
        ("tx_insufficient_fee", Fault.FEE_TOO_LOW),
        ("tx_insufficient_balance", Fault.PAYER_LACKS_XLM),
        ("tx_no_source_account", Fault.OTHER),
        ("tx_internal_error", Fault.OTHER),
    ],
)
def test_w05_a_refusal_that_may_be_overtaken_ends_nothing(
    claimed: Submission, horizon: Pretend, code: str, fault: Fault
) -> None:
    horizon.refuses = {"transaction": code}
    assert sent(claimed).status == Status.SENT
    assert (claimed.result_code, claimed.fault) == (code, fault)
    expected = {"treasury_lacks_xlm"} if fault is Fault.PAYER_LACKS_XLM else set()
    assert findings() == expected
    horizon.refuses = None
    assert sent(claimed).status == Status.CONFIRMED
    assert claimed.fault == ""


def test_w05_too_late_is_expired_only_when_the_hash_is_missing_and_a_later_ledger_has_closed(
    claimed: Submission, horizon: Pretend
) -> None:
    horizon.refuses = {"transaction": "tx_too_late"}
    assert sent(claimed).status == Status.SENT
    assert sent(claimed).status == Status.SENT
    pass_the_time_of(claimed, horizon)
    assert sent(claimed).status == Status.EXPIRED
    assert not frozen()


def test_w05_bad_seq_because_an_old_copy_was_applied_is_confirmed(
    claimed: Submission, horizon: Pretend
) -> None:
    horizon.loses_answer = horizon.hides = True
    sent(claimed)
    horizon.refuses, horizon.hides = {"transaction": "tx_bad_seq"}, False
    assert sent(claimed).status == Status.CONFIRMED


def test_a_sequence_number_that_a_stranger_used_freezes_the_account(
    claimed: Submission, horizon: Pretend
) -> None:
    horizon.accounts[claimed.source]["sequence"] = str(claimed.sequence)
    horizon.refuses = {"transaction": "tx_bad_seq"}
    assert sent(claimed).status == Status.SENT
    assert not frozen()  # it may still be our own, and not be seen yet
    pass_the_time_of(claimed, horizon)
    assert sent(claimed).status == Status.EXPIRED
    assert findings() == {"sequence_used_by_others"}
    assert frozen() == {"TREASURY"}


def test_after_a_bad_sequence_number_of_our_own_the_next_one_is_read_anew(
    claimed: Submission, wallet: Wallet, treasury: Wallet, horizon: Pretend
) -> None:
    """We had read the account from a copy that lagged behind."""
    horizon.refuses = {"transaction": "tx_bad_seq"}
    sent(claimed)
    pass_the_time_of(claimed, horizon)
    assert sent(claimed).status == Status.EXPIRED
    horizon.refuses = None
    horizon.accounts[treasury.address]["sequence"] = "200"
    again = claim(prepared(wallet, treasury), wallet.id)
    assert again.sequence == 201
    assert sent(again).status == Status.CONFIRMED


# -- Refused for certain ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "codes",
    [
        {"transaction": "tx_bad_auth"},
        {"transaction": "tx_bad_auth_extra"},
        {"transaction": "tx_missing_operation"},
        {"transaction": "tx_fee_bump_inner_failed", "inner_transaction": "tx_bad_auth"},
    ],
)
def test_a_bad_signature_is_rejected_for_good(
    claimed: Submission, horizon: Pretend, codes: dict[str, str]
) -> None:
    horizon.refuses = codes
    assert sent(claimed).status == Status.REJECTED
    assert claimed.fault == Fault.NEVER_VALID
    assert findings() == {"transaction_rejected"}


def test_what_horizon_cannot_even_read_is_rejected(claimed: Submission, horizon: Pretend) -> None:
    malformed = {"type": "https://stellar.org/horizon-errors/transaction_malformed", "status": 400}
    horizon.answers_posts_with = (400, malformed)
    assert sent(claimed).status == Status.REJECTED


def test_a_bad_signature_on_a_second_bid_ends_nothing_while_the_first_may_be_included(
    claimed: Submission, horizon: Pretend
) -> None:
    horizon.refuses = {"transaction": "tx_insufficient_fee"}
    sent(claimed)
    horizon.refuses = {"transaction": "tx_bad_auth"}
    assert sent(claimed).status == Status.SENT
    pass_the_time_of(claimed, horizon)
    assert sent(claimed).status == Status.EXPIRED


# -- Included, without effect ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (Payment.PAYMENT_UNDERFUNDED, Fault.SENDER_SHORT),
        (Payment.PAYMENT_SRC_NO_TRUST, Fault.SENDER_BARRED),
        (Payment.PAYMENT_SRC_NOT_AUTHORIZED, Fault.SENDER_BARRED),
    ],
)
def test_a_wallet_with_less_than_the_books_say_is_frozen(
    claimed: Submission, horizon: Pretend, code: Any, fault: Fault
) -> None:
    horizon.fails, horizon.result_xdr = True, failure(code)
    assert sent(claimed).status == Status.FAILED
    assert claimed.fault == fault
    assert findings() == {"wallet_differs_from_books"}
    assert frozen() == {"TREASURY"}


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (Payment.PAYMENT_NO_TRUST, Fault.RECIPIENT_TRUSTS_NOT),
        (Payment.PAYMENT_NO_DESTINATION, Fault.RECIPIENT_MISSING),
        (Payment.PAYMENT_LINE_FULL, Fault.RECIPIENT_FULL),
        (Payment.PAYMENT_NOT_AUTHORIZED, Fault.RECIPIENT_BARRED),
    ],
)
def test_a_recipient_at_fault_is_told_as_such_and_nobody_is_frozen(
    claimed: Submission, horizon: Pretend, code: Any, fault: Fault
) -> None:
    horizon.fails, horizon.result_xdr = True, failure(code)
    assert sent(claimed).status == Status.FAILED
    assert claimed.fault == fault
    assert not findings()
    assert not frozen()


@pytest.mark.parametrize(
    ("code", "fault", "found"),
    [
        (Contract.INVOKE_HOST_FUNCTION_TRAPPED, Fault.CONTRACT_REFUSED, set()),
        (
            Contract.INVOKE_HOST_FUNCTION_ENTRY_ARCHIVED,
            Fault.CONTRACT_ARCHIVED,
            {"contract_archived"},
        ),
        (
            Contract.INVOKE_HOST_FUNCTION_RESOURCE_LIMIT_EXCEEDED,
            Fault.RESOURCES_EXCEEDED,
            set(),
        ),
        (Opening.CREATE_ACCOUNT_LOW_RESERVE, Fault.SPONSOR_SHORT, {"treasury_lacks_xlm"}),
        (Opening.CREATE_ACCOUNT_ALREADY_EXIST, Fault.EXISTS_ALREADY, set()),
        (Payment.PAYMENT_NO_ISSUER, Fault.OTHER, set()),
    ],
)
def test_other_failures_have_a_word_of_ours_too(
    claimed: Submission, horizon: Pretend, code: Any, fault: Fault, found: set[str]
) -> None:
    horizon.fails, horizon.result_xdr = True, failure(code)
    assert sent(claimed).status == Status.FAILED
    assert claimed.fault == fault
    assert findings() == found
    assert not frozen()


# -- What the history may prove --------------------------------------------------------------------


def test_w05_a_stale_history_proves_no_death(claimed: Submission, horizon: Pretend) -> None:
    horizon.drops = True
    sent(claimed)
    pass_the_time_of(claimed, horizon)
    horizon.is_down = True  # 503 to everything
    assert sent(claimed).status == Status.SENT
    horizon.is_down = False
    assert sent(claimed).status == Status.EXPIRED


def test_w05_the_history_of_another_network_proves_nothing(
    claimed: Submission, horizon: Pretend
) -> None:
    horizon.drops = True
    sent(claimed)
    pass_the_time_of(claimed, horizon)
    horizon.passphrase = NETWORKS["testnet"].passphrase
    assert sent(claimed).status == Status.SENT
    horizon.passphrase = NETWORKS["simulated"].passphrase
    assert sent(claimed).status == Status.EXPIRED


def test_w05_a_history_that_went_back_proves_nothing(
    claimed: Submission, wallet: Wallet, treasury: Wallet, horizon: Pretend
) -> None:
    assert sent(claimed).ledger == 7
    second = claim(prepared(wallet, treasury), "second")
    horizon.drops = True
    sent(second)
    pass_the_time_of(second, horizon)
    horizon.ledger = 6
    assert sent(second).status == Status.SENT
    assert findings() == {"history_went_back"}
    horizon.ledger = 7
    assert sent(second).status == Status.EXPIRED


def test_w05_what_is_included_while_we_wait_for_the_proof_is_confirmed(
    claimed: Submission, horizon: Pretend
) -> None:
    horizon.loses_answer = horizon.hides = True
    sent(claimed)
    pass_the_time_of(claimed, horizon)
    horizon.hides_until_the_ledger_is_read = True
    assert sent(claimed).status == Status.CONFIRMED


# -- Pace ------------------------------------------------------------------------------------------


def test_after_429_this_process_leaves_horizon_alone_for_longer_and_longer(
    claimed: Submission, horizon: Pretend
) -> None:
    horizon.answers_posts_with = (429, {"status": 429})
    sent(claimed)
    asked = len(horizon.asked)
    sending.send(claimed.id)
    assert len(horizon.asked) == asked
    rests = []
    for _ in range(8):
        pace.heard(horizon.url, status=429)
        rests.append(pace._rests[horizon.url][1])
    assert rests == [2, 4, 8, 16, 32, 60, 60, 60]
    pace.heard(horizon.url, status=200)
    assert not pace.is_resting(horizon.url)
