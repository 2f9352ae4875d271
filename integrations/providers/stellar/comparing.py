"""Comparing: what a wallet holds on the chain and by our books, as of a ledger that both know.

Classic clawbacks and claimed balances do not appear in the feed; what a key did behind our back
may not either. So each wallet is looked at now and then. Where chain and books agree, ledger and
balance are kept (`WalletCheck`); from there on the feed explains the chain, or it does not:

    explained = balance at the last agreement + the feed's movements up to ledger N

Where that is not what is held, what people have booked since counts as well: it is for what no feed
tells of, and once booked it is not missing any more.

Another balance on the chain differs at once, whatever the books still have to post. If the chain is
explained and the books differ, their postings are under way: it waits, and differs only once they
have been for an hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.db.models import Case, F, Q, QuerySet, Sum, When

from integrations.providers.answers import NOT_FOUND, Declined, Done
from integrations.providers.models import ChainMovement, Wallet, WalletCheck
from integrations.providers.ports import Chain, ChainAccount
from integrations.providers.stellar import feed
from integrations.providers.stellar.feed_mapping import USDC, ledger_of
from integrations.providers.stellar.movements import UNEXPLAINED
from ledger import clock
from ledger.models import Account, Approval, Entry, Finding

PATIENCE = timedelta(hours=1)


class Verdict(StrEnum):
    AGREES = "agrees"
    WAITS = "waits"
    SHORT = "short"
    OVER = "over"
    LAGS = "lags"  # the chain is explained, and the books have not followed for an hour
    UNSEEN = "unseen"  # it could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
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


def judge(chain: Chain, wallet: Wallet, *, books: int) -> Judged:
    """Read it from the chain, and say how it stands to `books`, the stroops that they have."""
    match chain.account(wallet.address):
        case Done(account) if account.trusts_usdc:
            return _against_books(chain, wallet, account, books)
        case Done(_):
            return _against_nothing(wallet, books)
        case Declined(code) if code == NOT_FOUND:
            return _against_nothing(wallet, books)
        case _:
            return Judged(wallet=wallet, verdict=Verdict.UNSEEN)


def booked(wallets: Sequence[Wallet]) -> dict[str, int]:
    """What the books have in each of some wallets of one book, in stroops: one query."""
    if not wallets:
        return {}
    addresses = [wallet.address for wallet in wallets]
    rows = Account.objects.of(wallets[0].book_id).filter(kind="wallet", subject__in=addresses)
    return dict.fromkeys(addresses, 0) | dict(rows.values_list("subject", "balance"))


def note(one: Judged) -> None:
    """That it was compared; and if both agree, on what."""
    facts = {"book_id": one.wallet.book_id, "compared_at": (now := clock.now())}
    if one.verdict == Verdict.AGREES:
        facts |= {"ledger": one.ledger, "balance": one.chain, "agreed_at": now}
    WalletCheck.across_books.update_or_create(wallet=one.wallet, defaults=facts)


def _against_nothing(wallet: Wallet, books: int) -> Judged:
    """The account, or its trustline, is not on the chain: it ended, or was never there."""
    verdict = Verdict.SHORT if books else Verdict.AGREES
    return Judged(wallet=wallet, verdict=verdict, books=books, explained=books)


def _against_books(chain: Chain, wallet: Wallet, account: ChainAccount, books: int) -> Judged:
    held, ledger = account.usdc, account.usdc_changed_in
    verdict, explained = Verdict.AGREES, held
    if held != books and not (ledger and _is_read(chain, ledger)):
        verdict = Verdict.WAITS
    elif held != books:
        explained = _explained(wallet, ledger, held=held)
        verdict = _verdict(held, explained, is_overdue=_is_overdue(wallet, ledger))
    return Judged(
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


def _is_read(chain: Chain, ledger: int) -> bool:
    """Whether the feed has taken in every ledger up to this one."""
    cursor = feed.position()
    if cursor is None:
        return False
    if max(ledger_of(cursor.token) - 1, cursor.caught_up_with) >= ledger:
        return True
    page = chain.movements_after(cursor.token)
    return isinstance(page, Done) and all(seen.ledger > ledger for seen in page.value.movements)


def _explained(wallet: Wallet, ledger: int, *, held: int) -> int:
    """What it must hold by the feed, and, where that is not what is held, by people's bookings."""
    agreed = WalletCheck.across_books.filter(wallet=wallet, agreed_at__isnull=False).first()
    rows = ChainMovement.objects.of(wallet.book_id).filter(
        address=wallet.address, asset=USDC, ledger__lte=ledger
    )
    booked, opening = _by_people(wallet), Q(transfer__kind="adjustment")
    if agreed:
        rows, begun = rows.filter(ledger__gt=agreed.ledger), int(agreed.balance)
        booked = booked.filter(recorded_at__gt=agreed.agreed_at)
    else:  # what it brought along was posted by approved adjustments
        begun, booked = _sum(booked.filter(opening)), booked.exclude(opening)
    inward = Case(When(direction="IN", then=F("amount")), default=-F("amount"))
    told = begun + int(rows.aggregate(sum=Sum(inward))["sum"] or 0)
    return told if told == held else told + _sum(booked)


def _by_people(wallet: Wallet) -> "QuerySet[Entry]":
    """What approvals have booked in it, but for outflows: those the feed shows as well."""
    outflows = Finding.objects.of(wallet.book_id).filter(kind=UNEXPLAINED)
    shown = Approval.objects.of(wallet.book_id).filter(subject__in=outflows.values("pk"))
    rows = Entry.objects.filter(
        account__book=wallet.book_id, account__kind="wallet", account__subject=wallet.address
    )
    approved = rows.filter(transfer__cause__startswith="apr_")
    return approved.exclude(transfer__cause__in=shown.values("pk"))


def _sum(rows: "QuerySet[Entry]") -> int:
    return int(rows.aggregate(sum=Sum("amount"))["sum"] or 0)


def _is_overdue(wallet: Wallet, ledger: int) -> bool:
    rows = ChainMovement.objects.of(wallet.book_id).filter(
        address=wallet.address, ledger__lte=ledger
    )
    newest = rows.order_by("-id").first()
    return newest is None or newest.recorded_at < clock.now() - PATIENCE
