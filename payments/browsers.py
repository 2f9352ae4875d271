"""Where Airtm sends the payer's browser: public, without effect, and onward to the marketplace."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from integrations.marketplaces.rest import refusals
from payments import returning
from payments.models import TopUp


@csrf_exempt
def returned(request: HttpRequest, topup_id: str) -> HttpResponse:
    """The payer says that they have confirmed; only Airtm can say whether that is so."""
    return _onward(request, topup_id, to="return_url")


@csrf_exempt
def declined(request: HttpRequest, topup_id: str) -> HttpResponse:
    """The payer says that they will not pay."""
    return _onward(request, topup_id, to="cancel_url")


def _onward(request: HttpRequest, topup_id: str, *, to: str) -> HttpResponse:
    """To the marketplace; without an address of its own, or of a top-up that is none, a page."""
    if request.method not in {"GET", "HEAD"}:
        return refusals.not_allowed(request, "GET", "HEAD")
    # The id itself is the permission: the payer has no key, and learns nothing but where to go.
    topup = TopUp.across_books.filter(pk=topup_id).first() if topup_id.isprintable() else None
    address = returning.onward(topup, address=getattr(topup, to)) if topup else ""
    page = "payments/returned.html"
    answer = HttpResponseRedirect(address) if address else render(request, page, {"to": to})
    answer["Cache-Control"], answer["Referrer-Policy"] = "no-store", "no-referrer"
    return answer
