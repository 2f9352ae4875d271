"""The whole conversation against the simulated Horizon and Trustless Work, over real HTTP."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import transaction

from integrations.providers import directory
from integrations.providers.answers import Done
from integrations.providers.intents import (
    ApproveMilestone,
    FundEscrow,
    Intent,
    MarkMilestoneDone,
    ReleaseEscrow,
)
from integrations.providers.models import ProviderAccount, Signing, Submission, Wallet
from integrations.providers.ports import Contract, Roles
from integrations.providers.stellar import opening, sending, submission, wallets
from integrations.providers.stellar.networks import network
from integrations.simulators.models import SimulatedTrustlessWorkKey
from integrations.simulators.stellar import genesis
from ledger.events import SYSTEM
from ledger.models import Book
from tests.integrations.providers.stellar.capital import bring_in
from tests.integrations.providers.stellar.terms import DEPLOY, SINGLE, TREASURY

DOLLAR = 10_000_000
KEY = "demo.a-key-of-the-simulator"


@pytest.fixture
def simulated(transactional_db: None, live_server: Any, settings: LazySettings) -> None:
    settings.ROOT_URLCONF = "integrations.simulators.urls"
    settings.STELLAR_HORIZON_URL = f"{live_server.url}/stellar"
    settings.TRUSTLESS_WORK_BASE_URL = f"{live_server.url}/trustlesswork"


@pytest.fixture
def book(simulated: None) -> int:
    book: int = Book.objects.create(name="Bazaar").pk
    SimulatedTrustlessWorkKey.objects.create(key=KEY)
    directory.open_account(book, ProviderAccount.Provider.TRUSTLESS_WORK, {"api_key": KEY})
    genesis.open_account(TREASURY.public_key, xlm=1_000 * DOLLAR, usdc=500 * DOLLAR)
    with transaction.atomic():
        treasury = wallets.adopt(
            book=book, role=Wallet.Role.TREASURY, secret=TREASURY.secret, by=SYSTEM
        )
    bring_in(treasury, 500 * DOLLAR)
    return book


def wallet_of(book: int, holder: str) -> Wallet:
    with transaction.atomic():
        wallet = wallets.ensure(book=book, holder=holder, by=SYSTEM)
    opening.open_on_chain(wallet.id)
    asked = submission.latest(wallet.id)
    assert asked is not None
    sending.send(asked.id)
    opening.follow(submission_id=asked.id)
    wallet.refresh_from_db()
    assert wallet.status == Wallet.Status.READY
    return wallet


@pytest.fixture
def act(book: int) -> Callable[[Intent], Submission]:
    def carry_out(intent: Intent) -> Submission:
        answer = submission.prepare(book=book, intent=intent, about="ord_1")
        assert isinstance(answer, Done), answer
        with transaction.atomic():
            row = submission.claim(
                answer.value, purpose="test", subject="esc_1", trail="ord_1", by=SYSTEM
            )
        sending.send(row.id)
        row.refresh_from_db()
        assert row.status == Submission.Status.CONFIRMED, row.result_code
        return row

    return carry_out


def contract(book: int, contract_id: str) -> Contract:
    answer = directory.escrows(book, trail="ord_1").read(contract_id=contract_id)
    assert isinstance(answer, Done), answer
    return answer.value


def test_an_escrow_is_deployed_funded_and_released_to_the_stroop(
    book: int, act: Callable[[Intent], Submission]
) -> None:
    ada, ben = wallet_of(book, "usr_ada"), wallet_of(book, "usr_ben")
    treasury = wallets.treasury(book).address
    roles = Roles(
        approver=ada.address,
        service_provider=ben.address,
        platform_address=treasury,
        release_signer=ada.address,
        dispute_resolver=network().usdc_issuer,
        receiver=ben.address,
    )
    terms = replace(DEPLOY, roles=roles, amount=100 * DOLLAR)
    contract_id = act(terms).contract_id
    assert contract(book, contract_id).roles == roles
    assert contract(book, contract_id).amount == 100 * DOLLAR

    there = {"contract_id": contract_id, "kind": SINGLE}
    act(FundEscrow(signer=treasury, amount=100 * DOLLAR, terms=terms, **there))
    assert contract(book, contract_id).balance == 100 * DOLLAR

    act(MarkMilestoneDone(signer=ben.address, index=0, status="completed", evidence="x", **there))
    act(ApproveMilestone(signer=ada.address, index=0, **there))
    paid = act(ReleaseEscrow(signer=ada.address, index=0, **there))
    after = contract(book, contract_id)
    assert (after.milestones[0].released, after.balance) == (True, 0)
    assert paid.outer_hash != paid.inner_hash  # Ada holds no XLM: the treasury paid

    seen = submission.movements(paid)
    assert isinstance(seen, Done), seen
    moved = {each.target: each.amount for each in seen.value}
    assert moved == {
        network().protocol_fee_address: 3_000_000,
        treasury: 50_000_000,
        ben.address: 947_000_000,
    }
    assert not Signing.across_books.exclude(verdict="signed").exists()


def test_what_the_contract_refuses_is_declined_before_anything_is_signed(
    book: int, act: Callable[[Intent], Submission]
) -> None:
    ada = wallet_of(book, "usr_ada")
    treasury = wallets.treasury(book).address
    roles = replace(DEPLOY.roles, approver=ada.address, receiver=ada.address)
    terms = replace(DEPLOY, roles=roles, amount=1_000 * DOLLAR)
    contract_id = act(terms).contract_id
    funding = FundEscrow(
        signer=treasury,
        contract_id=contract_id,
        kind=SINGLE,
        amount=1_000 * DOLLAR,
        terms=terms,
    )
    answer = submission.prepare(book=book, intent=funding, about="ord_1")
    assert getattr(answer, "code", "") == "INSUFFICIENT_FUNDS", answer
