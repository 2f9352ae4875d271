"""What somebody does who has got hold of keys of ours: on the chain, and behind our back."""

from typing import Any

from django.db.models import F
from stellar_sdk import Account as Source
from stellar_sdk import Payment, TransactionBuilder, TransactionEnvelope

from integrations.providers.models import ChainCursor, Wallet
from integrations.providers.stellar import feed, signer
from integrations.providers.stellar.feed_mapping import cursor_before
from integrations.providers.stellar.networks import network
from integrations.simulators.models import (
    StellarAccount,
    StellarContract,
    StellarTokenBalance,
    StellarTransaction,
    StellarTrustline,
)
from integrations.simulators.stellar import genesis, gifts, ledgers, submission
from integrations.simulators.stellar.amounts import as_amount
from integrations.simulators.trustlesswork import builder
from integrations.simulators.trustlesswork.acts import ACTS


def takes(wallet: Wallet, amount: int) -> StellarTransaction:
    """USDC (stroops) leaves by a payment that the wallet's own key has signed."""
    payment = Payment(genesis.STRANGER.public_key, network().usdc, as_amount(amount))
    return _signed(wallet, payment)


def takes_unseen(wallet: Wallet, amount: int) -> None:
    """USDC is gone, and no feed tells of it, as with a classic clawback."""
    lines = StellarTrustline.objects.filter(account_id=wallet.address)
    assert lines.update(balance=F("balance") - amount) == 1


def changes(contract: str, *, by: int) -> None:
    """A contract holds another amount than before."""
    tokens = StellarTokenBalance.objects.filter(holder=contract)
    assert tokens.update(balance=F("balance") + by) == 1


def releases(contract: str, buyer: Wallet) -> StellarTransaction:
    """The buyer's key approves and releases – all, or the first milestone –, and we have asked for
    neither.
    """
    kind = StellarContract.objects.get(address=contract).program
    about = {"contractId": contract}
    _calls(
        buyer, f"escrow/{kind}/approve-milestone",
        {**about, "milestoneIndex": 0, "approver": buyer.address},
    )  # fmt: skip
    body = {**about, "releaseSigner": buyer.address, "milestoneIndex": 0}
    name = "release-funds" if kind == "single-release" else "release-milestone-funds"
    return _calls(buyer, f"escrow/{kind}/{name}", body)


def resolves(contract: str, resolver: Wallet, shares: dict[str, int]) -> StellarTransaction:
    """The resolver's key divides a contract in dispute: stroops by address."""
    kind = StellarContract.objects.get(address=contract).program
    given = [{"address": to, "amount": amount} for to, amount in shares.items()]
    body = {
        "contractId": contract, "disputeResolver": resolver.address, "distributions": given,
    }  # fmt: skip
    return _calls(resolver, f"escrow/{kind}/resolve-dispute", body)


def pays_unseen(wallet: Wallet, amount: int) -> StellarTransaction:
    """A stranger pays, and the watch has passed it by."""
    paid = gifts.pay_from_stranger(wallet.address, amount=amount)
    ledger = StellarTransaction.objects.get(pk=paid.pk).ledger_id
    assert feed.span()[1] < cursor_before(ledger + 1)
    ChainCursor.objects.update(token=cursor_before(ledger + 1))
    return paid


def _calls(wallet: Wallet, name: str, body: dict[str, Any]) -> StellarTransaction:
    unsigned = builder.unsigned(ACTS[name].call(body))
    envelope = TransactionEnvelope.from_xdr(unsigned, network().passphrase)
    return _handed_in(wallet, envelope)


def _signed(wallet: Wallet, payment: Payment) -> StellarTransaction:
    account = StellarAccount.objects.get(address=wallet.address)
    source = Source(account.address, account.sequence)
    expires = int(ledgers.latest().closed_at.timestamp()) + 300
    transaction = TransactionBuilder(source, network().passphrase).append_operation(payment)
    return _handed_in(wallet, transaction.add_time_bounds(0, expires).build())


def _handed_in(wallet: Wallet, envelope: TransactionEnvelope) -> StellarTransaction:
    """The thief has XLM for the fee."""
    StellarAccount.objects.filter(address=wallet.address).update(xlm=F("xlm") + 10_000_000)
    envelope.sign(signer._open(wallet, wallet.sealed_key))
    sent = submission.submit(envelope.to_xdr())
    assert sent.successful, sent.result_codes
    return sent
