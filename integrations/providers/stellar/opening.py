"""Opening a wallet on the chain: account and trustline, with reserves locked up by the treasury.

Where somebody else has opened the account (anybody can), the trustline alone is sponsored. The
treasury opens one wallet per ledger: the others wait without asking, and whoever has used it wakes
the next; a lost message is made good by the sweep.
"""

from django.db import transaction

from integrations.providers import directory
from integrations.providers.answers import NOT_FOUND, Declined, Done
from integrations.providers.intents import OpenWallet, TrustUsdc
from integrations.providers.models import Submission, Wallet
from integrations.providers.stellar import feed, submission, wallets
from ledger import events
from ledger.atomicity import alone
from ledger.events import SYSTEM
from ledger.findings import find
from ledger.models import Finding

PURPOSE = "wallet.open"
TRUST = "wallet.trust"
NOT_OPENED = "wallet_not_opened"

_INTENTS: dict[str, type[OpenWallet | TrustUsdc]] = {PURPOSE: OpenWallet, TRUST: TrustUsdc}
_REFUSED = (Submission.Status.FAILED, Submission.Status.REJECTED)


def open_on_chain(wallet_id: str) -> None:
    """Bring a wallet to READY: seen with its trustline, or asked for. Safe to repeat."""
    with alone(wallet_id) as mine:
        wallet = Wallet.across_books.filter(pk=wallet_id).first()
        if mine and wallet is not None and wallet.status == Wallet.Status.CREATING:
            _open(wallet)


def follow(*, submission_id: str) -> None:
    """The submission that was to open a wallet has ended."""
    open_on_chain(Submission.across_books.get(pk=submission_id).subject)


def wake_next(*, after: str) -> None:
    """A transaction has ended and its source is free: of those that nobody has asked for yet, the
    wallet that has waited longest is opened.
    """
    asked = Submission.across_books.filter(purpose__in=_INTENTS).values("subject")
    book = Submission.across_books.get(pk=after).book_id
    waiting = Wallet.objects.of(book).filter(status=Wallet.Status.CREATING).exclude(pk__in=asked)
    if first := waiting.order_by("pk").first():
        events.relay(first.event_type(), first.id)


def _open(wallet: Wallet) -> None:
    treasury = wallets.treasury(wallet.book_id)
    if submission.latest(wallet.id) is None and submission.is_busy(treasury.address):
        return  # woken when it is free
    match directory.chain(trail=wallet.trail).account(wallet.address):
        case Done(account) if account.trusts_usdc:
            _finish(wallet)
        case Done(_) if _may_ask(wallet, TRUST):
            _ask(wallet, TRUST)
        case Declined(code) if code == NOT_FOUND and _may_ask(wallet, PURPOSE):
            _ask(wallet, PURPOSE)


def _finish(wallet: Wallet) -> None:
    with transaction.atomic():
        wallet.advance(Wallet.Status.READY, by=SYSTEM)


def _may_ask(wallet: Wallet, purpose: str) -> bool:
    """After a refusal a person decides when to try again: each failure costs a fee."""
    last = submission.latest(wallet.id, purpose=purpose)
    if last is None or last.status == Submission.Status.EXPIRED:
        return True
    if last.status not in _REFUSED:
        return False
    asked_again = Finding.across_books.filter(
        kind=NOT_OPENED, subject=wallet.id, resolved_at__gte=last.status_since
    )
    if not asked_again.exists():
        _report(wallet, last.result_code)
        return False
    return True


def _ask(wallet: Wallet, purpose: str) -> None:
    if not feed.begin():  # a wallet that nobody watches must not come to be
        wallet.look_again()
        return
    sponsor = wallets.treasury(wallet.book_id)
    intent = _INTENTS[purpose](signer=sponsor.address, address=wallet.address)
    answer = submission.prepare(book=wallet.book_id, intent=intent, about=wallet.trail)
    if not isinstance(answer, Done):
        return  # the treasury is busy, or cannot be read
    try:
        with transaction.atomic():
            submission.claim(
                answer.value,
                purpose=purpose,
                subject=wallet.id,
                trail=wallet.trail,
                by=SYSTEM,
            )
    except submission.Busy:
        wallet.look_again()


def _report(wallet: Wallet, obstacle: str) -> None:
    find(
        book=wallet.book_id,
        kind=NOT_OPENED,
        subject=wallet.id,
        trail=wallet.trail,
        expected={"address": wallet.address, "trustline": "USDC"},
        observed={"obstacle": obstacle},
    )
