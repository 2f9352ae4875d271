"""Horizon's endpoints about claimable balances."""

import re
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from stellar_sdk import Asset, StrKey
from stellar_sdk.exceptions import SdkError

from integrations.simulators.models import StellarClaimableBalance
from integrations.simulators.stellar import pages, problems, views
from integrations.simulators.stellar.endpoints import endpoint
from integrations.simulators.stellar.resources.claimable import claimable_balance as resource
from integrations.simulators.stellar.resources.links import links_of

Balances = QuerySet[StellarClaimableBalance]


@endpoint("GET")
def claimable_balances(request: HttpRequest) -> Any:
    """Paged by the ledger that changed them last, and their id."""
    page, token = pages.extent(request), request.GET.get("cursor", "")
    rows = _beyond(_chosen(request), token, descending=page.descending)
    order = ("-changed_in", "-id") if page.descending else ("changed_in", "id")
    link = links_of(request)
    records = [resource(row, link) for row in rows.order_by(*order)[: page.limit]]
    first = records[0]["paging_token"] if records else token
    last = records[-1]["paging_token"] if records else token
    return pages.linked(request, page, records, first=first, last=last)


@endpoint("GET")
def claimable_balance(request: HttpRequest, balance_id: str) -> Any:
    rows = StellarClaimableBalance.objects.filter(id=balance_id)
    return resource(views.found(rows), links_of(request))


def _chosen(request: HttpRequest) -> Balances:
    rows = StellarClaimableBalance.objects.all()
    if claimant := request.GET.get("claimant"):
        rows = rows.filter(destinations__contains=[_address(claimant, "claimant")])
    if sponsor := request.GET.get("sponsor"):
        rows = rows.filter(sponsor=_address(sponsor, "sponsor"))
    if asset := request.GET.get("asset"):
        rows = rows.filter(**_columns(asset))
    return rows


def _beyond(rows: Balances, token: str, *, descending: bool) -> Balances:
    if not token:
        return rows
    if not re.fullmatch(r"[0-9]{1,10}-[0-9a-f]{72}", token):
        raise problems.bad_request(field="cursor", reason="cursor: invalid value")
    ledger, _, balance_id = token.partition("-")
    way = "lt" if descending else "gt"
    elsewhere = Q(**{f"changed_in__{way}": int(ledger)})
    return rows.filter(elsewhere | Q(changed_in=int(ledger), **{f"id__{way}": balance_id}))


def _address(address: str, field: str) -> str:
    if not StrKey.is_valid_ed25519_public_key(address):
        raise problems.bad_request(field=field, reason=f"{field}: invalid address")
    return address


def _columns(asset: str) -> dict[str, str]:
    if asset == "native":
        return {"asset_issuer": ""}
    code, _, issuer = asset.partition(":")
    try:
        named = Asset(code, issuer)
    except (SdkError, ValueError) as error:
        raise problems.bad_request(field="asset", reason="asset: invalid value") from error
    return {"asset_code": named.code, "asset_issuer": str(named.issuer)}
