"""Pricing: what we offer to have a transaction included; the network charges only what clears."""

from django.conf import settings

from integrations.providers.answers import Done
from integrations.providers.ports import Chain

# What it takes to replace a transaction that waits in the network's queue.
TO_REPLACE = 10


def first_rate(chain: Chain) -> int:
    """Stroops of XLM per operation: what 95 of 100 others offer, between our floor and ceiling."""
    return _within_bounds(_asked(chain))


def next_rate(chain: Chain, *, last: int) -> int:
    """The rate that outbids `last`; `last` itself where the ceiling allows no more."""
    return max(last, _within_bounds(max(_asked(chain), last * TO_REPLACE)))


def _asked(chain: Chain) -> int:
    """Nothing where it cannot be read: the floor then has to do."""
    answer = chain.fee_stats()
    return answer.value.most_offered_p95 if isinstance(answer, Done) else 0


def _within_bounds(rate: int) -> int:
    return int(min(max(rate, settings.STELLAR_BID_FLOOR), settings.STELLAR_BID_CEILING))
