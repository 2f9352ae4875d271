"""Absorbing: the listener hears of each message until it has worked, and of nothing else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from svix.webhooks import Webhook

from config.wiring import *  # noqa: F403 – the whole house, but for one table
from integrations.providers import inbox
from integrations.providers.models import Inbound, ProviderAccount
from ledger.models import Finding
from tests.integrations.providers.airtm.signing import (
    FOREIGN_SECRET,
    SECRET,
    open_account,
    post,
    signed,
)

pytestmark = pytest.mark.django_db

heard: list[tuple[int, str]] = []
trouble: list[Exception] = []

WIRING = __name__
LISTENERS = {("airtm", "payin"): f"{__name__}.listen"}


def listen(*, book: int, code: str) -> None:
    heard.append((book, code))
    if trouble:
        raise trouble.pop()


@pytest.fixture
def account(db) -> ProviderAccount:
    return open_account("Bazaar", [SECRET])


class TestAbsorbing:
    @pytest.fixture(autouse=True)
    def _wired(self, settings):
        settings.WIRING = WIRING
        heard.clear()
        trouble.clear()

    def test_the_listener_hears_the_book_and_our_code(self, account):
        post(account, **signed())
        inbox.absorb_waiting()
        assert heard == [(account.book_id, "topup_1")]
        stored = Inbound.objects.get()
        assert stored.absorbed_at is not None
        assert (stored.attempts, stored.failure) == (1, "")

    def test_an_absorbed_message_is_not_absorbed_again(self, account):
        post(account, **signed())
        message = Inbound.objects.get().pk
        inbox.absorb(message)
        inbox.absorb(message)
        inbox.absorb_waiting()
        assert len(heard) == 1

    def test_a_failure_is_kept_with_the_message_and_tried_again(self, account):
        post(account, **signed())
        trouble.append(RuntimeError("no such top-up yet"))
        inbox.absorb_waiting()
        stored = Inbound.objects.get()
        assert (stored.absorbed_at, stored.attempts) == (None, 1)
        assert "no such top-up yet" in stored.failure
        assert inbox.absorb_waiting() == 0, "it pauses before the next try"
        Inbound.objects.update(received_at=datetime.now(UTC) - timedelta(seconds=6))
        inbox.absorb_waiting()
        stored.refresh_from_db()
        assert stored.absorbed_at is not None
        assert (stored.attempts, stored.failure) == (2, "")

    def test_a_forged_message_is_never_absorbed(self, account):
        post(account, **signed(secret=FOREIGN_SECRET))
        inbox.absorb(Inbound.objects.get().pk)
        assert inbox.absorb_waiting() == 0
        assert heard == []

    @pytest.mark.parametrize(
        "message",
        [
            {"type": "deposit.created", "data": {"code": "x"}},
            {"type": "payin.confirmed", "data": {"id": "no code"}},
            {"type": "payin.confirmed", "data": [1]},
            {"kind": 7},
        ],
    )
    def test_what_nobody_listens_to_is_laid_aside_visibly(self, account, message):
        post(account, **signed(message=message))
        inbox.absorb_waiting()
        stored = Inbound.objects.get()
        assert stored.absorbed_at is not None
        assert "nobody listens" in stored.failure

    def test_money_that_moved_there_without_our_code_is_found(self, account):
        post(account, **signed(message={"type": "payin.confirmed", "data": {"id": "by hand"}}))
        inbox.absorb_waiting()
        finding = Finding.across_books.get()
        assert (finding.kind, finding.subject) == ("airtm_operation_without_code", "by hand")

    def test_what_never_works_is_given_up_with_a_finding_and_not_tried_again(self, account):
        post(account, **signed())
        Inbound.objects.update(
            attempts=inbox.MOST_ATTEMPTS - 1, received_at=datetime.now(UTC) - timedelta(days=2)
        )
        trouble.append(RuntimeError("never"))
        inbox.absorb_waiting()
        stored = Inbound.objects.get()
        assert (stored.type, stored.subject) == ("payin.confirmed", "topup_1")
        assert stored.given_up_at
        assert stored.absorbed_at is None
        finding = Finding.across_books.get()
        assert (finding.kind, finding.subject) == ("message_given_up", "topup_1")
        assert inbox.absorb_waiting() == 0

    def test_signed_bytes_that_are_no_json_are_laid_aside_as_well(self, account):
        at, body = datetime.now(UTC), "<html>"
        headers = {
            "svix-id": "msg_1",
            "svix-timestamp": str(int(at.timestamp())),
            "svix-signature": Webhook(SECRET).sign("msg_1", at, body),
        }
        assert post(account, data=body, headers=headers).status_code == 204
        inbox.absorb_waiting()
        assert Inbound.objects.get().failure

    @pytest.mark.django_db(transaction=True)
    def test_two_workers_at_once_absorb_it_once(self, account):
        post(account, **signed())
        message = Inbound.objects.get().pk

        def work(_: int) -> None:
            inbox.absorb(message)
            connections.close_all()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(work, range(8)))
        assert len(heard) == 1
