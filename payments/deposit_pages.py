"""Deposit pages: what a person needs in order to pay into their wallet from any other one."""

from dataclasses import dataclass
from typing import Any

import segno
from django.conf import settings
from stellar_sdk.sep.stellar_uri import PayStellarUri

from integrations.marketplaces.models import User
from integrations.providers.models import Wallet
from integrations.providers.stellar import wallets
from integrations.providers.stellar.networks import network
from ledger import money
from ledger.events import Actor
from ledger.refusals import Conflict, NotFound

DUST = 1  # stroop: whatever the chain can move is credited


class WalletNotFound(NotFound):
    """This user has no wallet."""

    code = "WALLET_NOT_FOUND"


class NotReadyYet(Conflict):
    """The wallet is being created; it has no address to be paid to yet."""

    retry_after = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositPage:
    """Where and what to pay; `minimum` in stroops."""

    address: str
    asset: dict[str, str]
    network: str
    uri: str
    qr_svg: str
    minimum: int


def open_wallet(user: User, *, by: Actor) -> Wallet:
    """The user's wallet, made if there is none; CREATING until the chain shows it."""
    return wallets.ensure(book=user.book_id, holder=user.id, by=by)


def wallet_of(user: User) -> Wallet:
    """Raises `WalletNotFound`."""
    found = wallets.held_by(book=user.book_id, holder=user.id)
    if found is None:
        raise WalletNotFound
    return found


def of(user: User, *, amount: str | None = None) -> DepositPage:
    """The page of a user's wallet; the payer finds `amount` (a decimal string) filled in.

    Raises `WalletNotFound`, `NotReadyYet`, and `InvalidAmount`.
    """
    wallet = wallet_of(user)
    wanted = money.parse(amount, decimals=money.STROOPS) if amount is not None else None
    if wallet.status != wallet.Status.READY:
        raise NotReadyYet(current_status=wallet.status, allowed_from=[Wallet.Status.READY])
    uri = _uri(wallet.address, wanted)
    usdc = network().usdc
    return DepositPage(
        address=wallet.address,
        asset={"code": usdc.code, "issuer": str(usdc.issuer)},
        network=settings.STELLAR_NETWORK,
        uri=uri,
        qr_svg=_qr(uri),
        minimum=DUST,
    )


def _uri(address: str, amount: int | None) -> str:
    """SEP-7. The network is named unless it is the public one, which every wallet assumes."""
    here = network()
    is_public = settings.STELLAR_NETWORK == "public"
    pay: Any = PayStellarUri(
        destination=address,
        amount=None if amount is None else money.text(amount),
        asset=here.usdc,
        network_passphrase=None if is_public else here.passphrase,
    )
    return str(pay.to_uri())


def _qr(uri: str) -> str:
    """Black on white whatever the page's colours are, with the quiet zone that scanners need."""
    code = segno.make(uri, error="m", micro=False)
    return str(code.svg_inline(scale=4, border=4, light="#fff", omitsize=True))
