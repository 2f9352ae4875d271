"""Amounts: whole stroops inside, decimal strings outside, and fees to the stroop."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import money

amounts = st.integers(min_value=1, max_value=money.LARGEST)
rates = st.integers(min_value=0, max_value=9_900)


@given(amounts)
def test_an_amount_survives_being_written_and_read(amount: int) -> None:
    assert money.parse(money.text(amount), decimals=money.STROOPS) == amount


@given(st.integers(min_value=1, max_value=money.LARGEST // 100_000))
def test_cents_survive_with_two_decimals(cents: int) -> None:
    written = money.text(cents * 100_000)
    assert re.fullmatch(r"[0-9]+\.[0-9]{2}", written)
    assert money.parse(written) == cents * 100_000


@given(st.from_regex(r"[0-9]{1,12}(\.[0-9]{1,2})?", fullmatch=True))
def test_every_plain_decimal_is_read_to_the_digit(text: str) -> None:
    whole, _, fraction = text.partition(".")
    amount = int(whole) * money.DOLLAR + int(fraction.ljust(7, "0"))
    if 0 < amount <= money.LARGEST:
        assert money.parse(text) == amount
    else:
        with pytest.raises(money.InvalidAmount):
            money.parse(text)


@given(st.text())
def test_nothing_else_is_an_amount(text: str) -> None:
    try:
        amount = money.parse(text)
    except money.InvalidAmount:
        return
    assert re.fullmatch(r"[0-9]+(\.[0-9]{1,2})?", text, re.ASCII)
    assert amount > 0


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.00"),
        (1, "0.0000001"),
        (10, "0.000001"),
        (1_000_000, "0.10"),
        (10_000_000, "1.00"),
        (12_345_000, "1.2345"),
        (947_000_000, "94.70"),
        (-5_000_000, "-0.50"),
        (money.LARGEST, "922337203685.4775807"),
    ],
)
def test_amounts_are_written_with_at_least_two_decimals(amount: int, text: str) -> None:
    assert money.text(amount) == text


@pytest.mark.parametrize("text", ["1.001", "1.0000001"])
def test_more_decimals_than_a_place_takes_are_refused(text: str) -> None:
    with pytest.raises(money.InvalidAmount, match="At most 2 decimals"):
        money.parse(text)
    assert money.parse(text, decimals=7) > 0


@given(amounts, rates)
def test_a_release_gives_out_all_of_it(amount: int, rate: int) -> None:
    share = money.released(amount, platform_bps=rate)
    assert share.net + share.platform + share.protocol == amount
    assert min(share.net, share.platform, share.protocol) >= 0


def test_a_release_of_100_at_5_percent() -> None:
    share = money.released(100 * money.DOLLAR, platform_bps=500)
    assert [money.text(x) for x in (share.net, share.platform, share.protocol)] == [
        "94.70",
        "5.00",
        "0.30",
    ]


@given(st.dictionaries(st.sampled_from("abc"), amounts, min_size=1), rates)
def test_a_split_never_gives_out_more_than_there_is(amounts_: dict[str, int], rate: int) -> None:
    shares = money.shared(amounts_, platform_bps=rate)
    for to, share in shares.items():
        assert share.net + share.platform + share.protocol == amounts_[to]
        assert share.net >= 0
    total = sum(amounts_.values())
    assert sum(share.platform for share in shares.values()) <= total * rate // 10_000
    assert sum(share.protocol for share in shares.values()) <= total * 30 // 10_000
