"""Sabotage: what goes wrong behind our back is found by one run, named, and settled by operators."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from integrations.simulators import clock
from integrations.simulators.airtm import payins
from ledger.models import Finding, Run
from tests.airtm import Airtm
from tests.config.clerks import Clerk, clerk

pytestmark = pytest.mark.django_db(transaction=True)

# kind, sum at stake in stroops, what is proposed
FOUND = [
    ("payin_unposted", 500_000_000, "POST_MISSING"),
    ("payin_doubled", 300_000_000, "ADJUST"),
    ("payout_unposted", 400_000_000, "POST_MISSING"),
    ("airtm_float_differs", 70_000_000, "ADJUST"),
]


@pytest.fixture
def olga(airtm: Airtm) -> Clerk:
    return clerk("olga", "Finance")


@pytest.fixture
def oscar(airtm: Airtm) -> Clerk:
    return clerk("oscar", "Finance")


def reconcile(part: str, *options: str, code: int) -> Any:
    told = StringIO()
    asked = ("--marketplace", "Bazaar", "--format", "json", *options)
    with pytest.raises(SystemExit) as exited:
        call_command("reconcile", part, *asked, stdout=told)
    assert exited.value.code == code, told.getvalue()
    return json.loads(told.getvalue())


def lose_a_message(airtm: Airtm) -> str:
    """Ada pays 50, and nobody tells us."""
    topup = airtm.top_up("50.00")
    airtm.fault("lose_message")
    payins.confirm(airtm.payin(topup).id, email="ada@example.com")
    return topup


def double_a_payin(airtm: Airtm) -> str:
    """Ada is charged twice for one top-up of 30."""
    topup = airtm.top_up("30.00")
    airtm.confirm(topup)
    return str(payins.double(airtm.payin(topup).id).id)


def lose_an_answer(airtm: Airtm) -> str:
    """40 are paid out, and neither the commit's answer nor the message reaches us."""
    airtm.fault("lose_answers", call="POST /payouts/")
    airtm.fault("lose_message", times=9)
    withdrawal = airtm.withdraw("40.00")
    airtm.fault("lose_message", times=0)
    assert airtm.payout(withdrawal).status == "COMPLETED"
    assert airtm.status(withdrawal) == "COMMITTED"
    return withdrawal


def adjust_wrongly(airtm: Airtm, olga: Clerk, oscar: Clerk) -> str:
    """7 are taken off our balance at Airtm by two people who are both wrong."""
    wrong = {"kind": "airtm_float", "subject": "", "side": "credit", "amount": "7.00"}
    oscar.decide("agree", olga.asks_for("adjust", airtm.book, **wrong).id)
    return "airtm_float"


def found(kind: str) -> Finding:
    return Finding.across_books.get(kind=kind, resolved_at=None)


def adjust(finding: Finding, olga: Clerk, oscar: Clerk) -> None:
    """As its page proposes it."""
    form = olga.open("adjust-for-finding", finding.pk).context["form"]
    oscar.decide("agree", olga.asks_for("adjust-for-finding", finding.pk, **form.initial).id)


def test_each_is_found_by_one_run_and_settled_in_the_back_office(
    airtm: Airtm, olga: Clerk, oscar: Clerk
) -> None:
    airtm.fund("200.00")
    reconcile("all", code=0)
    subjects = [
        lose_a_message(airtm),
        double_a_payin(airtm),
        lose_an_answer(airtm),
        adjust_wrongly(airtm, olga, oscar),
    ]
    clock.advance(seconds=600)

    rehearsed = reconcile("all", "--dry-run", code=1)
    kinds = [one["kind"] for report in rehearsed for one in report["differences"]]
    assert kinds == [kind for kind, _, _ in FOUND]
    assert rehearsed[-1]["amount"] == "7.00"
    reconcile("all", code=1)
    seen = [found(kind) for kind, _, _ in FOUND]
    assert [(one.kind, one.amount, one.proposal) for one in seen] == FOUND
    assert [one.subject for one in seen] == subjects
    assert Finding.across_books.filter(resolved_at=None).count() == len(FOUND)

    unposted, doubled, unpaid, short = seen
    for finding in (unposted, unpaid):
        assert olga.decide("post-missing", finding.pk).status_code == 302
        airtm.worker.settle()
    assert airtm.status(subjects[0]) == "SUCCEEDED"
    assert airtm.status(subjects[2]) == "COMPLETED"
    for finding in (doubled, short):
        adjust(finding, olga, oscar)

    assert airtm.findings() == []
    assert {row.resolution for row in Finding.across_books.all()} >= {"seen"}
    #                      available  paying  unattributed  airtm_float  Airtm
    assert airtm.row() == ["240.00", "0.00", "0.00", "1270.00", "1270.00"]
    reconcile("all", code=0)
    last = Run.objects.of(airtm.book).filter(part="topups").latest("started_at")
    assert (last.status, last.ignored) == ("CLEAN", 1)


def test_what_an_adjustment_leaves_over_is_found_again(
    airtm: Airtm, olga: Clerk, oscar: Clerk
) -> None:
    """Airtm's balance stands still, so that only what our books say is another than before."""
    airtm.fund("200.00")
    adjust_wrongly(airtm, olga, oscar)
    reconcile("balances", code=1)
    form = olga.open("adjust-for-finding", found("airtm_float_differs").pk).context["form"]
    too_little = form.initial | {"amount": "2.00"}
    short = olga.asks_for("adjust-for-finding", found("airtm_float_differs").pk, **too_little)
    oscar.decide("agree", short.id)

    reconcile("balances", code=1)
    rest = found("airtm_float_differs")
    assert rest.amount == 50_000_000
    adjust(rest, olga, oscar)
    reconcile("balances", code=0)
