"""Query parameters that this route does not have, or does not have like that."""

from ledger.refusals import Invalid


class InvalidParameter(Invalid):
    """A query parameter is wrong."""
