"""The rate book: XLM against USDC at one price, offered by one market account without end."""

from stellar_sdk import Asset, Keypair, xdr

from integrations.providers.stellar.networks import network
from integrations.simulators.stellar import genesis, holdings
from integrations.simulators.stellar.state import State

XLM_PER_USDC = 10
_OFFERS = {"native": 1, "USDC": 2}  # the ids of the two offers


class NobodySells(Exception):
    """There is no such pair in the book, or the market has run out."""


def cost(*, wanted: Asset, amount: int, given: Asset) -> int:
    """How much of `given` buys `amount` of `wanted`, in stroops. Raises `NobodySells`."""
    _require_pair(wanted, given)
    return amount * XLM_PER_USDC if given.is_native() else -(-amount // XLM_PER_USDC)


def proceeds(*, given: Asset, amount: int, wanted: Asset) -> int:
    """How much of `wanted` one gets for `amount` of `given`. Raises `NobodySells`."""
    _require_pair(wanted, given)
    got = amount // XLM_PER_USDC if given.is_native() else amount * XLM_PER_USDC
    if not got:
        raise NobodySells
    return got


def trade(state: State, *, wanted: Asset, got: int, given: Asset, paid: int) -> xdr.ClaimAtom:
    """The market's side of a trade, and what the result says of it. Raises `NobodySells`."""
    market = genesis.MARKET.public_key
    try:
        holdings.debit(state, holder=market, asset=wanted, amount=got)
        holdings.credit(state, holder=market, asset=given, amount=paid)
    except holdings.CannotMove as refusal:
        raise NobodySells from refusal
    return xdr.ClaimAtom(
        xdr.ClaimAtomType.CLAIM_ATOM_TYPE_ORDER_BOOK,
        order_book=xdr.ClaimOfferAtom(
            seller_id=Keypair.from_public_key(market).xdr_account_id(),
            offer_id=xdr.Int64(_OFFERS["native" if wanted.is_native() else "USDC"]),
            asset_sold=wanted.to_xdr_object(),
            amount_sold=xdr.Int64(got),
            asset_bought=given.to_xdr_object(),
            amount_bought=xdr.Int64(paid),
        ),
    )


def _require_pair(one: Asset, other: Asset) -> None:
    usdc = network().usdc
    if not ((one.is_native() and other == usdc) or (one == usdc and other.is_native())):
        raise NobodySells
