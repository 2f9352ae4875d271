"""What we ask of the systems we call: five ports, and the frozen answers that adapters give.

Every amount is in whole stroops (10**-7 USD). Adapters never see a model and never raise for
what a provider says or fails to say: they answer `Done`, `Declined` or `Unclear`.
"""

from integrations.providers.ports.chain import (
    Chain,
    ChainAccount,
    Fault,
    FeedPage,
    FeeStats,
    History,
    Inclusion,
    Ledger,
    Movement,
    MovementKind,
    Observed,
)
from integrations.providers.ports.escrows import (
    Contract,
    ContractKind,
    ContractMilestone,
    Escrows,
    Roles,
)
from integrations.providers.ports.federation import (
    Federation,
    Named,
)
from integrations.providers.ports.pages import Page
from integrations.providers.ports.payins import (
    Payin,
    Payins,
    PayinStatus,
)
from integrations.providers.ports.payouts import (
    Balance,
    Deposit,
    Deposits,
    Payout,
    Payouts,
    PayoutStatus,
    Recipient,
)

__all__ = [
    "Balance",
    "Chain",
    "ChainAccount",
    "Contract",
    "ContractKind",
    "ContractMilestone",
    "Deposit",
    "Deposits",
    "Escrows",
    "Fault",
    "Federation",
    "FeeStats",
    "FeedPage",
    "History",
    "Inclusion",
    "Ledger",
    "Movement",
    "MovementKind",
    "Named",
    "Observed",
    "Page",
    "Payin",
    "PayinStatus",
    "Payins",
    "Payout",
    "PayoutStatus",
    "Payouts",
    "Recipient",
    "Roles",
]
