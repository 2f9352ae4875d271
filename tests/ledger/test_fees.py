"""The fee arithmetic: the golden table of Trustless Work, and what holds for every split."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import money
from tests.ledger.books import usd

amounts = st.integers(min_value=1, max_value=money.LARGEST // 4)
rates = st.integers(min_value=0, max_value=9_900)
splits = st.lists(amounts, min_size=1, max_size=4)

# amount, basis points, protocol, platform, net
RELEASES = [
    ("100", 500, "0.3000000", "5.0000000", "94.7000000"),
    ("250", 50, "0.7500000", "1.2500000", "248.0000000"),
    ("1", 0, "0.0030000", "0", "0.9970000"),
    ("0.0333333", 500, "0.0000999", "0.0016666", "0.0315668"),
    ("0.0000001", 500, "0", "0", "0.0000001"),
    ("1234.5678901", 275, "3.7037036", "33.9506169", "1196.9135696"),
]
# shares, basis points, protocol, platform, net of each
RESOLUTIONS = [
    (["1.5", "0.5"], 0, "0.0060000", "0", ["1.4955000", "0.4985000"]),
    (["60", "40"], 500, "0.3000000", "5.0000000", ["56.8200000", "37.8800000"]),
    (["3.3333334", "3.3333333", "3.3333333"], 500, "0.0299998", "0.4999998", ["3.1566668"] * 3),
    (["7", "3.0000001"], 275, "0.0299999", "0.2749999", ["6.7865002", "2.9085001"]),
]


@pytest.mark.parametrize(("amount", "rate", "protocol", "platform", "net"), RELEASES)
def test_a_release_as_the_contract_pays_it(
    amount: str, rate: int, protocol: str, platform: str, net: str
) -> None:
    share = money.released(usd(amount), platform_bps=rate)
    assert share == money.Share(net=usd(net), platform=usd(platform), protocol=usd(protocol))


@pytest.mark.parametrize(("amounts", "rate", "protocol", "platform", "nets"), RESOLUTIONS)
def test_a_resolution_as_the_contract_pays_it(
    amounts: list[str], rate: int, protocol: str, platform: str, nets: list[str]
) -> None:
    shares = split([usd(amount) for amount in amounts], rate)
    assert [share.net for share in shares] == [usd(net) for net in nets]
    assert sum(share.protocol for share in shares) == usd(protocol)
    assert sum(share.platform for share in shares) == usd(platform)


@given(splits, rates)
def test_shares_and_fees_add_up_to_the_total(given_: list[int], rate: int) -> None:
    for amount, share in zip(given_, split(given_, rate), strict=True):
        assert share.net + share.platform + share.protocol == amount
        assert min(share.net, share.platform, share.protocol) >= 0


@given(splits, rates)
def test_the_dust_stays_with_the_recipients(given_: list[int], rate: int) -> None:
    """Less than one stroop per recipient and fee; never the other way round."""
    total, shares = sum(given_), split(given_, rate)
    for taken, whole in (
        (sum(share.protocol for share in shares), total * money.PROTOCOL_BPS // 10_000),
        (sum(share.platform for share in shares), total * rate // 10_000),
    ):
        assert 0 <= whole - taken < len(given_)


@given(amounts, rates)
def test_a_resolution_with_one_recipient_is_a_release(amount: int, rate: int) -> None:
    """The contract rounds both alike, so a refund in full costs what a release does."""
    assert split([amount], rate) == [money.released(amount, platform_bps=rate)]


@given(splits, rates, st.randoms())
def test_the_order_of_the_recipients_changes_nothing(
    given_: list[int], rate: int, shuffle: random.Random
) -> None:
    places = list(range(len(given_)))
    shuffle.shuffle(places)
    mixed = split([given_[place] for place in places], rate)
    assert mixed == [split(given_, rate)[place] for place in places]


def split(shares: list[int], rate: int) -> list[money.Share]:
    found = money.shared({str(n): share for n, share in enumerate(shares)}, platform_bps=rate)
    return list(found.values())
