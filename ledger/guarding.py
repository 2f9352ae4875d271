"""The scheduled proof: what it names is frozen and found, and everything else goes on."""

from django.db import transaction

from ledger import findings, proofs
from ledger.models import Finding
from ledger.proofs import Fault
from ledger.wiring import table, wired

_PROOF = "proof: "  # how the kind of such a finding begins


def prove() -> list[Fault]:
    """Prove all books; freeze the subject of each fault, and write it down once."""
    found = proofs.faults()
    for fault in found:
        with transaction.atomic():
            freeze(fault)
            findings.find(
                book=fault.book,
                kind=kind_of(fault.invariant),
                subject=fault.subject,
                expected={"is": fault.expected},
                observed={"is": fault.observed},
            )
    return found


def standing(book: int) -> list[Fault]:
    """What earlier proofs found wrong in a book and nobody has settled yet, the oldest first."""
    found = Finding.objects.of(book).filter(kind__startswith=_PROOF, resolved_at=None)
    return [
        Fault(
            invariant=one.kind.removeprefix(_PROOF),
            book=book,
            subject=one.subject,
            expected=one.expected["is"],
            observed=one.observed["is"],
        )
        for one in found.order_by("opened_at", "id")
    ]


def is_of_a_proof(kind: str) -> bool:
    """Whether findings of this kind say that a proof failed."""
    return kind.startswith(_PROOF)


def kind_of(invariant: str) -> str:
    """Of the findings that say that it does not hold."""
    return f"{_PROOF}{invariant}"[:60]


def freeze(fault: Fault) -> None:
    """The subject is a public id or an address, behind the kind of account if it is one."""
    subject = fault.subject.split(" ")[-1]
    for prefix, freeze in table("FREEZES").items():
        if subject.startswith(prefix):
            wired(freeze)(subject)
