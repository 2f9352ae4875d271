"""History: whether what Horizon shows of the past may prove that something never happened."""

from django.db.models import Max

from integrations.providers.models import Submission
from integrations.providers.ports import Ledger
from integrations.providers.stellar import suspicions


def is_fit(ledger: Ledger, *, submission: Submission) -> bool:
    """Whether its newest ledger is at least as new as one in which we have seen our own.

    A history that went back – a copy that lags behind, a network that was reset – would show
    nothing of a transaction that was included. While it does, nothing ends.
    """
    seen = Submission.across_books.aggregate(newest=Max("ledger"))["newest"] or 0
    if ledger.sequence >= seen:
        return True
    suspicions.report(submission, "history_went_back", ledger=ledger.sequence, seen=seen)
    return False
