"""The table of what follows what: every name in it leads somewhere, and nothing is forgotten."""

from typing import Any

import pytest
from celery import current_app
from django.db import models
from django.db.models import Q
from django.utils.module_loading import import_string

from config import wiring
from integrations.marketplaces import users
from ledger.lifecycle import Lifecycle
from tests.architecture.test_routes import PRIVATE

NOUNS: list[type[Lifecycle]] = [import_string(name) for name in wiring.NOUNS]


def every_noun(base: Any = Lifecycle) -> set[type[Lifecycle]]:
    found = set(base.__subclasses__())
    return {noun for noun in found.union(*map(every_noun, found)) if not noun._meta.abstract}


NAMES = [
    *wiring.NOUNS,
    *wiring.ADAPTERS.values(),
    *wiring.LISTENERS.values(),
    *wiring.PRESENTERS.values(),
    *wiring.PRESENTERS_OF_LISTS.values(),
    *(name for names in wiring.PARTS.values() for name in names),
    *(name for names in wiring.RECONCILERS.values() for name in names),
    *wiring.FOLLOW_UPS.values(),
]


@pytest.mark.parametrize("name", sorted(set(NAMES)))
def test_every_dotted_name_resolves(name: str) -> None:
    assert callable(import_string(name))


def test_every_reaction_is_a_task() -> None:
    current_app.loader.import_default_modules()
    named = {task for tasks in wiring.REACTIONS.values() for task in tasks}
    assert named <= set(current_app.tasks)


def test_every_scheduled_task_exists() -> None:
    current_app.loader.import_default_modules()
    named = {entry["task"] for entry in current_app.conf.beat_schedule.values()}
    assert named <= set(current_app.tasks)


def test_every_event_that_is_reacted_to_can_happen() -> None:
    announced = {noun.type_of(status) for noun in NOUNS for status in noun.TRANSITIONS}
    of_users = {users.SUSPENDED, users.REACTIVATED}
    assert set(wiring.REACTIONS) <= announced | of_users


def test_no_two_states_are_announced_as_one() -> None:
    announced = [noun.type_of(status) for noun in NOUNS for status in noun.TRANSITIONS]
    assert len(announced) == len(set(announced))


def test_every_noun_is_looked_after() -> None:
    assert every_noun() == set(NOUNS)


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.NOUN)
class TestNoun:
    def test_its_edges_are_told_for_every_status(self, noun: Any) -> None:
        assert set(noun.TRANSITIONS) == set(noun.Status)
        assert set().union(*noun.TRANSITIONS.values()) <= set(noun.Status)

    def test_every_status_can_be_reached(self, noun: Any) -> None:
        reached = set().union(*noun.TRANSITIONS.values())
        starts = set(noun.Status) - reached
        assert len(starts) <= 1
        assert starts <= {noun._meta.get_field("status").default}

    def test_who_may_stand_only_so_long_is_woken(self, noun: Any) -> None:
        assert set(noun.STANDS_AT_MOST) <= set(noun.Status)
        for status in noun.STANDS_AT_MOST:
            assert wiring.REACTIONS.get(noun.type_of(status)), f"nobody wakes {noun.NOUN} {status}"

    def test_the_end_is_waited_for_by_nobody(self, noun: Any) -> None:
        ends = {status for status, edges in noun.TRANSITIONS.items() if not edges}
        assert not ends & set(noun.STANDS_AT_MOST)

    def test_the_database_knows_the_same_statuses(self, noun: Any) -> None:
        [legal] = [c for c in noun._meta.constraints if c.name == f"{noun.NOUN}_status_is_legal"]
        assert isinstance(legal, models.CheckConstraint)
        assert legal.condition == Q(status__in=sorted(noun.Status.values))

    def test_the_longest_status_fits(self, noun: Any) -> None:
        assert max(map(len, noun.Status.values)) <= noun._meta.get_field("status").max_length


def test_only_nouns_are_presented() -> None:
    assert set(wiring.PRESENTERS) - {noun.NOUN for noun in NOUNS} <= {
        "user", "batch", "comment", "evidence", "api_key", "api_token", "marketplace",
    }  # fmt: skip


def test_every_act_that_is_rehearsed_says_what_it_leads_to() -> None:
    rehearsed = {getattr(view.cls, "rehearses", "") for view in PRIVATE.values()} - {""}
    assert rehearsed <= set(wiring.EXPECTATIONS)
    for dotted in wiring.EXPECTATIONS.values():
        assert callable(import_string(dotted))


def test_only_nouns_have_parts() -> None:
    assert set(wiring.PARTS) <= set(wiring.PRESENTERS)
