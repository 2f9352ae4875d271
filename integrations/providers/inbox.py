"""What providers tell us unasked: kept raw, counted once, and absorbed until it works."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, QuerySet, Value
from django.utils import timezone

from integrations.providers.airtm import mapping as airtm
from integrations.providers.answers import StillUnclear
from integrations.providers.models import Inbound, ProviderAccount
from integrations.providers.redaction import storable
from ledger import events
from ledger.atomicity import alone
from ledger.findings import find, resolve
from ledger.refusals import NotReady
from ledger.wiring import table, wired

log = logging.getLogger(__name__)

MOST_OF_A_FORGERY = 2048  # bytes: evidence, and no way to fill our disk
AT_ONCE = 200  # messages in one round of `absorb_waiting`
PAUSE = timedelta(seconds=5)  # times the square of the attempts so far
GIVEN_UP = "message_given_up"
MOST_ATTEMPTS = 130  # the last one comes a day after the first

# How each provider's message names what it is about.
SUBJECTS: dict[str, Callable[[bytes], airtm.Subject]] = {
    ProviderAccount.Provider.AIRTM: airtm.subject,
}


class Unroutable(Exception):
    """Nobody listens to messages of this kind."""


class NotKnownYet(Exception):
    """The message is about something that we have no row of: perhaps we will in a moment."""


def keep_valid(
    *, account: ProviderAccount, message_id: str, headers: Mapping[str, str], body: bytes
) -> None:
    """Store a message that its sender has proven; a second one with its id changes nothing."""
    try:
        with transaction.atomic():
            message = _keep(account, message_id, headers, body, Inbound.Verdict.VALID)
    except IntegrityError:
        return  # the first one is stored, and that is what a 2xx says
    wake = partial(events.wake, "providers.absorb_inbound", message=str(message.pk))
    transaction.on_commit(wake, robust=True)


def keep_forged(
    *,
    account: ProviderAccount,
    message_id: str,
    headers: Mapping[str, str],
    body: bytes,
    reason: str,
) -> None:
    """Store a message that proved nothing, as evidence. A genuine one with its id still counts."""
    _keep(
        account,
        message_id,
        headers,
        body[:MOST_OF_A_FORGERY],
        Inbound.Verdict.FORGED,
        reason=reason,
    )


def try_again(inbound: Inbound, *, story: str) -> None:
    """Take up a message that was given up; its finding ends with this story. Raises `NotReady`."""
    rows = Inbound.objects.filter(pk=inbound.pk, given_up_at__isnull=False)
    if not rows.update(given_up_at=None, attempts=0):
        raise NotReady("Somebody has this message tried again already.")
    subject = (inbound.subject or inbound.message_id)[:120]
    resolve(book=inbound.account.book_id, kind=GIVEN_UP, subject=subject, story=story)
    wake = partial(events.wake, "providers.absorb_inbound", message=str(inbound.pk))
    transaction.on_commit(wake, robust=True)


def absorb_waiting() -> int:
    """Absorb what is stored and due, oldest first; returns how many were tried."""
    waiting = list(_due().order_by("received_at").values_list("pk", flat=True)[:AT_ONCE])
    for message in waiting:
        absorb(message)
    return len(waiting)


def absorb(message: int) -> None:
    """Have the listener look the subject up. A failure stays with the message, and is retried."""
    with alone(f"inbound:{message}") as mine:
        inbound = _waiting().select_related("account").filter(pk=message).first()
        if not mine or inbound is None:
            return
        Inbound.objects.filter(pk=message).update(attempts=F("attempts") + 1)
        try:
            _tell_listener(inbound)
        except Unroutable as oddity:
            _lay_aside(inbound, str(oddity))
        except (StillUnclear, NotKnownYet) as why:  # no fault of ours
            log.warning("inbound message %s waits: %s", inbound, why)
            _try_again(inbound, f"{type(why).__name__}: {why}")
        except Exception as error:  # whatever went wrong, it must stay visible and be tried again
            log.exception("inbound message %s was not absorbed", inbound)
            _try_again(inbound, f"{type(error).__name__}: {error}")
        else:
            _settle(inbound, absorbed_at=timezone.now(), failure="")


def _tell_listener(inbound: Inbound) -> None:
    provider, about = inbound.account.provider, _subject(inbound)
    listener = table("LISTENERS").get((provider, about.kind))
    if listener is None or not about.code:
        raise Unroutable(f"nobody listens to '{about.kind}' about '{about.code}'")
    wired(listener)(book=inbound.account.book_id, code=about.code)


def _subject(inbound: Inbound) -> airtm.Subject:
    return SUBJECTS[inbound.account.provider](bytes(inbound.body))


def _lay_aside(inbound: Inbound, why: str) -> None:
    """Nothing of ours – but money that moved there without our code is somebody's to explain."""
    about = _subject(inbound)
    with transaction.atomic():
        if (inbound.account.provider, about.kind) in table("LISTENERS") and about.reference:
            _find(inbound, f"{inbound.account.provider}_operation_without_code", about.reference)
        _settle(inbound, absorbed_at=timezone.now(), failure=why)


def _try_again(inbound: Inbound, failure: str) -> None:
    """Later, after a pause that grows; after the last attempt it is an operator's."""
    if inbound.attempts + 1 < MOST_ATTEMPTS:
        _settle(inbound, failure=failure)
        return
    with transaction.atomic():
        _find(inbound, GIVEN_UP, inbound.subject or inbound.message_id)
        _settle(inbound, given_up_at=timezone.now(), failure=failure)


def _find(inbound: Inbound, kind: str, subject: str) -> None:
    find(
        book=inbound.account.book_id,
        kind=kind,
        subject=subject[:120],
        trail=inbound.subject,
        observed={"message": inbound.message_id, "type": inbound.type},
    )


def _settle(inbound: Inbound, *, failure: str, **facts: object) -> None:
    Inbound.objects.filter(pk=inbound.pk).update(failure=storable(failure)[:2000], **facts)


def _keep(
    account: ProviderAccount,
    message_id: str,
    headers: Mapping[str, str],
    body: bytes,
    verdict: str,
    *,
    reason: str = "",
) -> Inbound:
    about = SUBJECTS[account.provider](body)
    return Inbound.objects.create(
        account=account,
        type=about.type[:60],
        subject=about.code[:120],
        message_id=storable(message_id)[:200],
        headers={name: storable(value) for name, value in headers.items()},
        body=body,
        verdict=verdict,
        reason=reason,
    )


def _waiting() -> QuerySet[Inbound]:
    return Inbound.objects.filter(verdict=Inbound.Verdict.VALID, absorbed_at=None, given_up_at=None)


def _due() -> QuerySet[Inbound]:
    pause = ExpressionWrapper(
        Value(PAUSE, output_field=DurationField()) * F("attempts") * F("attempts"),
        output_field=DurationField(),
    )
    due_at = ExpressionWrapper(F("received_at") + pause, output_field=DateTimeField())
    return _waiting().annotate(due_at=due_at).filter(due_at__lte=timezone.now())
