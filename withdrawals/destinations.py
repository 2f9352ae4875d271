"""Destinations on the chain: what may be named, and what the chain must show before it is paid."""

import re
from dataclasses import dataclass

from django.conf import settings
from stellar_sdk import MuxedAccount, StrKey

from integrations.providers import directory
from integrations.providers.answers import NOT_FOUND, Answer, Declined, Done, Unclear
from integrations.providers.intents import MemoType
from integrations.providers.models import Address
from integrations.providers.ports import ChainAccount, Named
from integrations.providers.stellar.networks import network
from ledger.refusals import Invalid, Refusal

REFUSED = "DESTINATION_INVALID"
LONGEST_TEXT = 28  # bytes
_NAME = re.compile(
    r"[^\s*,<>\"]{1,64}\*"
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])",
    re.ASCII | re.IGNORECASE,
)
_ID = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)
_HASH = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


class NoAddress(Invalid):
    """This is neither an account (G… or M…) nor a name*domain."""

    code = "INVALID_ADDRESS"


class NoMemo(Invalid):
    """A memo is a text of up to 28 bytes, a whole number below 2^64, or 32 bytes in hex."""

    code = "INVALID_MEMO"


class NotPayable(Refusal):
    """This destination cannot be paid."""

    code = REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """`address` is who is paid; empty while only a name is known."""

    address: str
    memo: str
    memo_type: MemoType


def named(address: str, *, memo: str, memo_type: str) -> Destination:
    """What the caller names, well formed. Raises `NoAddress`, `NoMemo`."""
    kind = MemoType(memo_type)
    if memo:
        _check_memo(memo, kind)
    if is_name(address):
        return Destination(address="", memo=memo, memo_type=kind)
    _check_address(address)
    if memo and address.startswith("M"):
        raise NoMemo("An M… address carries its own memo; give one or the other.")
    return Destination(address=address, memo=memo, memo_type=kind)


def is_name(address: str) -> bool:
    """Whether it is `name*domain`, for a federation server to resolve."""
    return _NAME.fullmatch(address) is not None


def account_of(address: str) -> str:
    """The account (G…) behind an address."""
    return str(MuxedAccount.from_account(address).account_id)


def refuse_ours(address: str) -> None:
    """Nobody is paid into a wallet of ours, nor to where Airtm takes our own money in.

    Who else has an account there is paid over Airtm. Raises `NotPayable`.
    """
    refuse_wallets(address)
    if account_of(address) == _taken_in_at():
        raise NotPayable("This is where Airtm takes USDC in for us; ask to be paid at Airtm.")


def refuse_wallets(address: str) -> None:
    """Not into a wallet of ours, in whatever book, nor to the issuer, who would burn it.

    Raises `NotPayable`.
    """
    account = account_of(address)
    if Address.across_books.filter(pk=account).exists():
        raise NotPayable("This address is one of this installation; no withdrawal leads there.")
    if account == network().usdc_issuer:
        raise NotPayable("This is the issuer of USDC; what is sent there is destroyed.")


def resolve(name: str, given: Destination, *, trail: str) -> Answer[Destination]:
    """Who a name stands for; what the server says is read as strictly as what a caller says."""
    answer = directory.federation(trail=trail).resolve(name)
    if not isinstance(answer, Done):
        return answer
    try:
        found = _merged(answer.value, given)
        refuse_ours(found.address)
    except (Invalid, NotPayable) as flaw:
        return Declined(REFUSED, f"{name}: {flaw.message}")
    return Done(found)


def inspect(destination: Destination, *, amount: int, trail: str) -> Answer[Destination]:
    """Whether the chain would take `amount` stroops there, and the owner want them like this."""
    account = directory.chain(trail=trail).account(account_of(destination.address))
    if isinstance(account, Unclear):
        return account
    if isinstance(account, Declined):
        words = "There is no such account on the chain." if account.code == NOT_FOUND else ""
        return Declined(REFUSED, words or account.message)
    has_memo = bool(destination.memo) or destination.address.startswith("M")
    obstacle = _obstacle(account.value, amount, has_memo=has_memo)
    return Declined(REFUSED, obstacle) if obstacle else Done(destination)


def _taken_in_at() -> str:
    """The account behind AIRTM_DEPOSIT_ADDRESS; empty if that is none."""
    try:
        return account_of(settings.AIRTM_DEPOSIT_ADDRESS)
    except ValueError:
        return ""


def _obstacle(account: ChainAccount, amount: int, *, has_memo: bool) -> str:
    if not account.trusts_usdc:
        return "The account has no trustline for USDC."
    if not account.is_authorised:
        return "The issuer of USDC has not authorised the account."
    if account.usdc_room < amount:
        return "The account's trustline has no room for so much USDC."
    if account.requires_memo and not has_memo:
        return "The account requires a memo (SEP-29)."
    return ""


def _merged(found: Named, given: Destination) -> Destination:
    memo, memo_type = found.memo or given.memo, found.memo_type if found.memo else given.memo_type
    if found.memo and given.memo and (found.memo, memo_type) != (given.memo, given.memo_type):
        raise NoMemo("The name asks for another memo than the one given.")
    if memo_type not in MemoType.__members__:
        raise NoMemo
    if is_name(found.address):
        raise NoAddress
    return named(found.address, memo=memo, memo_type=memo_type)


def _check_address(address: str) -> None:
    if StrKey.is_valid_contract(address):
        raise NoAddress("A contract (C…) cannot be paid; name an account.")
    if not (
        StrKey.is_valid_ed25519_public_key(address) or StrKey.is_valid_med25519_public_key(address)
    ):
        raise NoAddress


def _check_memo(memo: str, kind: MemoType) -> None:
    match kind:
        case MemoType.TEXT:
            is_good = memo.isprintable() and len(memo.encode()) <= LONGEST_TEXT
        case MemoType.ID:
            is_good = bool(_ID.fullmatch(memo)) and int(memo) < 2**64
        case MemoType.HASH:
            is_good = bool(_HASH.fullmatch(memo))
    if not is_good:
        raise NoMemo
