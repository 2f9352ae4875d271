"""Reason codes: each of Airtm's catalogue has a word of ours, and says whether it decides."""

import re
from pathlib import Path

import pytest

from integrations.providers.airtm import reasons
from integrations.providers.answers import CODE_TAKEN, INSUFFICIENT_BALANCE

FACTS = Path(__file__).parents[5] / "shared/facts/airtm.md"


@pytest.mark.skipif(not FACTS.exists(), reason="the collected facts are not beside the project")
def test_every_documented_code_is_in_the_table() -> None:
    text = FACTS.read_text().partition("Reason codes `[SPEC A")[2].partition("Retry classes")[0]
    documented = set(re.findall(r"\b415\d{3}\b", text))
    assert len(documented) > 50
    assert documented - set(reasons.REASONS) == set()


@pytest.mark.parametrize("code", ["415003", "415008", "415912", "415998", "415999", "415904"])
def test_trouble_decides_nothing(code: str) -> None:
    assert not reasons.decides(code)


@pytest.mark.parametrize("code", ["415010", "415061", "415056", "415016", "999999"])
def test_a_refusal_decides(code: str) -> None:
    assert reasons.decides(code)


def test_the_words_that_our_rooms_act_upon() -> None:
    assert {reasons.named(code) for code in ("415016", "415047")} == {INSUFFICIENT_BALANCE}
    assert {reasons.named(code) for code in ("415029", "415056")} == {CODE_TAKEN}
    assert reasons.named("522443") == "AIRTM_522443", "a new one keeps its number"
    assert reasons.named("") == ""
