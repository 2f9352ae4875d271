"""Airtm Enterprise behind `Payins` and `Payouts`: what we ask, and what an answer means."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, TypeVar

from integrations.providers.airtm import mapping, reasons
from integrations.providers.answers import (
    CODE_TAKEN,
    NOT_FOUND,
    Answer,
    Declined,
    Done,
    NotAsked,
    Unclear,
)
from integrations.providers.http import Client, HeldBack, Keeps, NoAnswer, Reply, segment
from integrations.providers.ports import Balance, Deposits, Page, Payin, Payout, Recipient

T = TypeVar("T")
P = TypeVar("P", Payin, Payout)

PER_PAGE = "500"  # of lists that are read to their end: far below the largest answer


class _Airtm:
    """One enterprise account, in a conversation about one subject."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        api_secret: str,
        payin_url_template: str,
        account: str | None = None,  # the ProviderAccount's id, for the rows of calls
        trail: str = "",  # the id of the top-up or withdrawal that this is about
    ) -> None:
        self._payin_url_template = payin_url_template
        client = partial(
            Client,
            provider="airtm",
            base_url=base_url,
            basic=(api_key, api_secret),
            account=account,
            trail=trail,
        )
        self._client = client()
        # Long lists tell nothing that their own reader does not write down.
        self._lists = client(keeps=Keeps.FAILURES)

    def _page(self, path: str, page: str, read: Callable[[Any], T]) -> Answer[Page[T]]:
        query = {"perPage": PER_PAGE} | ({"after": page} if page else {})
        ask = partial(self._lists.get, path, query=query)
        return _outcome(ask, lambda body: mapping.page(body, read))


class AirtmPayins(_Airtm):
    """Payments that a user confirms on Airtm's own page."""

    def create(
        self, *, code: str, amount: int, description: str, return_url: str, cancel_url: str
    ) -> Answer[Payin]:
        dollars = mapping.dollars(amount)
        text = mapping.description(description)
        body = {
            "code": code,
            "amount": dollars,
            "description": text,
            "items": [{"description": text, "amount": dollars, "quantity": 1}],
            "confirmationUri": return_url,
            "cancelUri": cancel_url,
        }
        answer = _outcome(lambda: self._client.post("/payins", body=body), self._read)
        if _says(answer, CODE_TAKEN):
            return self._stored(code=code, amount=amount)
        return _about(code, answer)

    def look_up(self, *, code: str) -> Answer[Payin]:
        path = f"/payins/by-code/{segment(code)}"
        answer = _outcome(lambda: self._client.get(path), self._read)
        return _about(code, _found(answer, mapping.PAYIN_NOT_FOUND))

    def cancel(self, *, reference: str) -> Answer[Payin]:
        return _outcome(lambda: self._client.delete(f"/payins/{segment(reference)}"), self._read)

    def payins(self, *, page: str = "") -> Answer[Page[Payin]]:
        return self._page("/payins", page, self._read)

    def _stored(self, *, code: str, amount: int) -> Answer[Payin]:
        answer = _known(self.look_up(code=code))
        if isinstance(answer, Done) and answer.value.amount != amount:
            return Declined(CODE_TAKEN, "that payin has another amount")
        return answer

    def _read(self, body: Any) -> Payin:
        return mapping.payin(body, url_template=self._payin_url_template)


