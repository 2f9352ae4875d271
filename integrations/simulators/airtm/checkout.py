"""The hosted page of the simulated Airtm, where a person confirms or cancels a payin."""

from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from integrations.simulators.airtm import payins
from integrations.simulators.airtm.refusals import AirtmRefusal
from integrations.simulators.models import AirtmPayin, AirtmPerson


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, *, id: UUID) -> HttpResponse:
    """Shows the payin; a POST confirms or cancels it and sends the browser to the enterprise."""
    payin = AirtmPayin.objects.filter(id=id).select_related("enterprise", "payer").first()
    if payin is None:
        raise Http404
    refusal = None
    if request.method == "POST":
        try:
            return HttpResponseRedirect(_decide(payin, request))
        except AirtmRefusal as reason:
            refusal = reason
            payin.refresh_from_db()
    context = {"payin": payin, "people": _people(), "refusal": refusal}
    status = refusal.status if refusal else 200
    return render(request, "simulators/airtm_payin.html", context, status=status)


def _decide(payin: AirtmPayin, request: HttpRequest) -> str:
    """Where the browser goes next."""
    if request.POST.get("act") == "confirm":
        payins.confirm(payin.id, email=request.POST.get("payer", ""))
        return _with_code(payin.confirmation_uri, payin.code)
    payins.cancel(payin.id)
    return _with_code(payin.cancel_uri, payin.code)


def _with_code(address: str, code: str) -> str:
    parts = urlsplit(address)
    query = "&".join(filter(None, (parts.query, urlencode({"code": code}))))
    return urlunsplit(parts._replace(query=query))


def _people() -> list[AirtmPerson]:
    return list(AirtmPerson.objects.order_by("email"))
