"""What the outcome of an act on an escrow would move: the answer to a dry run."""

from collections.abc import Iterable

from escrow import postings, stakes
from escrow.postings import Seen
from escrow.stakes import Stake
from ledger import money
from ledger.events import SYSTEM
from payments.models import Order


def checkout(order: Order) -> Iterable[str]:
    """The whole amount goes into the contract, from the buyer's wallet or the treasury's."""
    escrow = stakes.live(order)
    postings.funded(escrow, funder=escrow.buyer_wallet.address, by=SYSTEM)
    yield "whether Trustless Work deploys the contract"
    yield "which wallet pays: the treasury's, if the buyer's does not hold enough"


def release(order: Order) -> Iterable[str]:
    """The seller gets the rest after both fees."""
    escrow = stakes.live(order)
    share = money.released(escrow.amount, platform_bps=escrow.platform_fee_bps)
    seen = Seen(to_seller=share.net, to_fees=share.platform, to_protocol=share.protocol)
    postings.settled(Stake(escrow), postings.RELEASE, seen, buyer_due=0, by=SYSTEM)
    yield "whether the contract stands where we believe"
