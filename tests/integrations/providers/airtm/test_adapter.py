"""The contract of `Payins` and `Payouts`: done, declined, unclear, duplicated, late."""

import pytest

from integrations.providers import listing
from integrations.providers.airtm import adapter
from integrations.providers.airtm.adapter import AirtmPayins, AirtmPayouts
from integrations.providers.answers import (
    CODE_TAKEN,
    INSUFFICIENT_BALANCE,
    NOT_FOUND,
    Declined,
    Done,
    Unclear,
)
from integrations.providers.models import Call
from integrations.providers.ports import Balance, PayinStatus, PayoutStatus
from integrations.simulators.airtm import payins as simulated_payins
from integrations.simulators.airtm import payouts as simulated_payouts
from integrations.simulators.models import AirtmPayin, AirtmPayout, AirtmPerson
from tests.integrations.providers import stub as stubs

DOLLAR = 10_000_000
LINKS = {"return_url": "https://shop.example/ok", "cancel_url": "https://shop.example/no"}


def ask(payins, *, code="topup_1", amount=50 * DOLLAR):
    return payins.create(code=code, amount=amount, description="Top-up", **LINKS)


def pay(payouts, *, code="wd_1", email="ben@example.com", amount=94_70 * DOLLAR // 100):
    return payouts.create(code=code, email=email, amount=amount, notes="Earnings")


class TestPayins:
    def test_a_payin_is_created_and_its_page_is_of_our_template(self, payins):
        payin = ask(payins).value
        assert payin.status == PayinStatus.AWAITING_USER_CONFIRMATION
        assert (payin.amount, payin.net_amount, payin.fee) == (50 * DOLLAR, 50 * DOLLAR, 0)
        assert payin.code == "topup_1"
        assert payin.confirmation_url == f"https://pay.example/payin/{payin.reference}"

    def test_every_call_is_kept_under_the_trail(self, payins):
        ask(payins)
        assert [call.trail for call in Call.objects.all()] == ["topup_1"]

    def test_a_confirmed_payin_names_its_payer(self, payins, enterprise):
        enterprise.fee_bps = 100
        enterprise.save()
        payin = ask(payins).value
        simulated_payins.confirm(payin.reference, email="ada@example.com")
        seen = payins.look_up(code="topup_1").value
        assert seen.status == PayinStatus.SUCCEEDED
        assert seen.payer_email == "ada@example.com"
        assert (seen.net_amount, seen.fee) == (49_50 * DOLLAR // 100, DOLLAR // 2)

    def test_an_unknown_code_is_not_found(self, payins):
        assert payins.look_up(code="topup_0").code == NOT_FOUND

    def test_a_code_asked_for_twice_is_the_same_payin(self, payins):
        assert ask(payins) == ask(payins)
        assert AirtmPayin.objects.count() == 1

    def test_a_code_taken_for_another_amount_is_declined(self, payins):
        ask(payins)
        answer = ask(payins, amount=51 * DOLLAR)
        assert isinstance(answer, Declined)
        assert answer.code == CODE_TAKEN

    def test_an_open_payin_is_canceled(self, payins):
        payin = ask(payins).value
        assert payins.cancel(reference=payin.reference).value.status == PayinStatus.CANCELED

    def test_a_payin_paid_in_the_meantime_is_not_canceled(self, payins):
        payin = ask(payins).value
        simulated_payins.confirm(payin.reference, email="ada@example.com")
        answer = payins.cancel(reference=payin.reference)
        assert isinstance(answer, Declined)
        assert payins.look_up(code="topup_1").value.status == PayinStatus.SUCCEEDED

    def test_a_failed_payin_says_why(self, payins):
        simulated_payins.fail(ask(payins).value.reference, reason="no funds")
        seen = payins.look_up(code="topup_1").value
        assert (seen.status, seen.reason) == (PayinStatus.FAILED, "no funds")

    @pytest.mark.parametrize("amount", [0, -DOLLAR, 1, DOLLAR + 1])
    def test_an_amount_that_is_not_in_cents_is_never_sent(self, payins, amount):
        with pytest.raises(ValueError, match="cents"):
            ask(payins, amount=amount)
        assert not Call.objects.exists()


class TestPayouts:
    def test_a_payout_is_written_and_moves_nothing(self, payouts, enterprise):
        payout = pay(payouts).value
        assert payout.status == PayoutStatus.CREATED
        assert payout.recipient_email == "ben@example.com"
        enterprise.refresh_from_db()
        assert enterprise.available == 1000

    def test_a_committed_payout_arrives(self, payouts, enterprise):
        before = AirtmPerson.objects.get(email="ben@example.com").balance
        assert payouts.commit(reference=pay(payouts).value.reference) == Done(None)
        seen = payouts.look_up(code="wd_1").value
        assert seen.status == PayoutStatus.COMPLETED
        assert seen.net_amount == 94_70 * DOLLAR // 100
        ben = AirtmPerson.objects.get(email="ben@example.com")
        enterprise.refresh_from_db()
        assert str(ben.balance - before) == "94.70"
        assert (str(enterprise.available), enterprise.pending) == ("905.30", 0)

    def test_a_second_commit_is_done_as_well(self, payouts, enterprise):
        reference = pay(payouts).value.reference
        assert payouts.commit(reference=reference) == payouts.commit(reference=reference)
        enterprise.refresh_from_db()
        assert str(enterprise.available) == "905.30"

    @pytest.mark.parametrize("email", ["nobody@example.com", "unverified@example.com"])
    def test_a_recipient_who_must_act_first_leaves_it_waiting(self, payouts, enterprise, email):
        payouts.commit(reference=pay(payouts, email=email).value.reference)
        assert payouts.look_up(code="wd_1").value.status == PayoutStatus.PENDING_USER_ACTION
        enterprise.refresh_from_db()
        assert str(enterprise.pending) == "94.70"

    def test_a_waiting_payout_is_canceled_and_the_money_is_back(self, payouts, enterprise):
        reference = pay(payouts, email="nobody@example.com").value.reference
        payouts.commit(reference=reference)
        assert payouts.cancel(reference=reference).value.status == PayoutStatus.CANCELED
        enterprise.refresh_from_db()
        assert (enterprise.available, enterprise.pending) == (1000, 0)

    def test_a_completed_payout_is_not_canceled(self, payouts):
        reference = pay(payouts).value.reference
        payouts.commit(reference=reference)
        assert payouts.cancel(reference=reference).code == "PAYOUT_CANNOT_BE_CANCELED"

    def test_a_failed_payout_says_why(self, payouts):
        reference = pay(payouts, email="slow@example.com").value.reference
        payouts.commit(reference=reference)
        assert payouts.look_up(code="wd_1").value.status == PayoutStatus.PENDING
        simulated_payouts.fail(reference)
        seen = payouts.look_up(code="wd_1").value
        assert (seen.status, seen.reason_code) == (PayoutStatus.FAILED, "PAYOUT_UNDELIVERABLE")

    def test_too_little_money_declines_the_commit(self, payouts):
        reference = pay(payouts, amount=2000 * DOLLAR).value.reference
        assert payouts.commit(reference=reference).code == INSUFFICIENT_BALANCE

    @pytest.mark.parametrize(
        ("email", "code"),
        [
            ("inactive@example.com", "RECIPIENT_INACTIVE"),
            ("banned@example.com", "RECIPIENT_BANNED"),
            ("restricted@example.com", "RECIPIENT_RESTRICTED_TERRITORY"),
        ],
    )
    def test_a_barred_recipient_is_declined(self, payouts, email, code):
        assert pay(payouts, email=email).code == code

    def test_a_code_asked_for_twice_is_the_same_payout(self, payouts):
        assert pay(payouts) == pay(payouts)
        assert AirtmPayout.objects.count() == 1

    @pytest.mark.parametrize("other", [{"amount": 95 * DOLLAR}, {"email": "ada@example.com"}])
    def test_a_code_taken_for_something_else_is_declined(self, payouts, other):
        pay(payouts)
        assert pay(payouts, **other).code == CODE_TAKEN

    def test_an_unknown_code_is_not_found(self, payouts):
        assert payouts.look_up(code="wd_0").code == NOT_FOUND

    def test_a_recipient_is_described(self, payouts):
        recipient = payouts.recipient(email="ada@example.com").value
        assert (recipient.is_active, recipient.is_verified) == (True, True)
        assert recipient.country == "VEN"

    def test_a_barred_recipient_is_not_active(self, payouts):
        assert payouts.recipient(email="banned@example.com").value.is_active is False

    def test_an_unknown_recipient_is_not_found(self, payouts):
        assert payouts.recipient(email="no+body/../x@example.com").code == NOT_FOUND

    def test_wrong_credentials_prove_nothing(self, arguments):
        payouts = AirtmPayouts(**{**arguments, "api_secret": "another secret"})
        assert isinstance(payouts.look_up(code="wd_1"), Unclear)
        assert isinstance(pay(payouts), Unclear)


PAYIN = (
    b'{"id":"p1","code":"topup_1","status":"%s","amount":50,"netAmount":49.123,"airtmFee":0.877,'
    b'"unknown":{"field":[1]}}'
)


class TestBadAnswers:
    """What a provider, or something in front of it, may say instead."""

    @pytest.fixture
    def stub(self, db):
        with stubs.running() as stub:
            yield stub

    @pytest.fixture
    def credentials(self, stub) -> dict[str, str]:
        return {
            "base_url": stub.url,
            "api_key": "key-of-eight",
            "api_secret": "secret-of-eight",
            "payin_url_template": "{id}",
        }

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (500, b"{}"),
            (502, b"<html>Bad gateway</html>"),
            (504, b""),
            (429, b'{"code":"429","message":"slow down"}'),
            (302, b""),
            (403, b"<html>a firewall</html>"),
            (404, b"<html>not this host</html>"),
            (400, b'{"code":"415998","message":"system"}'),
            (400, b'{"code":"415999","message":"system"}'),
            (400, b'{"code":"415003","message":"external"}'),
            (200, b""),
            (200, b"OK"),
            (200, b"[]"),
            (200, b'{"code":"415901","message":"an error all the same"}'),
            (200, PAYIN.replace(b"topup_1", b"topup_2") % b"CREATED"),
            (200, PAYIN.replace(b"49.123", b'"49"') % b"CREATED"),
            (200, PAYIN.replace(b"49.123", b"0.12345678") % b"CREATED"),
            (200, PAYIN.replace(b"49.123", b"1e50") % b"CREATED"),
            (200, PAYIN.replace(b"49.123", b"true") % b"CREATED"),
            (200, PAYIN.replace(b'"p1"', b"null") % b"CREATED"),
        ],
    )
    def test_whatever_is_not_airtms_own_word_is_unclear(self, stub, credentials, status, body):
        stub.answers = [(status, body)]
        assert isinstance(ask(AirtmPayins(**credentials)), Unclear)
        assert len(stub.asked) == 1

    def test_no_answer_is_unclear(self, stub, credentials):
        stub.hangs_up = True
        assert isinstance(AirtmPayouts(**credentials).commit(reference="p1"), Unclear)

    @pytest.mark.parametrize(
        "body",
        [
            b'{"code":"415057","message":"above max"}',
            b'{"code":415057,"message":"above max"}',
            b'{"error":{"code":"415057","message":"above max","details":{}}}',
        ],
    )
    def test_a_refusal_is_understood_in_all_its_shapes(self, stub, credentials, body):
        stub.answers = [(422, body)]
        assert ask(AirtmPayins(**credentials)) == Declined("PAYOUT_ABOVE_MAXIMUM", "above max")

    def test_odd_amounts_and_unknown_fields_are_read_exactly(self, stub, credentials):
        stub.answers = [(200, PAYIN % b"CREATED")]
        payin = ask(AirtmPayins(**credentials)).value
        assert (payin.net_amount, payin.fee) == (491_230_000, 8_770_000)

    def test_an_unknown_status_is_not_final(self, stub, credentials):
        stub.answers = [(200, PAYIN % b"SOMETHING_NEW")]
        assert ask(AirtmPayins(**credentials)).value.status == PayinStatus.UNKNOWN

    def test_what_cannot_be_stored_is_made_storable(self, stub, credentials):
        stub.answers = [
            (
                200,
                PAYIN.replace(b'"unknown"', b'"failureReason":"a\\u0000b\\ud800","x"') % b"FAILED",
            )
        ]
        reason = ask(AirtmPayins(**credentials)).value.reason
        reason.encode()
        assert "\x00" not in reason

    def test_a_taken_code_that_cannot_be_looked_up_is_unclear(self, stub, credentials):
        stub.answers = [
            (400, b'{"code":"415029","message":"exists"}'),
            (404, b'{"code":"415031","message":"not found"}'),
        ]
        assert isinstance(ask(AirtmPayins(**credentials)), Unclear)

    def test_a_look_up_that_is_refused_does_not_mean_that_nothing_is_there(self, stub, credentials):
        stub.answers = [(400, b'{"code":"415901","message":"bad request"}')]
        assert isinstance(AirtmPayouts(**credentials).look_up(code="wd_1"), Unclear)

    @pytest.mark.parametrize("status", [200, 201, 202, 204])
    def test_any_2xx_commits_whatever_its_body(self, stub, credentials, status):
        stub.answers = [(status, b"")]
        assert AirtmPayouts(**credentials).commit(reference="p1") == Done(None)


