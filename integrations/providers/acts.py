"""What operators may decide about wallets."""

from integrations.providers.models import Wallet
from ledger.unfreezing import Freeze, Unfreeze


class FreezeWallet(Freeze):
    name = "freeze-wallet"
    about = Wallet


class UnfreezeWallet(Unfreeze):
    name = "unfreeze-wallet"
    about = Wallet
