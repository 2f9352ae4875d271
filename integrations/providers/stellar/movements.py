"""Movements: what a page of the feed is to us, written down once and handed to whoever owns it.

Whose it is, is decided by hash and address, never by amount: a transaction of ours is settled by
its own listener, what a contract of ours pays or gets is the escrow's, and only the rest came from
outside.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q

from integrations.providers.models import Address, ChainMovement, Matter, Submission, Wallet
from integrations.providers.ports import MovementKind, Observed
from integrations.providers.stellar import wallets
from integrations.providers.stellar.feed_mapping import USDC
from ledger import clock
from ledger.atomicity import require_transaction
from ledger.findings import find
from ledger.wiring import table, wired

IN, OUT = ChainMovement.Direction.IN, ChainMovement.Direction.OUT
Role = Address.Role

# What the listener of `("chain", "wallet")` is handed, in the chain's order.
OF_WALLETS = {Matter.DEPOSIT, Matter.UNATTRIBUTED, Matter.CLAWBACK}
UNEXPLAINED = "outflow_not_ours"
FOREIGN_PAYOUT = "contract_paid_by_another"
FOREIGN_MONEY = "foreign_money_in_contract"


def take_in(page: Iterable[Observed], *, found_by: str) -> list[ChainMovement]:
    """Write down what touches an address of ours, and have it booked; answers what is new.

    Joins the caller's transaction. What was taken in before, by whomever, changes nothing.
    """
    require_transaction()
    rows = _new(as_rows(page, found_by=found_by))
    for row in rows:
        _look_at(row)
    if concerned := [row for row in rows if row.matter in OF_WALLETS]:
        wired(table("LISTENERS")["chain", "wallet"])(movements=concerned)
    return rows


def as_rows(page: Iterable[Observed], *, found_by: str) -> list[ChainMovement]:
    """What of it touches an address of ours, as it would be written down."""
    return _Ours.among(list(page)).rows(found_by)


@dataclass(frozen=True, slots=True)
class _Ours:
    """A page, and what we know of the addresses and transactions in it: three queries."""

    page: list[Observed]
    addresses: dict[str, Address]
    wallets: dict[str, Wallet]
    purposes: dict[str, str]  # inner or outer hash → the purpose of our submission

    @classmethod
    def among(cls, page: list[Observed]) -> "_Ours":
        named = {name for seen in page for name in (seen.source, seen.target) if name}
        addresses = Address.across_books.in_bulk(named)
        touching = [seen for seen in page if {seen.source, seen.target} & set(addresses)]
        owned = Wallet.across_books.filter(address__in=addresses)
        return cls(
            page=touching,
            addresses=addresses,
            wallets={wallet.address: wallet for wallet in owned},
            purposes=_purposes({h for seen in touching for h in (seen.tx_hash, seen.inner_hash)}),
        )

    def rows(self, found_by: str) -> list[ChainMovement]:
        now = clock.now()
        return [
            self._row(seen, direction, found_by=found_by, recorded_at=now)
            for seen in self.page
            for direction, address in ((OUT, seen.source), (IN, seen.target))
            if address in self.addresses and self._matters(seen) and self._was_ours(address, seen)
        ]

    def _was_ours(self, address: str, seen: Observed) -> bool:
        """What happened before an account of the platform was adopted is in its opening balance."""
        wallet = self.wallets.get(address)
        if wallet is None or wallet.role == Role.USER:
            return True
        return bool(wallet.created_at <= seen.closed_at)

    def _matters(self, seen: Observed) -> bool:
        """Our own dealings in XLM (reserves of wallets) are the submission's and no movement."""
        return USDC in (seen.asset, seen.sent_asset) or not self._purpose(seen)

    def _row(self, seen: Observed, direction: str, **facts: object) -> ChainMovement:
        comes_in = direction == IN
        address = self.addresses[seen.target if comes_in else seen.source]
        return ChainMovement(
            book_id=address.book_id,
            network=settings.STELLAR_NETWORK,
            operation_id=seen.operation_id,
            change_index=seen.index,
            direction=direction,
            address=address.address,
            holder=self._holder(address.address),
            counterparty=seen.source if comes_in else seen.target,
            amount=seen.amount if comes_in else seen.sent,
            asset=seen.asset if comes_in else seen.sent_asset,
            kind=seen.kind,
            matter=self._matter(seen, address, direction),
            purpose=self._purpose(seen),
            tx_hash=seen.tx_hash,
            inner_hash=seen.inner_hash,
            memo=seen.memo,
            muxed_id=seen.muxed_id,
            ledger=seen.ledger,
            closed_at=seen.closed_at,
            **facts,
        )

    def _purpose(self, seen: Observed) -> str:
        return self.purposes.get(seen.inner_hash) or self.purposes.get(seen.tx_hash, "")

    def _matter(self, seen: Observed, address: Address, direction: str) -> Matter:
        if self._purpose(seen):
            return Matter.SUBMISSION
        if Role.CONTRACT in {self._role(seen.source), self._role(seen.target)}:
            return Matter.CONTRACT
        if direction == OUT or seen.source == seen.target:
            is_taken = seen.kind == MovementKind.CLAWBACK and seen.sent_asset == USDC
            return Matter.CLAWBACK if is_taken else Matter.OUTFLOW
        if seen.asset != USDC:
            return Matter.FOREIGN
        # Between two wallets of ours, and not sent by us: it is counted, and nobody's yet.
        is_theirs = address.role == Role.USER and seen.source not in self.addresses
        return Matter.DEPOSIT if is_theirs else Matter.UNATTRIBUTED

    def _holder(self, address: str) -> str:
        wallet = self.wallets.get(address)
        return str(wallet.holder) if wallet else ""

    def _role(self, name: str) -> str:
        return str(self.addresses[name].role) if name in self.addresses else ""


