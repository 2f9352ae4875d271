"""The guard, asked about the terms of `terms.py`."""

import pytest

from integrations.providers.intents import EscrowIntent
from integrations.providers.stellar import guard
from tests.integrations.providers.stellar.terms import NOW, SEQUENCE


def check(envelope_xdr: str, intent: EscrowIntent) -> guard.Unsigned:
    return guard.check(envelope_xdr, intent, sequence=SEQUENCE, now=NOW)


def refused(envelope_xdr: str, intent: EscrowIntent) -> str:
    with pytest.raises(guard.Tampered) as refusal:
        check(envelope_xdr, intent)
    return str(refusal.value)
