"""One multi-release escrow with all its parties, as a client of the API sees it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stellar_sdk import Keypair

from tests.integrations.simulators.trustlesswork.escrows import FULL, Deal, number


@dataclass
class Gig(Deal):
    """A deal whose milestones have amounts; `parts` are in dollars."""

    parts: tuple[str, ...] = ("60", "40")

    def terms(self, **changes: Any) -> FULL:
        terms = super().terms()
        del terms["amount"]
        milestones = [self.part(place, amount) for place, amount in enumerate(self.parts)]
        return {**terms, "milestones": milestones, **changes}

    def part(self, place: int, amount: str) -> FULL:
        receiver = self.seller.public_key
        return {
            "description": f"Part {place}",
            "amount": number(Decimal(amount)),
            "receiver": receiver,
        }

    def roles(self) -> dict[str, str]:
        return {name: who for name, who in super().roles().items() if name != "receiver"}

    def deploy(self) -> "Gig":
        answer = self.api.act("deployer/multi-release", self.terms(), self.funder)
        self.contract = answer["contractId"]
        return self

    def fund(self, amount: Decimal | None = None) -> "Gig":
        amount = amount or sum(map(Decimal, self.parts), Decimal(0))
        self.multi("fund-escrow", self.funder, **self.funding(amount))
        return self

    def approve_part(self, index: int) -> "Gig":
        body = {"milestoneIndex": str(index), "approver": self.buyer.public_key}
        self.multi("approve-milestone", self.buyer, **body)
        return self

    def release_part(self, index: int) -> "Gig":
        self.multi("release-milestone-funds", self.buyer, **self.releasing(index))
        return self

    def releasing(self, index: int) -> FULL:
        return {"milestoneIndex": str(index), "releaseSigner": self.buyer.public_key}

    def dispute_part(self, index: int) -> "Gig":
        self.multi("dispute-milestone", self.buyer, **self.disputing(index, self.buyer))
        return self

    def disputing(self, index: int, who: Keypair) -> FULL:
        return {"milestoneIndex": str(index), "signer": who.public_key}

    def resolve_part(self, index: int, *shares: tuple[Keypair, str]) -> "Gig":
        body = {"milestoneIndex": str(index), **self.resolution(*shares)}
        self.multi("resolve-milestone-dispute", self.resolver, **body)
        return self

    def withdraw(self, *shares: tuple[Keypair, str]) -> "Gig":
        self.multi("withdraw-remaining-funds", self.resolver, **self.resolution(*shares))
        return self

    def multi(self, act: str, key: Keypair, **body: Any) -> Any:
        path = f"escrow/multi-release/{act}"
        return self.api.act(path, {"contractId": self.contract, **body}, key)

    def refused(self, act: str, **body: Any) -> Any:
        path = f"escrow/multi-release/{act}"
        return self.api.refusal(path, {"contractId": self.contract, **body})

    def flags(self, index: int) -> dict[str, bool]:
        flags: dict[str, bool] = self.read()["milestones"][index]["flags"]
        return flags
