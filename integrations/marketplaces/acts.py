"""What operators may decide about users."""

from integrations.marketplaces.models import User
from ledger.unfreezing import Freeze, Unfreeze


class FreezeUser(Freeze):
    name = "freeze-user"
    about = User


class UnfreezeUser(Unfreeze):
    name = "unfreeze-user"
    about = User
