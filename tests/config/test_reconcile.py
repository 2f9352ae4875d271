"""`manage.py reconcile`: what it compares, writes down, and says by its exit code."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from integrations.simulators import clock
from integrations.simulators.airtm import payins
from ledger.models import Finding, Run
from tests.airtm import Airtm

pytestmark = pytest.mark.django_db(transaction=True)


def reconcile(*arguments: str, code: int) -> Any:
    """The reports, told as JSON; the command must exit with this code."""
    told = StringIO()
    with pytest.raises(SystemExit) as exited:
        call_command("reconcile", *arguments, "--format", "json", stdout=told, stderr=StringIO())
    assert exited.value.code == code, told.getvalue()
    return json.loads(told.getvalue()) if told.getvalue() else []


def test_a_payment_whose_message_was_lost_is_found(airtm: Airtm) -> None:
    topup = airtm.top_up("50.00")
    airtm.fault("lose_message")
    payins.confirm(airtm.payin(topup).id, email="ada@example.com")
    clock.advance(seconds=600)

    reconcile("topups", "--marketplace", "Bazaar", code=1)
    finding = Finding.across_books.get()
    assert (finding.kind, finding.subject, finding.amount) == (
        "payin_unposted", topup, 500_000_000,
    )  # fmt: skip
    assert list(finding.runs.all()) == [Run.across_books.get()]

    airtm.act(topup, "refresh")
    assert airtm.status(topup) == "SUCCEEDED"
    reconcile("topups", "--marketplace", "Bazaar", code=0)
    assert airtm.findings() == []
