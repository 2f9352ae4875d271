"""`?dry_run=true`: the same code in a transaction that is rolled back, and what it would move."""

from collections.abc import Callable, Iterable
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from integrations.marketplaces.rest.fields import AmountField, MetadataField
from integrations.marketplaces.rest.parameters import require_one_of
from integrations.marketplaces.rest.refusals import coded
from ledger import money, rehearsal
from ledger.chart import CHART
from ledger.models import Account
from ledger.wiring import table, wired

PARAMETER = "dry_run"


class PostingOut(serializers.Serializer):  # type: ignore[type-arg]
    account = serializers.ChoiceField(choices=sorted(CHART))
    owner = serializers.CharField(help_text="The user, or what the account is about.")
    direction = serializers.ChoiceField(choices=["DEBIT", "CREDIT"])
    amount = AmountField()


class RefusalOut(serializers.Serializer):  # type: ignore[type-arg]
    code = serializers.CharField()
    message = serializers.CharField()
    details = MetadataField()


class RehearsalOut(serializers.Serializer):  # type: ignore[type-arg]
    """What a dry run tells beside the resource; when it is refused, there is no resource."""

    postings = PostingOut(many=True, help_text="What would move now.")
    expected_postings = PostingOut(many=True, help_text="What would move on the outcome.")
    refusal = RefusalOut(allow_null=True)
    unchecked = serializers.ListField(
        child=serializers.CharField(), help_text="What only a provider can tell."
    )


def is_asked(request: Request) -> bool:
    """Whether this is a dry run. Raises `InvalidParameter` for anything but true and false."""
    text = request.query_params.get(PARAMETER, "false")
    require_one_of(PARAMETER, text, {"true", "false"})
    return text == "true"


def rehearse(act: Callable[[], Any], *, of: str, book: int) -> dict[str, Any]:
    """The resource as it would be, with what would move now and on the outcome.

    A refusal of the act is told, and refuses nothing.
    """
    seen = rehearsal.rehearse(act, expects=wired(table("EXPECTATIONS")[of]))
    return {
        **(seen.shown or {}),
        "postings": [_posting(entry, owner=entry.account.owner) for entry in seen.entries],
        "expected_postings": _expected(seen.expected, book=book),
        "refusal": coded(seen.refusal) if seen.refusal else None,
        "unchecked": list(seen.unchecked),
    }


def _expected(legs: Iterable[Any], *, book: int) -> list[dict[str, Any]]:
    subjects = {leg.account.subject for leg in legs}
    rows = Account.objects.of(book).filter(subject__in=subjects).exclude(owner="")
    owners = {(row.kind, row.subject): row.owner for row in rows}
    return [
        _posting(leg, owner=owners.get((leg.account.kind, leg.account.subject), "")) for leg in legs
    ]


def _posting(leg: Any, *, owner: str) -> dict[str, Any]:
    """An entry, or what would be one."""
    return {
        "account": leg.account.kind,
        "owner": owner or leg.account.subject,
        "direction": "DEBIT" if leg.amount > 0 else "CREDIT",
        "amount": money.text(abs(leg.amount)),
    }
