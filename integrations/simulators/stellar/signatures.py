"""Who signed an envelope: every needed key must have, and nobody else may have."""

from collections.abc import Sequence

from stellar_sdk import DecoratedSignature, Keypair
from stellar_sdk.exceptions import BadSignatureError


class Signatures:
    """The signatures of one hash, and which of them were of any use."""

    def __init__(self, digest: bytes, signatures: Sequence[DecoratedSignature]) -> None:
        self._digest = digest
        self._signatures = signatures
        self._used: set[int] = set()

    def authorise(self, address: str) -> bool:
        """Whether the master key of `address` signed. Other signers join here, with weights."""
        key = Keypair.from_public_key(address)
        for place, signature in enumerate(self._signatures):
            if signature.signature_hint == key.signature_hint() and self._fits(key, signature):
                self._used.add(place)
                return True
        return False

    @property
    def are_all_used(self) -> bool:
        return len(self._used) == len(self._signatures)

    def _fits(self, key: Keypair, signature: DecoratedSignature) -> bool:
        try:
            key.verify(self._digest, signature.signature)
        except BadSignatureError:
            return False
        return True
