"""The Stellar networks we may run on, and the addresses that we pin on each."""

import hashlib
from dataclasses import dataclass, replace

from django.conf import settings
from stellar_sdk import Asset, Keypair, StrKey

from integrations.providers.ports import ContractKind


def pretended_key(name: str) -> Keypair:
    """A key that everybody can compute: for the simulated network's own accounts only."""
    return Keypair.from_raw_ed25519_seed(
        hashlib.sha256(f"offerhub simulated {name}".encode()).digest()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    passphrase: str
    usdc_issuer: str
    # Trustless Work's: the contract that deploys escrows, the code it deploys (hex) for each kind,
    # and where the protocol's 0.3 % goes. Callers name the last one in every release, so it must
    # be pinned.
    escrow_factory: str = ""
    escrow_wasm_hash: str = ""
    multi_escrow_wasm_hash: str = ""
    protocol_fee_address: str = ""

    @property
    def usdc(self) -> Asset:
        return Asset("USDC", self.usdc_issuer)

    @property
    def usdc_contract(self) -> str:
        """The Stellar Asset Contract through which contracts move USDC."""
        return self.usdc.contract_id(self.passphrase)

    def escrow_code(self, kind: ContractKind) -> str:
        """The hash of the code that contracts of this kind run; empty if it is not pinned."""
        multi = kind is ContractKind.MULTI_RELEASE
        return self.multi_escrow_wasm_hash if multi else self.escrow_wasm_hash


# Circle's issuers, from its own list of USDC contract addresses.
NETWORKS = {
    "public": Network(
        passphrase="Public Global Stellar Network ; September 2015",
        usdc_issuer="GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN",
    ),
    "testnet": Network(
        passphrase="Test SDF Network ; September 2015",
        usdc_issuer="GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5",
    ),
    "simulated": Network(
        passphrase="OFFER-HUB Simulated Network ; 2026",
        usdc_issuer=pretended_key("usdc issuer").public_key,
        escrow_factory=StrKey.encode_contract(
            hashlib.sha256(b"offerhub simulated factory").digest()
        ),
        escrow_wasm_hash=hashlib.sha256(b"offerhub simulated escrow wasm").hexdigest(),
        multi_escrow_wasm_hash=hashlib.sha256(b"offerhub simulated multi wasm").hexdigest(),
        protocol_fee_address=pretended_key("trustless work").public_key,
    ),
}


def network() -> Network:
    """The network of this installation, with Trustless Work's addresses as configured for it."""
    chosen = NETWORKS[settings.STELLAR_NETWORK]
    return replace(
        chosen,
        escrow_factory=settings.TRUSTLESS_WORK_FACTORY or chosen.escrow_factory,
        escrow_wasm_hash=settings.TRUSTLESS_WORK_WASM_HASH or chosen.escrow_wasm_hash,
        multi_escrow_wasm_hash=(
            settings.TRUSTLESS_WORK_MULTI_WASM_HASH or chosen.multi_escrow_wasm_hash
        ),
        protocol_fee_address=settings.TRUSTLESS_WORK_FEE_ADDRESS or chosen.protocol_fee_address,
    )
