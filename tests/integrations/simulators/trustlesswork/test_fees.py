"""The worked values of Trustless Work's fees, to the last stroop."""

from decimal import Decimal

import pytest

from integrations.simulators.trustlesswork import fees


def stroops(*amounts: str) -> list[int]:
    return [int(Decimal(amount).scaleb(7)) for amount in amounts]


RELEASES = [
    # amount, percent, protocol, platform, receiver
    ("100", "5", "0.3000000", "5.0000000", "94.7000000"),
    ("250", "0.5", "0.7500000", "1.2500000", "248.0000000"),
    ("1", "0", "0.0030000", "0", "0.9970000"),
    ("0.0333333", "5", "0.0000999", "0.0016666", "0.0315668"),
    ("0.0000001", "5", "0", "0", "0.0000001"),
    ("1234.5678901", "2.75", "3.7037036", "33.9506169", "1196.9135696"),
]
RESOLUTIONS = [
    # shares, percent, protocol, platform, receivers
    (("1.5", "0.5"), "0", "0.0060000", "0", ("1.4955000", "0.4985000")),
    (("60", "40"), "5", "0.3000000", "5.0000000", ("56.8200000", "37.8800000")),
    (
        ("3.3333334", "3.3333333", "3.3333333"),
        "5",
        "0.0299998",
        "0.4999998",
        ("3.1566668", "3.1566668", "3.1566668"),
    ),
    (("7", "3.0000001"), "2.75", "0.0299999", "0.2749999", ("6.7865002", "2.9085001")),
]


def bps(percent: str) -> int:
    return int(Decimal(percent) * 100)


@pytest.mark.parametrize(("amount", "percent", "protocol", "platform", "net"), RELEASES)
def test_a_release_is_shared_out(
    amount: str, percent: str, protocol: str, platform: str, net: str
) -> None:
    payout = fees.of_release(
        amount=stroops(amount)[0], platform_bps=bps(percent), receiver="seller"
    )
    assert [payout.protocol, payout.platform] == stroops(protocol, platform)
    assert payout.receivers == {"seller": stroops(net)[0]}


@pytest.mark.parametrize(("shares", "percent", "protocol", "platform", "nets"), RESOLUTIONS)
def test_a_resolution_is_shared_out(
    shares: tuple[str, ...], percent: str, protocol: str, platform: str, nets: tuple[str, ...]
) -> None:
    distributed = {str(place): amount for place, amount in enumerate(stroops(*shares))}
    payout = fees.of_distribution(shares=distributed, platform_bps=bps(percent))
    assert [payout.protocol, payout.platform] == stroops(protocol, platform)
    assert list(payout.receivers.values()) == stroops(*nets)
    assert payout.protocol + payout.platform + sum(payout.receivers.values()) == sum(
        stroops(*shares)
    )
