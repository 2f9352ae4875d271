"""What operators may decide about escrows."""

from escrow.models import Escrow
from ledger.unfreezing import Freeze, Unfreeze


class FreezeEscrow(Freeze):
    name = "freeze-escrow"
    about = Escrow


class UnfreezeEscrow(Unfreeze):
    name = "unfreeze-escrow"
    about = Escrow