class TestLists:
    def test_all_pages_are_one_list_newest_first_and_leave_no_call(
        self, payins, payouts, monkeypatch
    ):
        monkeypatch.setattr(adapter, "PER_PAGE", "10")
        for number in range(12):
            ask(payins, code=f"topup_{number}")
        pay(payouts)
        Call.objects.all().delete()
        read = list(listing.read(lambda page: payins.payins(page=page), back_to=None))
        assert [one.code for one in read] == [f"topup_{number}" for number in range(11, -1, -1)]
        assert all(one.created_at and one.changed_at for one in read)
        [payout] = listing.read(lambda page: payouts.payouts(page=page), back_to=None)
        assert (payout.code, payout.status) == ("wd_1", PayoutStatus.CREATED)
        assert not Call.objects.exists()

    def test_the_balance_has_what_waits_for_a_recipient(self, payouts):
        payout = pay(payouts, email="nobody@example.com").value
        assert payouts.balance() == Done(Balance(available=1000 * DOLLAR, pending=0))
        payouts.commit(reference=payout.reference)
        seen = payouts.balance().value
        assert (seen.pending, seen.held) == (94_70 * DOLLAR // 100, 1000 * DOLLAR)

    @pytest.mark.parametrize(
        "body",
        [b"{}", b'{"items":[{"id":"1"}]}', b'{"items":"many"}', b"<html>", b'{"items":[null]}'],
    )
    def test_a_page_that_says_nothing_is_unclear(self, arguments, body):
        with stubs.running() as stub:
            stub.answers = [(200, body)]
            answer = AirtmPayins(**{**arguments, "base_url": stub.url}).payins()
        assert isinstance(answer, Unclear)
