"""The XLM that entries on the ledger lock up, and who locks it up for whom."""

from integrations.simulators.models import StellarAccount

BASE_RESERVE = 5_000_000  # stroops: 0.5 XLM
ACCOUNT_RESERVES = 2


class LowReserve(Exception):
    """Whoever pays for an entry would fall below the minimum balance."""


def minimum_balance(account: StellarAccount) -> int:
    reserves = ACCOUNT_RESERVES + account.num_subentries
    reserves += account.num_sponsoring - account.num_sponsored
    return reserves * BASE_RESERVE


def spendable(account: StellarAccount) -> int:
    """The XLM above the minimum balance, in stroops; negative below it."""
    return account.xlm - minimum_balance(account)


def lock_for_account(*, account: StellarAccount, sponsor: StellarAccount | None) -> None:
    """Raises `LowReserve`."""
    _sponsor(owner=account, sponsor=sponsor, reserves=ACCOUNT_RESERVES)
    _require_reserve(sponsor or account)


def unlock_account(*, account: StellarAccount, sponsor: StellarAccount | None) -> None:
    _sponsor(owner=account, sponsor=sponsor, reserves=-ACCOUNT_RESERVES)


def lock_for_subentry(*, owner: StellarAccount, sponsor: StellarAccount | None) -> None:
    """Raises `LowReserve`."""
    owner.num_subentries += 1
    _sponsor(owner=owner, sponsor=sponsor, reserves=1)
    _require_reserve(sponsor or owner)


def unlock_subentry(*, owner: StellarAccount, sponsor: StellarAccount | None) -> None:
    owner.num_subentries -= 1
    _sponsor(owner=owner, sponsor=sponsor, reserves=-1)


def lock_for_claimants(*, sponsor: StellarAccount, count: int) -> None:
    """A claimable balance locks up a reserve for each who may claim it. Raises `LowReserve`."""
    sponsor.num_sponsoring += count
    _require_reserve(sponsor)


def unlock_claimants(*, sponsor: StellarAccount | None, count: int) -> None:
    if sponsor is not None:
        sponsor.num_sponsoring -= count


def hand_over(
    *,
    owner: StellarAccount | None,
    before: StellarAccount | None,
    after: StellarAccount | None,
    count: int,
) -> None:
    """Let `after` lock up what `before` did; None is the owner itself. Raises `LowReserve`."""
    _sponsor(owner=owner, sponsor=before, reserves=-count)
    _sponsor(owner=owner, sponsor=after, reserves=count)
    payer = after or owner
    if payer is not None:
        _require_reserve(payer)


def _sponsor(
    *, owner: StellarAccount | None, sponsor: StellarAccount | None, reserves: int
) -> None:
    if sponsor is None:
        return
    sponsor.num_sponsoring += reserves
    if owner is not None:
        owner.num_sponsored += reserves


def _require_reserve(account: StellarAccount) -> None:
    if spendable(account) < 0:
        raise LowReserve(account.address)
