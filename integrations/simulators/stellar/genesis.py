"""What stands on the chain before anything happens, for the seed and the sandbox; idempotent.

Genesis writes state, not transactions: it has no keys of the accounts that it furnishes. Amounts
are whole stroops.
"""

from stellar_sdk import Keypair, Network

from integrations.providers.stellar.networks import network, pretended_key
from integrations.simulators.models import StellarAccount, StellarLedger, StellarTrustline
from integrations.simulators.stellar import ledgers
from integrations.simulators.stellar.amounts import MOST
from integrations.simulators.stellar.reserves import minimum_balance

ALL_XLM = 100_000_000_000 * 10_000_000
PLENTY = 1_000_000 * 10_000_000
STRANGER = pretended_key("stranger")


def begin() -> None:
    """The first ledger, and on it: the root account with all XLM, the issuer of USDC, Trustless
    Work's fee account, and a rich stranger."""
    pinned = network()
    with ledgers.serial_chain():
        if StellarLedger.objects.exists():
            return
        first = ledgers.latest()
        StellarLedger.objects.create(sequence=first.sequence, closed_at=first.closed_at)
        _account(root_key().public_key, xlm=ALL_XLM)
        _from_root(pinned.usdc_issuer, xlm=PLENTY)
        open_account(pinned.protocol_fee_address, xlm=PLENTY)
        open_account(STRANGER.public_key, xlm=PLENTY, usdc=PLENTY)


def open_account(address: str, *, xlm: int, usdc: int = 0) -> None:
    """Give `address` an account with `xlm` and a USDC trustline with `usdc`.

    What it has already stays as it is: an account keeps its XLM, a trustline its balance.
    """
    begin()
    with ledgers.serial_chain():
        account = StellarAccount.objects.filter(address=address).first()
        account = account or _from_root(address, xlm=xlm)
        if not account.trustlines.filter(**_usdc()).exists():
            _trust_usdc(account, balance=usdc)


def root_key() -> Keypair:
    """As on every Stellar network: the key whose seed is the network's id."""
    return Keypair.from_raw_ed25519_seed(Network(network().passphrase).network_id())


def _from_root(address: str, *, xlm: int) -> StellarAccount:
    root = StellarAccount.objects.get(address=root_key().public_key)
    root.xlm -= xlm
    root.save(update_fields=["xlm"])
    return _account(address, xlm=xlm)


def _account(address: str, *, xlm: int) -> StellarAccount:
    ledger = ledgers.latest()
    return StellarAccount.objects.create(
        address=address,
        sequence=ledger.sequence << 32,
        xlm=xlm,
        changed_in=ledger.sequence,
        changed_at=ledger.closed_at,
    )


def _trust_usdc(account: StellarAccount, *, balance: int) -> None:
    account.num_subentries += 1
    if account.xlm < minimum_balance(account):
        raise ValueError(f"{account.address} has too little XLM for a trustline")
    account.save(update_fields=["num_subentries"])
    StellarTrustline.objects.create(account=account, limit=MOST, balance=balance, **_usdc())


def _usdc() -> dict[str, str]:
    return {"asset_code": "USDC", "asset_issuer": network().usdc_issuer}
