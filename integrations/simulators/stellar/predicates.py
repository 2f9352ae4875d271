"""Predicates of claimable balances: whether one holds, from when on, and how Horizon shows it."""

from datetime import datetime
from typing import Any

from stellar_sdk import ClaimPredicate
from stellar_sdk.operation.create_claimable_balance import ClaimPredicateType as Kind

from integrations.simulators.stellar.amounts import as_time, moment_of


def holds(predicate: ClaimPredicate, *, at: datetime) -> bool:
    """Of a dated predicate."""
    match predicate.claim_predicate_type:
        case Kind.CLAIM_PREDICATE_BEFORE_ABSOLUTE_TIME:
            return at < moment_of(predicate.abs_before)
        case Kind.CLAIM_PREDICATE_NOT:
            return not holds(predicate.not_predicate, at=at)
        case Kind.CLAIM_PREDICATE_AND:
            pair = predicate.and_predicates
            return holds(pair.left, at=at) and holds(pair.right, at=at)
        case Kind.CLAIM_PREDICATE_OR:
            pair = predicate.or_predicates
            return holds(pair.left, at=at) or holds(pair.right, at=at)
    return True


def dated(predicate: ClaimPredicate, *, now: datetime) -> ClaimPredicate:
    """Seconds from now become a moment, as in the entry on the ledger."""
    match predicate.claim_predicate_type:
        case Kind.CLAIM_PREDICATE_BEFORE_RELATIVE_TIME:
            until = int(now.timestamp()) + predicate.rel_before
            return ClaimPredicate.predicate_before_absolute_time(until)
        case Kind.CLAIM_PREDICATE_NOT:
            return ClaimPredicate.predicate_not(dated(predicate.not_predicate, now=now))
        case Kind.CLAIM_PREDICATE_AND:
            pair = predicate.and_predicates
            both = (dated(each, now=now) for each in (pair.left, pair.right))
            return ClaimPredicate.predicate_and(*both)
        case Kind.CLAIM_PREDICATE_OR:
            pair = predicate.or_predicates
            either = (dated(each, now=now) for each in (pair.left, pair.right))
            return ClaimPredicate.predicate_or(*either)
    return predicate


def shown(predicate: ClaimPredicate) -> dict[str, Any]:
    """As Horizon writes it."""
    match predicate.claim_predicate_type:
        case Kind.CLAIM_PREDICATE_BEFORE_ABSOLUTE_TIME:
            moment = as_time(moment_of(predicate.abs_before))
            return {"abs_before": moment, "abs_before_epoch": str(predicate.abs_before)}
        case Kind.CLAIM_PREDICATE_BEFORE_RELATIVE_TIME:
            return {"rel_before": str(predicate.rel_before)}
        case Kind.CLAIM_PREDICATE_NOT:
            return {"not": shown(predicate.not_predicate)}
        case Kind.CLAIM_PREDICATE_AND:
            pair = predicate.and_predicates
            return {"and": [shown(pair.left), shown(pair.right)]}
        case Kind.CLAIM_PREDICATE_OR:
            pair = predicate.or_predicates
            return {"or": [shown(pair.left), shown(pair.right)]}
    return {"unconditional": True}
