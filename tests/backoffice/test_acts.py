"""Every act of operators is played through its page: asked, shown, refused, and done."""

from typing import Any

import pytest
from django import forms
from django.contrib.auth.models import User as Operator

from integrations.marketplaces.models import AuditEntry
from ledger import acts
from ledger.models import Approval, Event, Transfer
from ledger.questions import AmountAsked
from tests.backoffice.played import DEPOSIT_ADDRESS, PLAYS, Play
from tests.config.clerks import Clerk, clerk
from tests.house import SCRIPT, House

pytestmark = pytest.mark.django_db

UNMOVED = (Transfer, Event, Approval)


@pytest.fixture
def olga(house: House) -> Clerk:
    return clerk("olga", "Admin")


@pytest.fixture
def oscar(house: House) -> Clerk:
    return clerk("oscar", "Admin")


def test_every_act_is_played() -> None:
    assert set(PLAYS) == set(acts.known())


@pytest.mark.parametrize("name", PLAYS)
def test_an_act_is_asked_shown_refused_and_done(
    house: House, olga: Clerk, oscar: Clerk, settings: Any, name: str
) -> None:
    settings.AIRTM_DEPOSIT_ADDRESS = DEPOSIT_ADDRESS
    play, act = PLAYS[name], acts.named(name)
    record = play.on(house)
    answers = answered(play, house)
    before = counted()

    assert clerk("otto", "Viewer").open(name, record.pk).status_code == 403
    page = olga.open(name, record.pk).content.decode()
    assert act.explains.split("'")[0] in page
    assert 'name="confirmed"' not in page

    shown = olga.preview(name, record.pk, **answers)
    assert "would be refused" not in shown
    assert play.shows in shown
    scripted = olga.preview(name, record.pk, **answers | scripts(act), reason=SCRIPT)
    assert SCRIPT not in scripted
    assert "&lt;script&gt;alert(1)" in scripted
    unreasoned = olga.decide(name, record.pk, reason=" ", **answers)
    assert "This field is required" in unreasoned.content.decode()
    assert counted() == before

    done(olga, oscar, name, record, answers)
    assert AuditEntry.across_books.filter(
        act__in=[f"operator.decided.{name}", f"operator.asked-for.{name}"], subject=record.pk
    ).exists()


def answered(play: Play, house: House) -> dict[str, Any]:
    return {name: one(house) if callable(one) else one for name, one in play.answers.items()}


def scripts(act: acts.Act) -> dict[str, str]:
    """Script for every field that takes any text."""
    fields = act.questions.base_fields.items()
    return {name: SCRIPT for name, field in fields if type(field) in {forms.CharField, AmountAsked}}


def counted() -> list[int]:
    return [kind.across_books.count() for kind in UNMOVED]


def done(olga: Clerk, oscar: Clerk, name: str, record: Any, answers: dict[str, Any]) -> None:
    """By Olga alone, or by Oscar with her."""
    answer = olga.decide(name, record.pk, **answers)
    assert answer.status_code == 302, answer.content.decode()
    asked = Approval.across_books.filter(act=name, status="REQUESTED").first()
    if asked is None:
        assert f"{record.pk}" in answer["Location"]
        return
    assert "cannot be the one" in olga.decide("agree", asked.pk).content.decode()
    agreed = oscar.decide("agree", asked.pk)
    assert agreed.status_code == 302 or "shown once" in agreed.content.decode()
    asked.refresh_from_db()
    assert (asked.status, asked.decided_by) == ("GRANTED", "operator:oscar")
    assert oscar.decide("agree", asked.pk).status_code == 200


@pytest.mark.parametrize("group", ["Viewer", "Support", "Finance"])
def test_whoever_may_not_decide_is_refused_at_the_address_itself(house: House, group: str) -> None:
    otto = clerk("otto", group)
    operator = Operator.objects.get(username="otto")
    for act in acts.known().values():
        status = otto.open(act.name, "nothing").status_code
        assert status == (404 if operator.has_perm(act.permission) else 403), act.name
