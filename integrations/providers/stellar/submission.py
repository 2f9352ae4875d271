"""Submissions: a transaction is prepared, claimed, handed in, and believed only once it is found.

*Prepare* builds, guards and signs, and stores nothing of it. *Claim* commits envelope and hashes
together with the caller's intention. *Send* hands the envelope in and looks its hash up; it ends
when the chain shows the hash, or proves that it never will: not found, and a ledger later than the
time bound has closed. In between the outcome is unknown, and the same bytes are handed in again.
"""

from dataclasses import dataclass

from django.db.models import Q

from integrations.providers import directory
from integrations.providers.answers import Answer, Declined, Done, Unclear
from integrations.providers.intents import Intent, OpenWallet, PayUsdc, TrustUsdc
from integrations.providers.models import Submission, Wallet
from integrations.providers.ports import Movement
from integrations.providers.stellar import bids, builder, guard, limits, pricing, signer, wallets
from integrations.providers.stellar.signer import Signed
from integrations.providers.stellar.unsigned import Unsigned
from ledger import clock
from ledger.atomicity import refuse_transaction, require_transaction
from ledger.events import Actor
from ledger.findings import find
from ledger.refusals import Conflict

Status = Submission.Status

TAMPERED = "TAMPERED"
BEYOND_LIMIT = "SIGNING_LIMIT_EXCEEDED"
FROZEN = "WALLET_FROZEN"


class Busy(Conflict):
    """Another transaction of this account or for this subject is under way."""

    code = "SUBMISSION_IN_FLIGHT"