def _purposes(hashes: set[str]) -> dict[str, str]:
    """Of our submissions among these hashes, by either of their own."""
    ours = Submission.across_books.filter(Q(inner_hash__in=hashes) | Q(outer_hash__in=hashes))
    return {its: row.purpose for row in ours for its in (row.inner_hash, row.outer_hash)}


def _new(rows: list[ChainMovement]) -> list[ChainMovement]:
    """Those that nobody had written down: the database decides between readers at once."""
    ChainMovement.across_books.bulk_create(rows, ignore_conflicts=True)
    written = ChainMovement.across_books.in_bulk([row.pk for row in rows])
    return [row for row in rows if row.pk in written]


def _look_at(row: ChainMovement) -> None:
    if row.matter == Matter.OUTFLOW:
        wallets.freeze(row.address)
        _report(row, UNEXPLAINED)
    elif row.matter == Matter.CONTRACT and _is_paid(row):
        _report(row, FOREIGN_PAYOUT)
    elif row.matter == Matter.CONTRACT and _is_given(row):
        _report(row, FOREIGN_MONEY)


def _is_paid(row: ChainMovement) -> bool:
    """Whether a contract of ours has paid a wallet of ours, by a transaction that is not ours."""
    return bool(row.direction == IN and row.counterparty.startswith("C"))


def _is_given(row: ChainMovement) -> bool:
    """Whether somebody has put USDC into a contract of ours; it is booked when that is divided."""
    return bool(row.direction == IN and row.address.startswith("C") and row.asset == "USDC")


def _report(row: ChainMovement, kind: str) -> None:
    find(
        book=row.book_id,
        kind=kind,
        subject=row.id,
        trail=row.trail,
        expected={"transaction": "one of our submissions"},
        observed={"hash": row.tx_hash, "address": row.address, "counterparty": row.counterparty,
                  "asset": row.asset},
        amount=row.amount,
    )  # fmt: skip
