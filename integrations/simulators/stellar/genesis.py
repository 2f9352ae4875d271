"""What stands on the chain before anything happens, for the seed and the sandbox; idempotent.

Genesis writes state, not transactions: it has no keys of the accounts that it furnishes. Amounts
are whole stroops.
"""

from django.db.models import F
from stellar_sdk import Asset, Keypair, Network

from integrations.providers.stellar.networks import network, pretended_key
from integrations.simulators.models import StellarAccount, StellarLedger, StellarTrustline
from integrations.simulators.stellar import ledgers
from integrations.simulators.stellar.amounts import MOST
from integrations.simulators.stellar.reserves import BASE_RESERVE, minimum_balance

Flag = StellarAccount.Flag
ALL_XLM = 100_000_000_000 * 10_000_000
PLENTY = 1_000_000 * 10_000_000
STRANGER = pretended_key("stranger")
MARKET = pretended_key("market")  # whose offers make up the rate book
ISSUER = pretended_key("usdc issuer")


def begin() -> None:
    """The first ledger, and on it: the root account with all XLM, the issuer of USDC, Trustless
    Work's fee account, the market, and a rich stranger."""
    if StellarAccount.objects.filter(address=MARKET.public_key).exists():
        return
    with ledgers.serial_chain():
        if not StellarLedger.objects.exists():
            _first_ledger()
        _furnish(network().protocol_fee_address, xlm=PLENTY)
        _furnish(STRANGER.public_key, xlm=PLENTY, usdc=PLENTY)
        _furnish(MARKET.public_key, xlm=PLENTY, usdc=PLENTY)


def open_account(address: str, *, xlm: int, usdc: int = 0) -> None:
    """Give `address` an account with `xlm` and a USDC trustline with `usdc`.

    What it has already stays as it is: an account keeps its XLM, a trustline its balance.
    """
    begin()
    with ledgers.serial_chain():
        _furnish(address, xlm=xlm, usdc=usdc)


def trust(address: str, *, asset: Asset) -> None:
    """Let an account accept `asset` too, the reserve for it given by the root account."""
    with ledgers.serial_chain():
        account = StellarAccount.objects.get(address=address)
        if not account.trustlines.filter(**_columns(asset)).exists():
            _spend_from_root(BASE_RESERVE)
            account.xlm += BASE_RESERVE
            _trust(account, asset, balance=0)


def root_key() -> Keypair:
    """As on every Stellar network: the key whose seed is the network's id."""
    return Keypair.from_raw_ed25519_seed(Network(network().passphrase).network_id())


def _first_ledger() -> None:
    first = ledgers.latest()
    StellarLedger.objects.create(sequence=first.sequence, closed_at=first.closed_at)
    _account(root_key().public_key, xlm=ALL_XLM)
    _spend_from_root(PLENTY)
    # Like every regulated issuer, it may lock balances, and take them back.
    _account(
        network().usdc_issuer, xlm=PLENTY, flags=Flag.AUTH_REVOCABLE | Flag.AUTH_CLAWBACK_ENABLED
    )


def _furnish(address: str, *, xlm: int, usdc: int = 0) -> None:
    account = StellarAccount.objects.filter(address=address).first()
    if account is None:
        _spend_from_root(xlm)
        account = _account(address, xlm=xlm)
    if not account.trustlines.filter(**_columns(network().usdc)).exists():
        _trust(account, network().usdc, balance=usdc)


def _spend_from_root(xlm: int) -> None:
    StellarAccount.objects.filter(address=root_key().public_key).update(xlm=F("xlm") - xlm)


def _account(address: str, *, xlm: int, flags: int = 0) -> StellarAccount:
    ledger = ledgers.latest()
    return StellarAccount.objects.create(
        address=address,
        sequence=ledger.sequence << 32,
        xlm=xlm,
        flags=flags,
        changed_in=ledger.sequence,
        changed_at=ledger.closed_at,
    )


def _trust(account: StellarAccount, asset: Asset, *, balance: int) -> None:
    account.num_subentries += 1
    if account.xlm < minimum_balance(account):
        raise ValueError(f"{account.address} has too little XLM for a trustline")
    account.save(update_fields=["num_subentries", "xlm"])
    issuer = StellarAccount.objects.filter(address=asset.issuer).first()
    StellarTrustline.objects.create(
        account=account,
        limit=MOST,
        balance=balance,
        flags=flags_of_a_new_line(issuer) | StellarTrustline.Flag.AUTHORIZED,
        **_columns(asset),
    )


def flags_of_a_new_line(issuer: StellarAccount | None) -> int:
    """What an issuer allows everybody who begins to trust it."""
    if issuer is None:
        return int(StellarTrustline.Flag.AUTHORIZED)
    admitted = 0 if issuer.flags & Flag.AUTH_REQUIRED else StellarTrustline.Flag.AUTHORIZED
    taken_back = issuer.flags & Flag.AUTH_CLAWBACK_ENABLED
    return int(admitted | (StellarTrustline.Flag.CLAWBACK_ENABLED if taken_back else 0))


def _columns(asset: Asset) -> dict[str, str]:
    return {"asset_code": asset.code, "asset_issuer": str(asset.issuer)}
