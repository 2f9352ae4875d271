"""What the pretended providers remember."""

from integrations.simulators.models.airtm import (
    AirtmDeposit,
    AirtmEnterprise,
    AirtmMessage,
    AirtmPayin,
    AirtmPayout,
    AirtmPerson,
    AirtmTransition,
)
from integrations.simulators.models.faults import Fault
from integrations.simulators.models.stellar import (
    StellarAccount,
    StellarClaimableBalance,
    StellarContract,
    StellarDatum,
    StellarLedger,
    StellarOperation,
    StellarSigner,
    StellarTokenBalance,
    StellarTransaction,
    StellarTrustline,
)
from integrations.simulators.models.trustlesswork import (
    SimulatedTrustlessWorkKey,
    TrustlessWorkBacklog,
    TrustlessWorkEscrow,
    TrustlessWorkRequest,
)

__all__ = [
    "AirtmDeposit",
    "AirtmEnterprise",
    "AirtmMessage",
    "AirtmPayin",
    "AirtmPayout",
    "AirtmPerson",
    "AirtmTransition",
    "Fault",
    "SimulatedTrustlessWorkKey",
    "StellarAccount",
    "StellarClaimableBalance",
    "StellarContract",
    "StellarDatum",
    "StellarLedger",
    "StellarOperation",
    "StellarSigner",
    "StellarTokenBalance",
    "StellarTransaction",
    "StellarTrustline",
    "TrustlessWorkBacklog",
    "TrustlessWorkEscrow",
    "TrustlessWorkRequest",
]