class AirtmPayouts(_Airtm):
    """Payments to a person whom Airtm knows by e-mail address."""

    def recipient(self, *, email: str) -> Answer[Recipient]:
        path = f"/users/{segment(email)}"
        answer = _outcome(lambda: self._client.get(path), mapping.recipient)
        if isinstance(answer, Declined) and answer.code in mapping.USER_NOT_FOUND:
            return Declined(NOT_FOUND, answer.message)
        return answer

    def create(self, *, code: str, email: str, amount: int, notes: str) -> Answer[Payout]:
        body = {
            "airtmUserEmail": email,
            "amount": mapping.dollars(amount),
            "notes": mapping.description(notes),
            "commit": False,
            "code": code,
        }
        answer = _outcome(lambda: self._client.post("/payouts", body=body), mapping.payout)
        if _says(answer, CODE_TAKEN):
            return self._stored(code=code, email=email, amount=amount)
        return _about(code, answer)

    def commit(self, *, reference: str) -> Answer[None]:
        path = f"/payouts/{segment(reference)}/commit"
        answer = _outcome(lambda: self._client.post(path), mapping.committed)
        return Done(None) if _says(answer, mapping.ALREADY_COMMITTED) else answer

    def look_up(self, *, code: str) -> Answer[Payout]:
        path = f"/payouts/by-code/{segment(code)}"
        answer = _outcome(lambda: self._client.get(path), mapping.payout)
        return _about(code, _found(answer, mapping.PAYOUT_NOT_FOUND))

    def cancel(self, *, reference: str) -> Answer[Payout]:
        path = f"/payouts/{segment(reference)}"
        return _outcome(lambda: self._client.delete(path), mapping.payout)

    def deposits(self, *, page: str = "") -> Answer[Deposits]:
        query = {"after": page} if page else {}
        return _outcome(lambda: self._client.get("/deposits", query=query), mapping.deposits)

    def payouts(self, *, page: str = "") -> Answer[Page[Payout]]:
        return self._page("/payouts", page, mapping.payout)

    def balance(self) -> Answer[Balance]:
        return _outcome(lambda: self._client.get("/me/balance"), mapping.balance)

    def _stored(self, *, code: str, email: str, amount: int) -> Answer[Payout]:
        answer = _known(self.look_up(code=code))
        if not isinstance(answer, Done):
            return answer
        stored = (answer.value.amount, answer.value.recipient_email.casefold())
        if stored != (amount, email.casefold()):
            return Declined(CODE_TAKEN, "that payout has another amount or payee")
        return answer


# -- What an answer means ------------------------------------------------------------------------


def _outcome(ask: Callable[[], Reply], read: Callable[[Any], T]) -> Answer[T]:
    try:
        reply = ask()
    except HeldBack as held_back:
        return NotAsked(str(held_back))
    except NoAnswer as silence:
        return Unclear(str(silence))
    if reply.ok:
        return _done(reply, read)
    code, message = mapping.refusal(reply.body)
    if _is_certain(reply.status, code, message):
        return Declined(reasons.named(code) or f"HTTP_{reply.status}", message)
    return Unclear(f"HTTP {reply.status} {code} {message}".rstrip())


def _done(reply: Reply, read: Callable[[Any], T]) -> Answer[T]:
    try:
        return Done(read(reply.body))
    except mapping.Unreadable as flaw:
        return Unclear(f"HTTP {reply.status}, but {flaw}")


def _is_certain(status: int, code: str, message: str) -> bool:
    """A refusal is certain only in Airtm's own words: a gateway's page refuses nothing."""
    if status not in range(400, 500) or status in mapping.UNCERTAIN_STATUSES:
        return False
    return bool(code or message) and reasons.decides(code)


def _says(answer: Answer[T], code: str) -> bool:
    return isinstance(answer, Declined) and answer.code == code


def _found(answer: Answer[T], not_found: AbstractSet[str]) -> Answer[T]:
    """A look-up is declined for one reason alone; other refusals tell nothing about the object."""
    if not isinstance(answer, Declined):
        return answer
    if answer.code in not_found:
        return Declined(NOT_FOUND, answer.message)
    return Unclear(f"{answer.code} {answer.message}".rstrip())


def _known(answer: Answer[T]) -> Answer[T]:
    """What the look-up of a taken code answers: it cannot be missing for certain."""
    return Unclear("its code is taken, but not found") if _says(answer, NOT_FOUND) else answer


def _about(code: str, answer: Answer[P]) -> Answer[P]:
    if isinstance(answer, Done) and answer.value.code not in ("", code):
        return Unclear(f"we asked about {code} and were told about {answer.value.code}")
    return answer
