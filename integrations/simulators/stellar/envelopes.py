"""A signed envelope as it was handed in: plain, or wrapped in a fee bump."""

from dataclasses import dataclass
from functools import cached_property

from stellar_sdk import (
    FeeBumpTransactionEnvelope,
    InvokeHostFunction,
    MuxedAccount,
    Transaction,
    TransactionBuilder,
    TransactionEnvelope,
)
from stellar_sdk.exceptions import SdkError
from xdrlib3 import Error as XdrError

from integrations.providers.stellar.networks import network


class Malformed(Exception):
    """The text is no transaction envelope."""


@dataclass(frozen=True)
class Envelope:
    xdr: str
    inner: TransactionEnvelope
    bump: FeeBumpTransactionEnvelope | None

    @property
    def transaction(self) -> Transaction:
        return self.inner.transaction

    @property
    def source(self) -> str:
        return self.transaction.source.account_id

    @property
    def fee_source(self) -> MuxedAccount:
        return self.bump.transaction.fee_source if self.bump else self.transaction.source

    @property
    def fee_account(self) -> str:
        return self.fee_source.account_id

    @property
    def max_fee(self) -> int:
        return self.bump.transaction.fee if self.bump else self.transaction.fee

    @cached_property
    def hash(self) -> str:
        return self.bump.hash_hex() if self.bump else self.inner_hash

    @cached_property
    def inner_hash(self) -> str:
        return self.inner.hash_hex()

    @property
    def resource_fee(self) -> int:
        soroban = self.transaction.soroban_data
        return soroban.resource_fee.int64 if soroban else 0

    @property
    def paid_operations(self) -> int:
        """A fee bump counts as one operation more."""
        return len(self.transaction.operations) + bool(self.bump)

    @property
    def calls_a_contract(self) -> bool:
        return any(isinstance(op, InvokeHostFunction) for op in self.transaction.operations)


def read(xdr: str) -> Envelope:
    """Raises `Malformed`."""
    try:
        parsed = TransactionBuilder.from_xdr(xdr, network().passphrase)
    except (ValueError, TypeError, EOFError, XdrError, SdkError) as error:
        raise Malformed(str(error)) from error
    if isinstance(parsed, FeeBumpTransactionEnvelope):
        return Envelope(xdr=xdr, inner=parsed.transaction.inner_transaction_envelope, bump=parsed)
    return Envelope(xdr=xdr, inner=parsed, bump=None)
