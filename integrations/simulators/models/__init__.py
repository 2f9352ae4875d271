"""What the pretended providers remember."""

from integrations.simulators.models.airtm import (
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
    StellarContract,
    StellarLedger,
    StellarOperation,
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
    "AirtmEnterprise",
    "AirtmMessage",
    "AirtmPayin",
    "AirtmPayout",
    "AirtmPerson",
    "AirtmTransition",
    "Fault",
    "SimulatedTrustlessWorkKey",
    "StellarAccount",
    "StellarContract",
    "StellarLedger",
    "StellarOperation",
    "StellarTokenBalance",
    "StellarTransaction",
    "StellarTrustline",
    "TrustlessWorkBacklog",
    "TrustlessWorkEscrow",
    "TrustlessWorkRequest",
]
