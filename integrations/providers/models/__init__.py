"""What we keep about the systems we call: our accounts there, the users' places there (links and
wallets), what we have handed to the chain, and every word that was exchanged.

A provider account and an address belong to exactly one book, so that every asset account of the
ledger mirrors exactly one real balance. A link and a wallet are keyed by book and holder, the
holder being the user's public id as text: people are known one room up. Calls, inbound messages
and signings are evidence and are only ever added.
"""

from integrations.providers.models.accounts import ProviderAccount
from integrations.providers.models.conversations import Call
from integrations.providers.models.feed import ChainCursor, ChainMovement, Matter
from integrations.providers.models.inbound import Inbound
from integrations.providers.models.links import AirtmLink, AirtmLinkStatus
from integrations.providers.models.sealing import not_sealed_with
from integrations.providers.models.submissions import Bid, Signing, Submission, SubmissionStatus
from integrations.providers.models.wallets import Address, Wallet, WalletCheck, WalletStatus

__all__ = [
    "Address",
    "AirtmLink",
    "AirtmLinkStatus",
    "Bid",
    "Call",
    "ChainCursor",
    "ChainMovement",
    "Inbound",
    "Matter",
    "ProviderAccount",
    "Signing",
    "Submission",
    "SubmissionStatus",
    "Wallet",
    "WalletCheck",
    "WalletStatus",
    "not_sealed_with",
]