class Frozen(Conflict):
    """The wallet is frozen."""

    code = FROZEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A signed transaction that nobody has seen yet."""

    book: int
    unsigned: Unsigned
    signed: Signed
    rate: int  # of the first bid, in stroops of XLM per operation


def prepare(*, book: int, intent: Intent, about: str) -> Answer[Prepared]:
    """Build (or have built), check and sign the transaction for `intent`; nothing is handed in.

    `Declined` means that no transaction came to be: Trustless Work refused to build it, what it
    built is not what we asked for (TAMPERED), the wallet is frozen, or the books say that it holds
    less (SIGNING_LIMIT_EXCEEDED). A busy source is `Unclear`.
    """
    refuse_transaction()
    signing, payer = _signing(book, intent), wallets.treasury(book)
    if frozen := [wallet for wallet in (*signing, payer) if wallet.frozen_at]:
        return Declined(FROZEN, f"{frozen[0].id} is frozen")
    if is_busy(intent.signer):
        return Unclear(f"another transaction of {intent.signer} is under way")
    chain = directory.chain(trail=about)
    account = chain.account(intent.signer)
    if not isinstance(account, Done):
        return Unclear(f"the sequence number of {intent.signer} is not known: {account}")
    built = _build(book, intent, about, sequence=account.value.sequence + 1)
    if not isinstance(built, Done):
        return built
    rate = pricing.first_rate(chain)
    try:
        signed = signer.sign(built.value, intent=intent, wallets=signing, payer=payer, bid=rate)
    except (signer.Corrupted, limits.Exceeded) as obstacle:
        return _unsigned(book, intent, about, obstacle)
    return Done(Prepared(book=book, unsigned=built.value, signed=signed, rate=rate))


def claim(prepared: Prepared, *, purpose: str, subject: str, trail: str, by: Actor) -> Submission:
    """Store a prepared transaction, in the caller's transaction; from here on it may be handed in.

    `subject` is the operation that it serves, `purpose` names the listener that learns the outcome.
    Raises `Busy` (wait, and prepare again) and `Frozen`.
    """
    require_transaction()
    unsigned, signed = prepared.unsigned, prepared.signed
    _lock_source(prepared.book, unsigned)
    if Submission.across_books.filter(subject=subject, status__in=Submission.UNDER_WAY).exists():
        raise Busy(subject=subject)
    submission = Submission.start(
        book_id=prepared.book,
        purpose=purpose,
        subject=subject,
        order=trail,
        source=unsigned.source,
        sequence=unsigned.sequence,
        inner_hash=signed.inner_hash,
        outer_hash=signed.bump.hash,
        envelope_xdr=signed.envelope_xdr,
        max_time=unsigned.max_time,
        contract_id=unsigned.contract_id,
        by=by,
    )
    bids.store(submission, signed.bump, rate=prepared.rate)
    return submission


def latest(subject: str, *, purpose: str = "") -> Submission | None:
    """The newest submission for an operation, whatever became of it."""
    rows = Submission.across_books.filter(subject=subject)
    if purpose:
        rows = rows.filter(purpose=purpose)
    return rows.order_by("-created_at").first()


def movements(submission: Submission) -> Answer[tuple[Movement, ...]]:
    """The USDC that the chain shows it to have moved, once it is CONFIRMED."""
    return directory.chain(trail=submission.trail).moved_by(submission.inner_hash)


def is_busy(source: str) -> bool:
    """Whether a transaction of this account is under way: no other can be claimed meanwhile."""
    rows = Submission.across_books.filter(source=source, status__in=Submission.UNDER_WAY)
    return rows.exists()


def _build(book: int, intent: Intent, about: str, *, sequence: int) -> Answer[Unsigned]:
    if isinstance(intent, OpenWallet):
        return Done(builder.open_wallet(intent, sequence=sequence, now=clock.now()))
    if isinstance(intent, TrustUsdc):
        return Done(builder.trust_usdc(intent, sequence=sequence, now=clock.now()))
    if isinstance(intent, PayUsdc):
        return Done(builder.pay_usdc(intent, sequence=sequence, now=clock.now()))
    foreign = directory.escrows(book, trail=about).build(intent)
    if not isinstance(foreign, Done):
        return foreign
    try:
        return Done(guard.check(foreign.value, intent, sequence=sequence, now=clock.now()))
    except guard.Tampered as tampering:
        given = foreign.value[: guard.MOST_CHARACTERS]
        return _refuse(book, intent, about, TAMPERED, why=str(tampering), envelope_xdr=given)


def _unsigned(
    book: int, intent: Intent, about: str, obstacle: signer.Corrupted | limits.Exceeded
) -> Declined:
    if isinstance(obstacle, signer.Corrupted):
        return Declined(FROZEN, str(obstacle))
    return _refuse(book, intent, about, BEYOND_LIMIT, why=str(obstacle))


_FOUND_AS = {TAMPERED: "tampered_transaction", BEYOND_LIMIT: "signing_limit_exceeded"}


def _refuse(book: int, intent: Intent, about: str, code: str, *, why: str, **seen: str) -> Declined:
    wallet = wallets.with_address(book=book, address=intent.signer)
    signer.refuse(wallet, intent=intent, why=why)
    find(
        book=book,
        kind=_FOUND_AS[code],
        subject=about or wallet.id,
        trail=about,
        expected={"intent": repr(intent)},
        observed={"why": why, **seen},
    )
    return Declined(code, why)


def _signing(book: int, intent: Intent) -> list[Wallet]:
    """The wallets whose keys the transaction needs, the source's first."""
    addresses = [intent.signer]
    if isinstance(intent, OpenWallet | TrustUsdc):
        addresses.append(intent.address)  # the account agrees to its trustline
    return [wallets.with_address(book=book, address=address) for address in addresses]


def _lock_source(book: int, unsigned: Unsigned) -> None:
    """Serialise on the source's wallet without waiting: the caller may hold other locks."""
    rows = Wallet.objects.of(book).select_for_update(skip_locked=True, no_key=True)
    wallet = rows.filter(address=unsigned.source).first()
    if wallet is None or is_busy(unsigned.source) or _is_outdated(unsigned):
        raise Busy(source=unsigned.source)
    if wallet.frozen_at:
        raise Frozen(wallet=wallet.id)


def _is_outdated(unsigned: Unsigned) -> bool:
    """Whether its sequence number was used up since the account was read, or it is one that ended.

    The latter is a transaction built again within the same second.
    """
    spent = Q(status__in=(Status.CONFIRMED, Status.FAILED), sequence__gte=unsigned.sequence)
    ended = Q(inner_hash=unsigned.envelope.hash_hex())
    return Submission.across_books.filter(spent | ended, source=unsigned.source).exists()
