"""Findings as a comparison would have made them, for the acts that settle them."""

from typing import Any

from django.db import transaction

from escrow import comparison, freezing
from escrow.models import Escrow
from integrations.providers.models import ChainMovement
from integrations.providers.stellar.networks import network
from ledger import clock, findings
from ledger.models import Finding, Run, Sighting
from ledger.money import DOLLAR
from tests.house import House


def missing(house: House) -> Finding:
    """Airtm says more of a top-up than we do, as a run saw."""
    found = _found("payin_unposted", house.awaited, amount=75 * DOLLAR, proposal="POST_MISSING")
    now = clock.now()
    run = Run.across_books.create(
        book=found.book, part="topups", until=now, started_at=now, finished_at=now,
        status="FINDINGS", compared=1, differing=1, amount=found.amount,
    )  # fmt: skip
    Sighting.objects.create(run=run, finding=found)
    return found


def float_differs(_: House) -> Finding:
    """Airtm has 7 more than our books say."""
    debit = {"kind": "airtm_float", "subject": "", "debit": 7 * DOLLAR}
    facts: dict[str, Any] = {"proposal": "ADJUST", "correction": debit}
    return _found("airtm_float_differs", "airtm_float", amount=7 * DOLLAR, **facts)


def payee(house: House) -> Finding:
    """Airtm shows the recipient of a payout under another address than ours."""
    seen = {"amount": 50 * DOLLAR, "to": "ben@new.example", "status": "PENDING"}
    kind = "payout_instruction_differs"
    return _found(kind, house.held_back, amount=50 * DOLLAR, observed=seen)


def surplus(house: House) -> Finding:
    """A contract holds 7 more than our books say."""
    escrow = _running(house)
    return _of_contract(comparison.BEYOND, escrow, 7, escrow=escrow.pk)


def loss(house: House) -> Finding:
    """A contract holds 30 less than our books say."""
    escrow = _running(house)
    return _of_contract(freezing.SHORT, escrow, -30, escrow=escrow.pk)


def foreign_end(house: House) -> Finding:
    """Somebody else has released a contract, and the feed saw where the money went."""
    escrow = _running(house)
    places = {
        escrow.seller_wallet.address: 947_000_000,
        escrow.fees_wallet.address: 50_000_000,
        network().protocol_fee_address: 3_000_000,
    }
    for index, (place, amount) in enumerate(places.items()):
        _left(escrow, place, amount, index)
    return _of_contract(freezing.ENDED_BY_ANOTHER, escrow, -100)


def _running(house: House) -> Escrow:
    return Escrow.across_books.get(order=house.running)


def _of_contract(kind: str, held_for: Escrow, more: int, **known: Any) -> Finding:
    expected = {"stroops": held_for.amount, **known}
    observed = {"stroops": held_for.amount + more * DOLLAR}
    facts: dict[str, Any] = {"expected": expected, "observed": observed}
    return _found(kind, held_for.pk, amount=abs(more) * DOLLAR, trail=held_for.trail, **facts)


def _found(kind: str, subject: str, *, amount: int, **facts: Any) -> Finding:
    book = Escrow.across_books.earliest("created_at").book_id
    with transaction.atomic():
        findings.find(book=book, kind=kind, subject=subject, amount=amount, **facts)
    return Finding.across_books.get(kind=kind, subject=subject)


def _left(escrow: Escrow, place: str, amount: int, index: int) -> None:
    ChainMovement.across_books.create(
        book_id=escrow.book_id, network="simulated", operation_id=1, change_index=index,
        direction="OUT", address=escrow.contract_id, counterparty=place, amount=amount,
        asset="USDC", kind="TRANSFER", matter="CONTRACT", tx_hash="f" * 64, inner_hash="f" * 64,
        ledger=1, closed_at=clock.now(), found_by="WATCH", recorded_at=clock.now(),
    )  # fmt: skip
