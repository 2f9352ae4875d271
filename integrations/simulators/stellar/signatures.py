"""Who signed an envelope: keys of enough weight must have, and nobody else may have."""

from collections.abc import Iterator, Sequence
from enum import Enum

from stellar_sdk import (
    AccountMerge,
    BumpSequence,
    ClaimClaimableBalance,
    DecoratedSignature,
    Keypair,
    SetOptions,
    SetTrustLineFlags,
)
from stellar_sdk.exceptions import BadSignatureError
from stellar_sdk.operation import Operation

from integrations.simulators.models import StellarAccount
from integrations.simulators.stellar.state import State

HEAVIEST = 255


class Level(Enum):
    """How much weight an operation asks for."""

    LOW = "low_threshold"
    MEDIUM = "medium_threshold"
    HIGH = "high_threshold"


class Signatures:
    """The signatures of one hash, and which of them were of any use."""

    def __init__(
        self, digest: bytes, signatures: Sequence[DecoratedSignature], *, state: State
    ) -> None:
        self._digest = digest
        self._signatures = signatures
        self._state = state
        self._used: set[int] = set()

    def authorise(self, address: str, *, level: Level = Level.LOW) -> bool:
        """Whether signers of `address` signed, whose weights together reach the threshold.

        As in stellar-core, one signature there must be, and those beyond the threshold are unused.
        An account that does not exist yet signs with the key that its address is.
        """
        account = self._state.account(address)
        needed = getattr(account, level.value) if account else 0
        weights = dict(self._keys(account)) if account else {address: 1}
        collected = 0
        for place, signature in enumerate(self._signatures):
            key = next((each for each in weights if self._fits(each, signature)), None)
            if key is None:
                continue
            self._used.add(place)
            collected += weights.pop(key)
            if collected >= needed:
                return True
        return False

    @property
    def are_all_used(self) -> bool:
        return len(self._used) == len(self._signatures)

    def _keys(self, account: StellarAccount) -> Iterator[tuple[str, int]]:
        if account.master_weight:
            yield account.address, account.master_weight
        if account.num_subentries:
            for signer in self._state.signers(account.address):
                yield signer.key, signer.weight

    def _fits(self, address: str, signature: DecoratedSignature) -> bool:
        key = Keypair.from_public_key(address)
        if signature.signature_hint != key.signature_hint():
            return False
        try:
            key.verify(self._digest, signature.signature)
        except BadSignatureError:
            return False
        return True


def level_of(operation: Operation) -> Level:
    if isinstance(operation, SetTrustLineFlags | BumpSequence | ClaimClaimableBalance):
        return Level.LOW
    changes_who_signs = isinstance(operation, SetOptions) and any(
        value is not None
        for value in (
            operation.master_weight,
            operation.low_threshold,
            operation.med_threshold,
            operation.high_threshold,
            operation.signer,
        )
    )
    if changes_who_signs or isinstance(operation, AccountMerge):
        return Level.HIGH
    return Level.MEDIUM
