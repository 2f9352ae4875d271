"""Comparing: what each wallet holds on the chain and by our books, as of a ledger that both know.

Classic clawbacks and claimed balances do not appear in the feed; what a key did behind our back
may not either. So each wallet is looked at now and then. Where chain and books agree, ledger and
balance are kept (`WalletCheck`); from there on the feed explains the chain, or it does not:

    explained = balance at the last agreement + the feed's movements up to ledger N

Another balance on the chain is a finding at once, whatever the books still have to post. If the
chain is explained and the books differ, their postings are under way: the answer is "wait", and a
finding only once they have been for an hour.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Case, F, Q, Sum, When

from integrations.providers import directory
from integrations.providers.answers import NOT_FOUND, Declined, Done
from integrations.providers.models import ChainMovement, Wallet, WalletCheck
from integrations.providers.ports import Chain, ChainAccount
from integrations.providers.stellar import feed, wallets
from integrations.providers.stellar.feed_mapping import USDC, ledger_of
from ledger import clock, money
from ledger.findings import find, resolve
from ledger.models import Account

SHORT, OVER, LAGS = "wallet_short_of_books", "wallet_beyond_books", "books_lag_behind_chain"
AT_ONCE = 1_000  # wallets in a round, one request to Horizon for each
PATIENCE = timedelta(hours=1)


class Verdict(StrEnum):
    AGREES = "agrees"
    WAITS = "waits"
    SHORT = "short"
    OVER = "over"
    LAGS = "lags"  # the chain is explained, and the books have not followed for an hour
    UNSEEN = "unseen"  # it could not be read


_FOUND_AS = {Verdict.SHORT: SHORT, Verdict.OVER: OVER, Verdict.LAGS: LAGS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One wallet: stroops on the chain, as explained by the feed, and by the books."""

    wallet: Wallet
    verdict: Verdict
    chain: int = 0
    explained: int = 0
    books: int = 0
    ledger: int = 0

    @property
    def amount(self) -> int:
        """By how much it differs."""
        other = self.books if self.verdict == Verdict.LAGS else self.explained
        return abs(self.chain - other)


@dataclass(slots=True)
class Comparison:
    """What a round found."""

    compared: list[Compared] = field(default_factory=list)

    def of(self, *verdicts: Verdict) -> list[Compared]:
        return [one for one in self.compared if one.verdict in verdicts]


def compare_lately() -> Comparison:
    """The wallets that were compared longest ago, as many as one round takes; found and frozen."""
    return compare(due(most=AT_ONCE), keeping=keep)


def due(*, since: int | None = None, most: int | None = None) -> Sequence[Wallet]:
    """READY wallets of all books, the longest unseen first; `since`: only what moved from that
    ledger on.
    """
    rows = Wallet.across_books.filter(status=Wallet.Status.READY)
    if since is not None:
        moved = ChainMovement.across_books.filter(ledger__gte=since).values("address")
        rows = rows.filter(address__in=moved)
    ordered = rows.order_by(F("comparison__compared_at").asc(nulls_first=True), "pk")
    return list(ordered.select_related("comparison")[:most])


def compare(
    due: Sequence[Wallet],
    *,
    keeping: Callable[[Compared], None] = lambda _: None,
    watching: Callable[[int], None] = lambda _: None,
) -> Comparison:
    """Read each from the chain and judge it; `keeping` writes down what came of it.

    What differs is read a second time at the end, before it is believed.
    """
    chain, seen = directory.chain(trail="comparing"), Comparison()
    differing = []
    for done, wallet in enumerate(due, start=1):
        one = _judged(chain, wallet)
        if one.verdict in _FOUND_AS:
            differing.append(wallet)
        else:
            seen.compared.append(one)
        watching(done)
    seen.compared += [_judged(chain, wallet) for wallet in differing]
    for one in seen.compared:
        keeping(one)
    return seen


def keep(one: Compared) -> None:
    """Write down what came of it: an agreement to count on, or a finding; short wallets freeze."""
    if one.verdict == Verdict.UNSEEN:
        return
    with transaction.atomic():
        _note(one)
        if one.verdict == Verdict.AGREES:
            _settle(one)
        elif one.verdict in _FOUND_AS:
            _report(one)
        if one.verdict == Verdict.SHORT:
            wallets.freeze(one.wallet.address)


