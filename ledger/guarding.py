"""The scheduled proof: what it names is frozen and found, and everything else goes on."""

from django.db import transaction

from ledger import findings, proofs
from ledger.proofs import Fault
from ledger.wiring import table, wired


def prove() -> list[Fault]:
    """Prove all books; freeze the subject of each fault, and write it down once."""
    found = proofs.faults()
    for fault in found:
        with transaction.atomic():
            _freeze(fault)
            findings.find(
                book=fault.book,
                kind=f"proof: {fault.invariant}"[:60],
                subject=fault.subject,
                expected={"is": fault.expected},
                observed={"is": fault.observed},
            )
    return found


def _freeze(fault: Fault) -> None:
    """The subject is a public id or an address, behind the kind of account if it is one."""
    subject = fault.subject.split(" ")[-1]
    for prefix, freeze in table("FREEZES").items():
        if subject.startswith(prefix):
            wired(freeze)(subject)
