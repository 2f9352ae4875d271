"""The simulated Airtm over HTTP: Basic authentication, JSON, refusals in Airtm's words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from integrations.providers import exactjson
from integrations.simulators.airtm import (
    answers,
    bodies,
    enterprises,
    mischief,
    pages,
    payins,
    payouts,
    people,
)
from integrations.simulators.airtm.refusals import AirtmRefusal
from integrations.simulators.models import (
    AirtmDeposit,
    AirtmEnterprise,
    AirtmPayin,
    AirtmPayout,
    AirtmTransition,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose sender is known."""

    enterprise: AirtmEnterprise
    query: Mapping[str, str]
    body: bytes


Act = Callable[..., Any]  # (asked, **captured) → the body of the answer; None is a 204


def endpoint(**acts: Act) -> Callable[..., HttpResponse]:
    """A view with one act per HTTP method."""

    @csrf_exempt
    def view(request: HttpRequest, **captured: Any) -> HttpResponse:
        try:
            asked = _asked(request)
            if request.method not in acts:
                raise AirtmRefusal("415902")
            call = mischief.call_of(request)
            mischief.before(call, asked.enterprise)
            body = mischief.told(call, acts[request.method](asked, **captured))
            return mischief.after(call, _answer(body))
        except AirtmRefusal as refusal:
            return _answer(refusal.body(), status=refusal.status)

    return view


def _asked(request: HttpRequest) -> Asked:
    authorization = request.headers.get("Authorization", "")
    enterprise = enterprises.recognised(authorization=authorization)
    return Asked(enterprise, request.GET.dict(), request.body)


def _answer(body: Any, *, status: int = 200) -> HttpResponse:
    if body is None:
        return HttpResponse(status=204)
    return HttpResponse(exactjson.write(body), status=status, content_type="application/json")


# -- The account, and people ----------------------------------------------------------------------


def show_me(asked: Asked) -> Any:
    return answers.me(asked.enterprise)


def show_balance(asked: Asked) -> Any:
    return answers.balance(asked.enterprise)


def show_person(_: Asked, *, email: str) -> Any:
    return answers.person(people.named(email=email))


def list_deposits(asked: Asked) -> Any:
    return pages.page(asked.query, asked.enterprise.deposits.all(), answers.deposit)


def show_deposit(asked: Asked, *, id: str) -> Any:
    deposit: AirtmDeposit | None = asked.enterprise.deposits.filter(id=_uuid(id)).first()
    if deposit is None:
        raise AirtmRefusal("415902")
    return answers.deposit(deposit)


# -- Payouts --------------------------------------------------------------------------------------


def create_payout(asked: Asked) -> Any:
    return answers.payout(payouts.create(asked.enterprise, body=bodies.payout(asked.body)))


def list_payouts(asked: Asked) -> Any:
    rows = _with_status(asked, asked.enterprise.payouts.all(), AirtmPayout)
    if asked.query.get("bulkPayoutId"):
        rows = rows.none()  # no bulk payouts are simulated, so none of these belongs to one
    return pages.page(asked.query, rows, answers.payout)


def show_payout(asked: Asked, *, id: str) -> Any:
    return answers.payout(_payout(asked, id))


def show_payout_by_code(asked: Asked, *, code: str) -> Any:
    payout = asked.enterprise.payouts.filter(code=code).first()
    if payout is None:
        raise AirtmRefusal("415005")
    return answers.payout(payout)


def list_payout_events(asked: Asked, *, id: str) -> Any:
    payout = _payout(asked, id)
    steps = AirtmTransition.objects.filter(operation_id=payout.id).order_by("number")
    return [answers.transition(step) for step in steps]


def commit_payout(asked: Asked, *, id: str) -> None:
    payouts.commit(_payout(asked, id).id)


def cancel_payout(asked: Asked, *, id: str) -> Any:
    return answers.payout(payouts.cancel(_payout(asked, id).id))


# -- Payins ---------------------------------------------------------------------------------------


def create_payin(asked: Asked) -> Any:
    return answers.payin(payins.create(asked.enterprise, body=bodies.payin(asked.body)))


def list_payins(asked: Asked) -> Any:
    rows = _with_status(asked, asked.enterprise.payins.select_related("payer"), AirtmPayin)
    if asked.query.get("enterpriseId", str(asked.enterprise.id)) != str(asked.enterprise.id):
        rows = rows.none()  # nobody sees what others are paid
    return pages.page(asked.query, rows, answers.payin)


def show_payin(asked: Asked, *, id: str) -> Any:
    return answers.payin(_payin(asked, id))


def show_payin_by_code(asked: Asked, *, code: str) -> Any:
    payin = asked.enterprise.payins.filter(code=code).first()
    if payin is None:
        raise AirtmRefusal("415031")
    return answers.payin(payin)


def cancel_payin(asked: Asked, *, id: str) -> Any:
    return answers.payin(payins.cancel(_payin(asked, id).id))


# -- Finding them --------------------------------------------------------------------------------


def _payout(asked: Asked, id: str) -> AirtmPayout:
    payout = asked.enterprise.payouts.filter(id=_uuid(id)).first()
    if payout is None:
        raise AirtmRefusal("415005")
    return payout


def _payin(asked: Asked, id: str) -> AirtmPayin:
    payin = asked.enterprise.payins.filter(id=_uuid(id)).first()
    if payin is None:
        raise AirtmRefusal("415031")
    return payin


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise AirtmRefusal("415902") from None


def _with_status(asked: Asked, rows: Any, model: Any) -> Any:
    status = asked.query.get("status")
    if status is None:
        return rows
    if status not in model.Status.values:
        raise AirtmRefusal("415901", field="status")
    return rows.filter(status=status)
