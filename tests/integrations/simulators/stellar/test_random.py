"""Hundreds of random transactions: nothing is made, nothing is lost, refusals change nothing."""

import random
from typing import Any

import pytest
from django.db.models import Sum
from stellar_sdk import Account as Source
from stellar_sdk import (
    AccountMerge,
    Asset,
    ChangeTrust,
    Claimant,
    ClaimClaimableBalance,
    Clawback,
    CreateAccount,
    CreateClaimableBalance,
    Keypair,
    ManageData,
    PathPaymentStrictReceive,
    PathPaymentStrictSend,
    Payment,
    TransactionBuilder,
)
from stellar_sdk.operation import Operation

from integrations.providers.stellar.networks import network
from integrations.simulators.models import (
    StellarAccount,
    StellarClaimableBalance,
    StellarLedger,
    StellarOperation,
    StellarTokenBalance,
    StellarTransaction,
    StellarTrustline,
)
from integrations.simulators.stellar import envelopes, genesis, ledgers, reserves, submission
from integrations.simulators.stellar.amounts import as_amount, to_stroops
from integrations.simulators.stellar.validation import Rejected
from tests.integrations.simulators.stellar.chain import UNIT, wallet

pytestmark = pytest.mark.django_db

USDC, XLM = network().usdc, Asset.native()
TRANSACTIONS = 300


class Crowd:
    """People who try everything, much of which cannot be done."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        genesis.begin()
        self.keys = [wallet(xlm=self.chance.randint(2, 60), usdc=20) for _ in range(6)]
        self.keys += [Keypair.random(), genesis.ISSUER]

    def transaction(self) -> str | None:
        source = self.chance.choice(self.keys)
        account = StellarAccount.objects.filter(address=source.public_key).first()
        if account is None:
            return None
        off = self.chance.choice([0] * 9 + [1])
        builder = TransactionBuilder(
            Source(account.address, account.sequence + off), network().passphrase
        )
        for _ in range(self.chance.randint(1, 3)):
            builder.append_operation(self.operation(source))
        now = int(ledgers.latest().closed_at.timestamp())
        envelope = builder.add_time_bounds(0, now + 60).build()
        envelope.sign(self.chance.choice([source] * 9 + [self.keys[0]]))
        return envelope.to_xdr()

    def operation(self, source: Keypair) -> Operation:
        target = self.chance.choice(self.keys).public_key
        some = as_amount(self.chance.choice([1, UNIT // 3, UNIT, 7 * UNIT, 30 * UNIT]))
        asset = self.chance.choice([USDC, XLM])
        other = XLM if asset == USDC else USDC
        ready = StellarClaimableBalance.objects.order_by("?").first()
        choices: list[Operation] = [
            Payment(target, asset, some),
            Payment(target, USDC, some),
            PathPaymentStrictReceive(target, other, "100", asset, some, []),
            PathPaymentStrictSend(target, asset, some, other, "0.0000001", []),
            CreateClaimableBalance(asset, some, [Claimant(target)]),
            CreateAccount(target, some),
            ChangeTrust(USDC, self.chance.choice(["0", "15", "1000"])),
            ManageData("name", self.chance.choice(["value", None])),
            AccountMerge(target),
            Clawback(USDC, target, some),
        ]
        if ready is not None:
            choices.append(ClaimClaimableBalance(ready.id))
        return self.chance.choice(choices)


def sums() -> dict[str, int]:
    """All XLM with the fees, and all USDC outside the issuer's hands, in stroops."""

    def total(rows: Any, column: str) -> int:
        return rows.aggregate(sum=Sum(column))["sum"] or 0

    ready = StellarClaimableBalance.objects
    fees = StellarLedger.objects.order_by("-sequence").first()
    return {
        "xlm": total(StellarAccount.objects, "xlm")
        + total(ready.filter(asset_issuer=""), "amount")
        + fees.fee_pool,
        "usdc": total(StellarTrustline.objects, "balance")
        + total(StellarTokenBalance.objects, "balance")
        + total(ready.exclude(asset_issuer=""), "amount"),
    }


def issued() -> int:
    """USDC that came out of the issuer's hands since genesis, less what went back."""
    issuer, moved = genesis.ISSUER.public_key, 0
    for row in StellarOperation.objects.filter(transaction__successful=True):
        moved += _issued_by(row, issuer)
    return moved


def _issued_by(row: StellarOperation, issuer: str) -> int:
    told = row.details

    def stroops(name: str) -> int:
        return int(told[name].replace(".", ""))

    if row.type == "clawback":
        return -stroops("amount")
    if row.type == "create_claimable_balance":
        from_issuer = row.source == issuer and told["asset"] != "native"
        return stroops("amount") if from_issuer else 0
    moved = 0
    if row.type == "claim_claimable_balance" and row.source == issuer:
        moved -= claimed_usdc(told["balance_id"])
    if row.type.startswith(("payment", "path_payment")):
        moved -= stroops("amount") if told["to"] == issuer and "asset_code" in told else 0
        code, spent = ("source_asset_code", "source_amount")
        if row.type == "payment":
            code, spent = "asset_code", "amount"
        moved += stroops(spent) if told["from"] == issuer and code in told else 0
    return moved


def claimed_usdc(balance_id: str) -> int:
    for row in StellarTransaction.objects.filter(successful=True):
        transaction = envelopes.read(row.envelope_xdr).transaction
        for place, operation in enumerate(transaction.operations):
            if not isinstance(operation, CreateClaimableBalance):
                continue
            if transaction.get_claimable_balance_id(place) == balance_id:
                return 0 if operation.asset.is_native() else to_stroops(operation.amount)
    raise AssertionError(balance_id)


@pytest.mark.parametrize("seed", [1, 2])
def test_random_transactions_conserve_everything(seed: int) -> None:
    crowd, ended = Crowd(seed), {"applied": 0, "failed": 0, "rejected": 0}
    before = sums()
    for _ in range(TRANSACTIONS // 2):
        envelope = crowd.transaction()
        if envelope is None:
            continue
        counted = StellarTransaction.objects.count(), sums()
        try:
            row = submission.submit(envelope)
        except Rejected:
            assert (StellarTransaction.objects.count(), sums()) == counted
            ended["rejected"] += 1
            continue
        if not row.successful:
            assert sums() == counted[1]
        ended["applied" if row.successful else "failed"] += 1
    after = sums()
    assert after["xlm"] == before["xlm"]
    assert after["usdc"] == before["usdc"] + issued()
    assert min(ended.values()) > 10
    sponsoring, sponsored, ready = reserves_locked()
    assert sponsoring == sponsored + ready
    for account in StellarAccount.objects.all():
        lines, entries = account.trustlines.count(), account.data.count()
        assert account.num_subentries == lines + entries
        assert account.xlm >= 0
        assert reserves.minimum_balance(account) >= 0


def reserves_locked() -> tuple[int, int, int]:
    totals = StellarAccount.objects.aggregate(by=Sum("num_sponsoring"), of=Sum("num_sponsored"))
    ready = sum(len(row.destinations) for row in StellarClaimableBalance.objects.all())
    return totals["by"], totals["of"], ready
