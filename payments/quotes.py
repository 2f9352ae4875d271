"""Quotes: what each side will get, fees included, milestones rounded one by one."""

from collections.abc import Iterable
from dataclasses import dataclass

from integrations.marketplaces.models import Bearer
from ledger import money
from payments.models import Milestone, Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Who gets how much of something, in stroops. The platform's part is net of the protocol's."""

    seller: int = 0
    buyer: int = 0
    platform_fees: int = 0
    protocol_fees: int = 0


def of_release(order: Order) -> Quote:
    """When the seller is paid; an INSTANT order knows no protocol."""
    if order.settlement == Order.Settlement.INSTANT:
        commission = order.amount * order.platform_fee_bps // 10_000
        return Quote(seller=order.amount - commission, platform_fees=commission)
    return _summed(release_of(order, piece) for piece in _pieces(order))


def of_refund(order: Order) -> Quote:
    """When the buyer gets everything back; the fees of the contract are taken all the same."""
    return _summed(refund_of(order, piece) for piece in _pieces(order))


def release_of(order: Order, piece: Order | Milestone) -> Quote:
    share = money.released(piece.amount, platform_bps=order.platform_fee_bps)
    return Quote(seller=share.net, platform_fees=share.platform, protocol_fees=share.protocol)


def refund_of(order: Order, piece: Order | Milestone) -> Quote:
    """Where the platform makes the buyer whole, it pays what the protocol takes."""
    [share] = money.shared({"buyer": piece.amount}, platform_bps=order.platform_fee_bps).values()
    whole = order.refund_fee_bearer == Bearer.PLATFORM
    return Quote(
        buyer=piece.amount if whole else share.net,
        platform_fees=-share.protocol if whole else share.platform,
        protocol_fees=share.protocol,
    )


def _pieces(order: Order) -> list[Order] | list[Milestone]:
    return list(order.milestones.order_by("place")) or [order]


def _summed(quotes: Iterable[Quote]) -> Quote:
    them = list(quotes)
    return Quote(**{name: sum(getattr(one, name) for one in them) for name in Quote.__slots__})