def _judged(chain: Chain, wallet: Wallet) -> Compared:
    match chain.account(wallet.address):
        case Done(account) if account.trusts_usdc:
            return _against_books(chain, wallet, account)
        case Done(_):
            return _against_nothing(wallet)
        case Declined(code) if code == NOT_FOUND:
            return _against_nothing(wallet)
        case _:
            return Compared(wallet=wallet, verdict=Verdict.UNSEEN)


def _against_nothing(wallet: Wallet) -> Compared:
    """The account, or its trustline, is not on the chain: it ended, or was never there."""
    books = _booked(wallet)
    verdict = Verdict.SHORT if books else Verdict.AGREES
    return Compared(wallet=wallet, verdict=verdict, books=books, explained=books)


def _against_books(chain: Chain, wallet: Wallet, account: ChainAccount) -> Compared:
    held, books, ledger = account.usdc, _booked(wallet), account.usdc_changed_in
    verdict, explained = Verdict.AGREES, held
    if held != books and not (ledger and _is_read(chain, ledger)):
        verdict = Verdict.WAITS
    elif held != books:
        explained = _explained(wallet, ledger)
        verdict = _verdict(held, explained, is_overdue=_is_overdue(wallet, ledger))
    return Compared(
        wallet=wallet,
        verdict=verdict,
        chain=held,
        explained=explained,
        books=books,
        ledger=ledger,
    )


def _verdict(held: int, explained: int, *, is_overdue: bool) -> Verdict:
    if held != explained:
        return Verdict.SHORT if held < explained else Verdict.OVER
    return Verdict.LAGS if is_overdue else Verdict.WAITS


def _booked(wallet: Wallet) -> int:
    rows = Account.objects.of(wallet.book_id).filter(kind="wallet", subject=wallet.address)
    return sum(rows.values_list("balance", flat=True))


def _is_read(chain: Chain, ledger: int) -> bool:
    """Whether the feed has taken in every ledger up to this one."""
    cursor = feed.position()
    if cursor is None:
        return False
    if max(ledger_of(cursor.token) - 1, cursor.caught_up_with) >= ledger:
        return True
    page = chain.movements_after(cursor.token)
    return isinstance(page, Done) and all(seen.ledger > ledger for seen in page.value.movements)


def _explained(wallet: Wallet, ledger: int) -> int:
    """What it must hold by the feed; what an adopted account had before is in its opening."""
    agreed = WalletCheck.across_books.filter(wallet=wallet, agreed_at__isnull=False).first()
    rows = ChainMovement.objects.of(wallet.book_id).filter(
        address=wallet.address, asset=USDC, ledger__lte=ledger
    )
    if agreed:
        rows = rows.filter(ledger__gt=agreed.ledger)
    inward = Case(When(direction="IN", then=F("amount")), default=-F("amount"))
    moved = rows.aggregate(sum=Sum(inward))["sum"] or 0
    return int((agreed.balance if agreed else _opening(wallet)) + moved)


def _opening(wallet: Wallet) -> int:
    """What it brought along, posted by approved adjustments; nothing, if its key is our own."""
    account = Account.objects.of(wallet.book_id).filter(kind="wallet", subject=wallet.address)
    brought = Q(entries__transfer__kind="adjustment")
    return int(account.aggregate(sum=Sum("entries__amount", filter=brought))["sum"] or 0)


def _is_overdue(wallet: Wallet, ledger: int) -> bool:
    rows = ChainMovement.objects.of(wallet.book_id).filter(
        address=wallet.address, ledger__lte=ledger
    )
    newest = rows.order_by("-id").first()
    return newest is None or newest.recorded_at < clock.now() - PATIENCE


def _note(one: Compared) -> None:
    facts = {"book_id": one.wallet.book_id, "compared_at": (now := clock.now())}
    if one.verdict == Verdict.AGREES:
        facts |= {"ledger": one.ledger, "balance": one.chain, "agreed_at": now}
    WalletCheck.across_books.update_or_create(wallet=one.wallet, defaults=facts)


def _settle(one: Compared) -> None:
    story = f"Chain and books agree on {money.text(one.chain)} USDC since ledger {one.ledger}."
    for kind in _FOUND_AS.values():
        resolve(book=one.wallet.book_id, kind=kind, subject=str(one.wallet.pk), story=story)


def _report(one: Compared) -> None:
    wallet = one.wallet
    find(
        book=wallet.book_id,
        kind=_FOUND_AS[one.verdict],
        subject=str(wallet.pk),
        trail=wallet.trail,
        expected={"stroops": one.explained, "books": one.books, "ledger": one.ledger},
        observed={"stroops": one.chain, "address": wallet.address},
        amount=one.amount,
    )
