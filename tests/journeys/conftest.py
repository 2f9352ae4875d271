"""What journeys share besides the cast: a sale without sockets, for those that take long."""

from tests.indoors import indoors

__all__ = ["indoors"]
