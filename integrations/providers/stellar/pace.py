"""Pace: once Horizon has said that we ask too often, this process asks it nothing for a while."""

import time

FIRST_REST = 1  # seconds; twice as many each further time
LONGEST_REST = 60
TOO_MANY_REQUESTS = 429

_rests: dict[str, tuple[int, int]] = {}  # server → when it may be asked again (ns), how long it was


def is_resting(server: str) -> bool:
    """Whether it has to be left alone just now."""
    until, _ = _rests.get(server, (0, 0))
    return time.monotonic_ns() < until


def heard(server: str, *, status: int) -> None:
    """Rest for longer and longer while it complains; go on when it does not."""
    if status != TOO_MANY_REQUESTS:
        _rests.pop(server, None)
        return
    _, last = _rests.get(server, (0, 0))
    rest = min(max(FIRST_REST, 2 * last), LONGEST_REST)
    _rests[server] = (time.monotonic_ns() + rest * 1_000_000_000, rest)


def forget() -> None:
    """Nobody has complained yet."""
    _rests.clear()
