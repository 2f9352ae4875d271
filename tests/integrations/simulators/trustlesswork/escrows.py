"""A client of the pretended Trustless Work, and one escrow with all its parties."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import requests
from stellar_sdk import Keypair, TransactionBuilder, TransactionEnvelope

from integrations.providers.stellar.networks import network
from integrations.simulators.models import SimulatedTrustlessWorkKey
from tests.integrations.simulators.stellar.chain import Client, wallet

KEY = "sandbox.key"
FULL = dict[str, Any]


@dataclass
class Api:
    url: str
    headers: dict[str, str] = field(default_factory=lambda: {"x-api-key": KEY})

    def post(self, path: str, body: Any) -> requests.Response:
        return requests.post(f"{self.url}/{path}", json=body, headers=self.headers, timeout=20)

    def get(self, path: str, **query: Any) -> requests.Response:
        return requests.get(f"{self.url}/{path}", query, headers=self.headers, timeout=20)

    def build(self, path: str, body: FULL) -> TransactionEnvelope:
        answer = self.post(path, body)
        assert answer.status_code == 201, answer.text
        assert answer.json()["status"] == "SUCCESS"
        built = TransactionBuilder.from_xdr(answer.json()["unsignedTransaction"], passphrase())
        assert isinstance(built, TransactionEnvelope)
        return built

    def refusal(self, path: str, body: FULL) -> Any:
        answer = self.post(path, body)
        assert answer.status_code == 400, answer.text
        assert answer.json()["path"] == f"/{path}"
        return answer.json()["message"]

    def send(self, envelope: TransactionEnvelope, key: Keypair) -> requests.Response:
        envelope.sign(key)
        return self.post("helper/send-transaction", {"signedXdr": envelope.to_xdr()})

    def act(self, path: str, body: FULL, key: Keypair) -> Any:
        """Build, sign and send."""
        answer = self.send(self.build(path, body), key)
        assert answer.status_code == 201, answer.text
        return answer.json()


def passphrase() -> str:
    return network().passphrase


def api_of(url: str) -> Api:
    SimulatedTrustlessWorkKey.objects.get_or_create(key=KEY)
    return Api(f"{url}/simulators/trustlesswork")


@dataclass
class Deal:
    """An escrow of `amount` USDC at `fee` percent, and the keys of its parties."""

    api: Api
    chain: Client
    amount: Decimal = Decimal(100)
    fee: Decimal = Decimal(5)
    funder: Keypair = field(default_factory=lambda: wallet(usdc=10_000))
    buyer: Keypair = field(default_factory=wallet)
    seller: Keypair = field(default_factory=wallet)
    platform: Keypair = field(default_factory=wallet)
    resolver: Keypair = field(default_factory=wallet)
    contract: str = ""

    def terms(self, **changes: Any) -> FULL:
        return {
            "signer": self.funder.public_key,
            "engagementId": "ord_1",
            "title": "Order 1",
            "description": "A logo",
            "roles": self.roles(),
            "amount": number(self.amount),
            "platformFee": number(self.fee),
            "milestones": [{"description": "Deliver"}],
            "trustline": {"address": network().usdc_issuer, "symbol": "USDC"},
            **changes,
        }

    def roles(self) -> dict[str, str]:
        return {
            "approver": self.buyer.public_key,
            "serviceProvider": self.seller.public_key,
            "platformAddress": self.platform.public_key,
            "releaseSigner": self.buyer.public_key,
            "disputeResolver": self.resolver.public_key,
            "receiver": self.seller.public_key,
        }

    def deploy(self) -> "Deal":
        answer = self.api.act("deployer/single-release", self.terms(), self.funder)
        self.contract = answer["contractId"]
        return self

    def fund(self, amount: Decimal | None = None) -> "Deal":
        self.single("fund-escrow", self.funder, **self.funding(amount))
        return self

    def funding(self, amount: Decimal | None = None) -> FULL:
        return {"signer": self.funder.public_key, "amount": number(amount or self.amount)}

    def deliver(self) -> "Deal":
        self.single("change-milestone-status", self.seller, **self.delivery())
        return self

    def delivery(self) -> FULL:
        return {
            "milestoneIndex": "0",
            "newStatus": "done",
            "newEvidence": "https://example.org/logo",
            "serviceProvider": self.seller.public_key,
        }

    def approve(self) -> "Deal":
        self.single("approve-milestone", self.buyer, **self.approval())
        return self

    def approval(self) -> FULL:
        return {"milestoneIndex": "0", "approver": self.buyer.public_key}

    def release(self) -> "Deal":
        self.single("release-funds", self.buyer, releaseSigner=self.buyer.public_key)
        return self

    def dispute(self) -> "Deal":
        self.single("dispute-escrow", self.buyer, signer=self.buyer.public_key)
        return self

    def resolve(self, *shares: tuple[Keypair, str]) -> "Deal":
        self.single("resolve-dispute", self.resolver, **self.resolution(*shares))
        return self

    def resolution(self, *shares: tuple[Keypair, str]) -> FULL:
        return {
            "disputeResolver": self.resolver.public_key,
            "distributions": [
                {"address": key.public_key, "amount": number(Decimal(amount))}
                for key, amount in shares
            ],
        }

    def single(self, act: str, key: Keypair, **body: Any) -> Any:
        path = f"escrow/single-release/{act}"
        return self.api.act(path, {"contractId": self.contract, **body}, key)

    def refusal(self, act: str, **body: Any) -> Any:
        path = f"escrow/single-release/{act}"
        return self.api.refusal(path, {"contractId": self.contract, **body})

    def build(self, act: str, **body: Any) -> TransactionEnvelope:
        path = f"escrow/single-release/{act}"
        return self.api.build(path, {"contractId": self.contract, **body})

    def read(self, **query: Any) -> Any:
        query = {"contractIds[]": self.contract, "validateOnChain": "true", **query}
        answer = self.api.get("helper/get-escrow-by-contract-ids", **query)
        (row,) = json.loads(answer.text, parse_float=Decimal)
        return row

    def balance(self) -> Decimal:
        answer = self.api.get(
            "helper/get-multiple-escrow-balance", **{"addresses[]": self.contract}
        )
        (row,) = json.loads(answer.text, parse_float=Decimal)
        return Decimal(row["balance"])


def number(value: Decimal) -> int | float:
    """For `requests`, which writes JSON with the standard library: seven decimals survive it."""
    return int(value) if value == value.to_integral_value() else float(value)
