"""What this pretended provider can do wrong when asked: name → what it does."""

FAULTS: dict[str, str] = {}
