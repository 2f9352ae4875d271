"""Every attack by whoever builds transactions for us: refused, with a row that says why (W-29)."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from stellar_sdk import (
    Asset,
    FeeBumpTransactionEnvelope,
    MuxedAccount,
    StrKey,
    TransactionBuilder,
    TransactionEnvelope,
    scval,
    xdr,
)

from integrations.providers.answers import Declined
from integrations.providers.models import Signing, Submission, Wallet
from integrations.providers.stellar import submission
from integrations.providers.stellar.invocations import authorisation_of
from integrations.providers.stellar.networks import network
from integrations.providers.trustlesswork.abi import Call
from ledger import clock
from ledger.models import Finding
from tests.integrations.providers.stellar.capital import bring_in
from tests.integrations.providers.stellar.terms import (
    ADA,
    DEPLOY,
    FUND,
    MALLORY,
    ROLES,
    TREASURY,
    builder_for,
    call_for,
    elsewhere,
    envelope_of,
    stranger,
)
from tests.integrations.providers.stub import Stub

NEXT = 101  # the treasury's next sequence number
XLM = 10_000_000


def after(time: timedelta) -> int:
    return int((clock.now() + time).timestamp())


def built(
    call: Call | None = None,
    *,
    auth: list[xdr.SorobanAuthorizationEntry] | None = None,
    source: str = FUND.signer,
    sequence: int = NEXT,
    fee: int = 100_100,
    expires: timedelta = timedelta(minutes=5),
) -> TransactionEnvelope:
    return envelope_of(
        call or call_for(FUND),
        source,
        auth=auth,
        sequence=sequence,
        fee=fee,
        expires=after(expires),
    )


def other(add: Callable[[TransactionBuilder], object]) -> TransactionEnvelope:
    """A transaction of another kind, bounded as an honest one is."""
    builder = builder_for(FUND.signer, sequence=NEXT)
    add(builder)
    return builder.add_time_bounds(0, after(timedelta(minutes=5))).build()


def changed(change: Callable[[TransactionEnvelope], object]) -> TransactionEnvelope:
    envelope = built()
    change(envelope)
    return envelope


def swapped() -> Call:
    terms = replace(DEPLOY, roles=replace(ROLES, receiver=MALLORY.public_key))
    return call_for(replace(FUND, terms=terms))


def with_a_branch() -> list[xdr.SorobanAuthorizationEntry]:
    entry = authorisation_of(call_for(FUND))
    drain = authorisation_of(elsewhere(call_for(FUND))).root_invocation
    entry.root_invocation.sub_invocations.append(drain)
    return [entry]


def twice() -> list[xdr.SorobanAuthorizationEntry]:
    return [authorisation_of(call_for(FUND))] * 2


def by_address() -> list[xdr.SorobanAuthorizationEntry]:
    entry = authorisation_of(call_for(FUND))
    entry.credentials = xdr.SorobanCredentials(
        xdr.SorobanCredentialsType.SOROBAN_CREDENTIALS_ADDRESS,
        address=xdr.SorobanAddressCredentials(
            address=scval.to_address(ADA.public_key).address,
            nonce=xdr.Int64(1),
            signature_expiration_ledger=xdr.Uint32(9),
            signature=scval.to_void(),
        ),
    )
    return [entry]


def two_operations(builder: TransactionBuilder) -> None:
    builder.append_operation(built().transaction.operations[0])
    builder.append_payment_op(MALLORY.public_key, Asset.native(), "1")


def with_a_memo(builder: TransactionBuilder) -> None:
    builder.add_text_memo("hello").append_operation(built().transaction.operations[0])


def unbounded(envelope: TransactionEnvelope) -> None:
    envelope.transaction.preconditions = None


def muxed(envelope: TransactionEnvelope) -> None:
    envelope.transaction.source = MuxedAccount(TREASURY.public_key, 1)


def other_operation_source(envelope: TransactionEnvelope) -> None:
    envelope.transaction.operations[0].source = MuxedAccount.from_account(MALLORY.public_key)


def signed(envelope: TransactionEnvelope) -> None:
    envelope.sign(stranger())


def bumped() -> FeeBumpTransactionEnvelope:
    return TransactionBuilder.build_fee_bump_transaction(
        MALLORY.public_key, 100_100, built(), network().passphrase
    )


def trailing() -> str:
    return base64.b64encode(built().to_xdr_object().to_xdr_bytes() + b"\0\0\0\0").decode()


# What was built, and what the audit row says.
ATTACKS: dict[str, tuple[Callable[[], TransactionEnvelope | FeeBumpTransactionEnvelope | str], str]]
ATTACKS = {
    "amount times ten": (
        lambda: built(call_for(replace(FUND, amount=FUND.amount * 10))),
        "arguments are not those of the order",
    ),
    "other contract": (
        lambda: built(call_for(replace(FUND, contract_id=StrKey.encode_contract(b"\x08" * 32)))),
        "it calls another contract",
    ),
    "other function": (
        lambda: built(replace(call_for(FUND), function="release_funds")),
        "it calls another function",
    ),
    "receiver swapped inside the struct": (
        lambda: built(swapped()),
        "arguments are not those of the order",
    ),
    "extra sub-invocation": (
        lambda: built(auth=with_a_branch()),
        "authorises something else or something more",
    ),
    "second auth entry": (lambda: built(auth=twice()), "exactly one authorisation"),
    "address credentials": (lambda: built(auth=by_address()), "authorises something else"),
    "classic payment": (
        lambda: other(lambda b: b.append_payment_op(MALLORY.public_key, network().usdc, "100")),
        "not a contract call",
    ),
    "extra operation": (lambda: other(two_operations), "exactly one operation"),
    "merge": (
        lambda: other(lambda b: b.append_account_merge_op(MALLORY.public_key)),
        "not a contract call",
    ),
    "added signer": (
        lambda: other(lambda b: b.append_ed25519_public_key_signer(MALLORY.public_key, 255)),
        "not a contract call",
    ),
    "100 XLM fee": (lambda: built(fee=100 * XLM), "fee is above our cap"),
    "no expiry": (lambda: changed(unbounded), "no time bounds"),
    "expired": (lambda: built(expires=timedelta(hours=-1)), "it has expired"),
    "far expiry": (lambda: built(expires=timedelta(days=365)), "valid for too long"),
    "wrong source": (lambda: built(source=MALLORY.public_key), "source is not our account"),
    "other source of the operation": (
        lambda: changed(other_operation_source),
        "operation has another source",
    ),
    "muxed source": (lambda: changed(muxed), "source is not our account"),
    "future sequence": (lambda: built(sequence=NEXT + 1_000), "sequence number is 1101, not 101"),
    "memo": (lambda: other(with_a_memo), "carries a memo"),
    "signed already": (lambda: changed(signed), "signed it already"),
    "garbage": (lambda: "not base64!", "it is no transaction"),
    "trailing bytes": (trailing, "it is no transaction"),
    "fee bump": (bumped, "not a plain transaction"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_w29_an_attack_is_refused_with_a_row_that_says_why(
    book: int, treasury: Wallet, trustless_work: Stub, attack: str
) -> None:
    bring_in(treasury, FUND.amount * 10)
    build, why = ATTACKS[attack]
    envelope = build()
    text = envelope if isinstance(envelope, str) else envelope.to_xdr()
    answer = {"status": "SUCCESS", "unsignedTransaction": text}
    trustless_work.answers = [(201, json.dumps(answer).encode())]

    refused = submission.prepare(book=book, intent=FUND, about="ord_1")

    assert isinstance(refused, Declined), refused
    assert refused.code == submission.TAMPERED
    row = Signing.across_books.get()
    assert why in row.verdict
    assert (row.wallet, row.tx_hash, row.intent["intent"]) == (treasury, "", "FundEscrow")
    assert Finding.across_books.get(kind="tampered_transaction").observed["why"] == row.verdict
    assert not Submission.across_books.exists()
