"""The parties of an escrow, and every act on it: built, guarded, signed, handed in and read."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from integrations.providers import directory
from integrations.providers.answers import Answer, Done
from integrations.providers.intents import (
    ApproveMilestone,
    DeployEscrow,
    DisputeEscrow,
    EscrowIntent,
    FundEscrow,
    MarkMilestoneDone,
    MilestoneTerms,
    ReleaseEscrow,
    ResolveDispute,
    Share,
    WithdrawRemaining,
)
from integrations.providers.models import ProviderAccount, Submission, Wallet
from integrations.providers.ports import Contract, ContractKind, Escrows, Roles
from integrations.providers.stellar import opening, sending, submission, wallets
from integrations.providers.stellar.networks import pretended_key
from integrations.simulators.models import SimulatedTrustlessWorkKey, StellarTrustline
from integrations.simulators.stellar import genesis
from ledger.events import SYSTEM
from ledger.models import Book
from tests.integrations.providers.stellar.capital import bring_in

DOLLAR = 10_000_000
KEY = "demo.a-key-of-the-simulator"
SINGLE, MULTI = ContractKind.SINGLE_RELEASE, ContractKind.MULTI_RELEASE


@dataclass
class Parties:
    book: int
    treasury: str
    fees: str
    resolver: str
    ada: str
    ben: str
    contract_id: str = ""
    terms: DeployEscrow | None = None

    @property
    def api(self) -> Escrows:
        return directory.escrows(self.book, trail="ord_1")

    def deployment(
        self, kind: ContractKind, *amounts: int, bps: int = 500, **changes: Any
    ) -> DeployEscrow:
        """One milestone for each of `amounts`, in stroops."""
        facts: dict[str, Any] = {
            "signer": self.treasury,
            "kind": kind,
            "engagement_id": "esc_1",
            "title": "Logo",
            "description": "A logo for Ada",
            "amount": sum(amounts),
            "platform_fee_bps": bps,
            "roles": self.roles(),
            "milestones": tuple(
                MilestoneTerms(description=f"Part {place}", amount=amount, receiver=self.ben)
                for place, amount in enumerate(amounts)
            ),
        }
        return DeployEscrow(**{**facts, **changes})

    def roles(self) -> Roles:
        return Roles(
            approver=self.ada,
            service_provider=self.ben,
            platform_address=self.fees,
            release_signer=self.ada,
            dispute_resolver=self.resolver,
            receiver=self.ben,
        )

    def deployed(self, terms: DeployEscrow) -> "Parties":
        self.terms = terms
        self.contract_id = self.do(terms).contract_id
        return self

    def funded(self, terms: DeployEscrow) -> "Parties":
        self.deployed(terms)
        self.do(self.funding())
        return self

    @property
    def there(self) -> dict[str, Any]:
        assert self.terms
        return {"contract_id": self.contract_id, "kind": self.terms.kind}

    def funding(self, amount: int = 0) -> FundEscrow:
        assert self.terms
        amount = amount or self.terms.amount
        return FundEscrow(signer=self.treasury, amount=amount, terms=self.terms, **self.there)

    def marking(self, index: int = 0) -> MarkMilestoneDone:
        words = {"status": "completed", "evidence": "https://x"}
        return MarkMilestoneDone(signer=self.ben, index=index, **words, **self.there)

    def approval(self, index: int = 0) -> ApproveMilestone:
        return ApproveMilestone(signer=self.ada, index=index, **self.there)

    def release(self, index: int = 0) -> ReleaseEscrow:
        return ReleaseEscrow(signer=self.ada, index=index, **self.there)

    def dispute(self, index: int = 0) -> DisputeEscrow:
        return DisputeEscrow(signer=self.ada, index=index, **self.there)

    def resolution(self, index: int = 0, **shares: int) -> ResolveDispute:
        return ResolveDispute(
            signer=self.resolver, index=index, shares=self.shares(**shares), **self.there
        )

    def withdrawal(self, **shares: int) -> WithdrawRemaining:
        return WithdrawRemaining(
            signer=self.resolver, contract_id=self.contract_id, shares=self.shares(**shares)
        )

    def shares(self, **shares: int) -> tuple[Share, ...]:
        return tuple(Share(address=getattr(self, who), amount=it) for who, it in shares.items())

    def do(self, intent: EscrowIntent) -> Submission:
        """Carry it out; it must be confirmed."""
        row = self.attempt(intent)
        assert row.status == Submission.Status.CONFIRMED, row.result_code
        return row

    def attempt(self, intent: EscrowIntent) -> Submission:
        """Build, guard, sign, claim and hand in."""
        answer = submission.prepare(book=self.book, intent=intent, about="ord_1")
        assert isinstance(answer, Done), answer
        with transaction.atomic():
            row = submission.claim(
                answer.value, purpose="escrow.test", subject="esc_1", trail="ord_1", by=SYSTEM
            )
        sending.send(row.id)
        row.refresh_from_db()
        return row

    def prepare(self, intent: EscrowIntent) -> Answer[submission.Prepared]:
        return submission.prepare(book=self.book, intent=intent, about="ord_1")

    def contract(self) -> Contract:
        answer = self.api.read(contract_id=self.contract_id)
        assert isinstance(answer, Done), answer
        return answer.value

    def usdc(self, address: str) -> int:
        return int(StellarTrustline.objects.get(account_id=address).balance)

    def paid(self, submission_: Submission) -> dict[str, int]:
        """Who received how much, as the chain tells."""
        seen = submission.movements(submission_)
        assert isinstance(seen, Done), seen
        return {each.target: each.amount for each in seen.value}


def gather() -> Parties:
    book: int = Book.objects.create(name="Bazaar").pk
    SimulatedTrustlessWorkKey.objects.create(key=KEY)
    directory.open_account(book, ProviderAccount.Provider.TRUSTLESS_WORK, {"api_key": KEY})
    return Parties(
        book=book,
        treasury=_platform(book, Wallet.Role.TREASURY, usdc=10_000),
        fees=_platform(book, Wallet.Role.FEES),
        resolver=_platform(book, Wallet.Role.RESOLVER),
        ada=_user(book, "usr_ada"),
        ben=_user(book, "usr_ben"),
    )


def _platform(book: int, role: Wallet.Role, *, usdc: int = 0) -> str:
    key = pretended_key(f"test {role}")
    genesis.open_account(key.public_key, xlm=1_000 * DOLLAR, usdc=usdc * DOLLAR)
    with transaction.atomic():
        wallet = wallets.adopt(book=book, role=role, secret=key.secret, by=SYSTEM)
    if usdc:
        bring_in(wallet, usdc * DOLLAR)
    return str(key.public_key)


def _user(book: int, holder: str) -> str:
    with transaction.atomic():
        wallet = wallets.ensure(book=book, holder=holder, by=SYSTEM)
    genesis.open_account(wallet.address, xlm=10 * DOLLAR)
    opening.open_on_chain(wallet.id)
    wallet.refresh_from_db()
    assert wallet.status == Wallet.Status.READY
    return str(wallet.address)
