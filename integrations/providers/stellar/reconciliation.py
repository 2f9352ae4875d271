"""Reconciliation of wallets: each against the chain, and every balance against what it stands for.

Asked for a period, the wallets are compared that moved in it since they were compared last, and up
to `AT_ONCE` of those that were compared longest ago; asked from the beginning on, all. It takes one
request to Horizon for each; what differs is read a second time at the end, before it is told. What
the chain's list has found to be missing in the books is that finding's to settle.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from integrations.providers import directory
from integrations.providers.models import ChainMovement, Wallet
from integrations.providers.stellar import comparing, wallets
from integrations.providers.stellar.comparing import Judged, Verdict
from integrations.providers.stellar.feed_mapping import USDC
from integrations.providers.stellar.replaying import UNBOOKED
from ledger import chart, money
from ledger.compared import Agreement, Compared, Correction, Difference, Unread, Waiting, Window
from ledger.models import Account, Finding, Proposal

SHORT, OVER, LAGS = "wallet_short_of_books", "wallet_beyond_books", "books_lag_behind_chain"
NOBODYS = "wallet_account_without_wallet"
KINDS = frozenset({SHORT, OVER, LAGS})
AT_ONCE = 1_000  # wallets in a round that nothing asks for
BATCH = 100  # wallets whose balances are read at once

_FOUND_AS = {
    Verdict.SHORT: (SHORT, Proposal.ADJUST),
    Verdict.OVER: (OVER, Proposal.POST_MISSING),
    Verdict.LAGS: (LAGS, Proposal.POST_MISSING),
}


def balances(book: int, window: Window) -> Iterator[Compared]:
    """The wallets of a book against the chain."""
    chain, doubtful = directory.chain(trail="reconciliation"), list[Wallet]()
    due = _due(book, window)
    for first in range(0, len(due), BATCH):
        some = due[first : first + BATCH]
        books = comparing.booked(some)
        for wallet in some:
            one = comparing.judge(chain, wallet, books=books[wallet.address])
            if one.verdict in _FOUND_AS:
                doubtful.append(wallet)
            else:
                yield _told(one)
    missing = _missing(book) if doubtful else {}
    for wallet in doubtful:
        books = comparing.booked([wallet])
        one = comparing.judge(chain, wallet, books=books[wallet.address])
        yield _told(one, missing=missing.get(wallet.address, 0))
    yield from _without_wallet(book, window)


def _due(book: int, window: Window) -> Sequence[Wallet]:
    """The longest uncompared first."""
    rows = Wallet.objects.of(book).filter(status=Wallet.Status.READY).select_related("comparison")
    ordered = rows.order_by(F("comparison__compared_at").asc(nulls_first=True), "pk")
    if not window.is_period:
        return list(ordered.filter(pk__in=window.subjects))
    if window.since is None:
        return list(ordered)
    moved = ChainMovement.objects.of(book).filter(
        address=OuterRef("address"), recorded_at__gte=window.since, recorded_at__lt=window.until
    )
    since_then = moved.filter(recorded_at__gte=OuterRef("comparison__compared_at"))
    unlooked = Q(comparison=None) & Exists(moved) | Exists(since_then)
    asked = ordered.filter(Q(pk__in=window.subjects) | unlooked)
    return list({wallet.pk: wallet for wallet in [*asked, *ordered[:AT_ONCE]]}.values())


def _missing(book: int) -> dict[str, int]:
    """What the chain's list has shown at each address, and nobody has taken in yet; in stroops."""
    sums: defaultdict[str, int] = defaultdict(int)
    for finding in Finding.objects.of(book).filter(kind=UNBOOKED, resolved_at=None):
        seen = finding.observed
        if seen["asset"] == USDC:
            comes_in = finding.subject.endswith(":IN")
            sums[seen["address"]] += seen["stroops"] if comes_in else -seen["stroops"]
    return sums


def _told(one: Judged, *, missing: int = 0) -> Compared:
    subject, then = str(one.wallet.pk), partial(comparing.note, one)
    match one.verdict:
        case Verdict.AGREES:
            told = money.text(one.chain)
            story = f"Chain and books agree on {told} USDC since ledger {one.ledger}."
            return Agreement(subject=subject, story=story, kinds=KINDS, then=then)
        case Verdict.WAITS:
            return Waiting(subject=subject, why="Its postings are under way.", then=then)
        case Verdict.UNSEEN:
            return Unread(subject=subject, why="Horizon could not be read.")
    if missing and missing == one.chain - one.explained:
        why = "The chain's list has found what the books lack."
        return Waiting(subject=subject, why=why, then=then)
    return _difference(one)


def _difference(one: Judged) -> Difference:
    kind, proposal = _FOUND_AS[one.verdict]
    account = chart.wallet(one.wallet.address)
    correction = Correction(account, one.chain - one.explained) if kind == SHORT else None
    return Difference(
        kind=kind,
        subject=str(one.wallet.pk),
        trail=one.wallet.trail,
        expected={"stroops": one.explained, "books": one.books},
        observed={"stroops": one.chain, "address": account.subject, "ledger": one.ledger},
        amount=one.amount,
        proposal=proposal,
        correction=correction,
        decides=KINDS,
        then=partial(_stop if one.verdict == Verdict.SHORT else comparing.note, one),
    )


def _stop(one: Judged) -> None:
    """A key may have been used behind our back, or the issuer has taken something."""
    wallets.freeze(one.wallet.address)
    comparing.note(one)


def _without_wallet(book: int, window: Window) -> Iterator[Compared]:
    """Money that the books have in a wallet that is not ours: no chain balance stands for it."""
    ours = Wallet.objects.of(book)
    rows: Any = Account.objects.of(book).filter(kind="wallet").exclude(balance=0)
    strays = dict(
        rows.exclude(subject__in=ours.values("address")).values_list("subject", "balance")
    )
    for address, balance in sorted(strays.items()):
        yield Difference(
            kind=NOBODYS,
            subject=address,
            expected={"stroops": balance},
            observed={"wallet": None},
            amount=abs(balance),
            proposal=Proposal.ADJUST,
        )
    for subject in window.subjects - set(strays):
        if subject.startswith("G"):
            story, kinds = "The books have nothing there any more.", frozenset({NOBODYS})
            yield Agreement(subject=subject, story=story, kinds=kinds)
