"""Escrow's own cast: a sale without sockets."""

from tests.indoors import indoors

__all__ = ["indoors"]
