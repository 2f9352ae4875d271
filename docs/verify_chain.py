"""Verify an exported hash chain: python verify_chain.py FILE. Needs Python 3 and nothing else."""

import hashlib
import json
import sys

FACTS = ("previous", "book", "number", "transfer", "kind", "cause", "trail", "reverses")
FACTS += ("actor", "request_id", "recorded_at", "entries")


def wrong_with(row, number, previous):
    if row["number"] != number:
        return f"number {number} is missing"
    if row["previous"] != previous:
        return "it does not name the hash before it"
    text = json.dumps([row[fact] for fact in FACTS], ensure_ascii=False)
    if hashlib.sha256(text.encode()).hexdigest() != row["hash"]:
        return "it is not as it was sealed"
    return None


number, previous = 0, "0" * 64
for line in open(sys.argv[1], encoding="utf-8"):  # noqa: SIM115 – short-lived, and short
    row, number = json.loads(line), number + 1
    if fault := wrong_with(row, number, previous):
        sys.exit(f"first bad row: line {number}, {row['transfer']}: {fault}")
    previous = row["hash"]
sys.stdout.write(f"{number} transfers, last hash {previous}\n")
