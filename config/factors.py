"""The second factor: operators enrol a phone that makes codes, and have recovery codes beside it.

`OPERATORS_TOTP` says how strictly: `optional` (whoever has enrolled is asked for a code at the
login), `deciding` (nobody decides without), or `always` (nothing but the enrolment without; live).
"""

from itertools import chain
from typing import Any

import segno
from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django_otp import login, user_has_device
from django_otp.plugins.otp_static.models import StaticToken

from config import trails
from config.models import Phone, RecoveryCodes

RECOVERY_CODES = 10
OPTIONAL, DECIDING, ALWAYS = "optional", "deciding", "always"


def is_owed(request: HttpRequest) -> bool:
    """Whether this session must show a code before it shows anything."""
    if settings.OPERATORS_TOTP != ALWAYS:
        return False  # whoever has enrolled was asked at the login
    user = _operator(request)
    return bool(user.is_authenticated and not user.is_verified())


def suffice_to_decide(request: HttpRequest) -> bool:
    """Whether this session may decide."""
    return settings.OPERATORS_TOTP == OPTIONAL or _operator(request).is_verified()


def sent_to_enrol(request: HttpRequest) -> HttpResponse:
    messages.warning(request, "Show a code of your second factor first.")
    return redirect("admin:second-factor")


def matching(user: Any, code: str) -> Any:
    """The device of this operator that accepts the code, or None.

    Only ours are asked: django-otp would take a phone's row for one of its own, and the salt in it
    for the secret.
    """
    with transaction.atomic():
        kinds = (kind.objects.select_for_update() for kind in (Phone, RecoveryCodes))
        mine = chain.from_iterable(rows.filter(user=user, confirmed=True) for rows in kinds)
        return next((device for device in mine if device.verify_token(code)), None)


def forget(user: Any) -> int:
    """An operator has no second factor any more; returns how many devices that were."""
    with transaction.atomic():
        gone = [kind.objects.filter(user=user).delete()[0] for kind in (Phone, RecoveryCodes)]
    return sum(gone)


def page(request: HttpRequest) -> HttpResponse:
    """Enrol, show a code, or – once one was shown – make new recovery codes or another device."""
    user = _operator(request)
    if request.method == "POST":
        return _posted(request, user)
    has_one, is_verified = user_has_device(user), user.is_verified()
    wants_another = is_verified and "replace" in request.GET
    device = _fresh(user) if wants_another or not has_one else None
    return _shown(request, device=device, has_one=has_one, is_verified=is_verified)


def _posted(request: HttpRequest, user: Any) -> HttpResponse:
    """Whoever has a device must have shown a code before anything about it changes."""
    has_one, is_verified = user_has_device(user), user.is_verified()
    if has_one and not is_verified:
        return _verified(request, user)
    if has_one and "recover" in request.POST:
        return _told(request, _new_codes(request, user))
    device = Phone.objects.filter(user=user, confirmed=False).first()
    if device is None or not device.verify_token(_code(request)):
        messages.error(request, "This code is not right; the phone's clock must be.")
        return redirect(f"{reverse('admin:second-factor')}{'?replace=1' if has_one else ''}")
    return _told(request, _enrolled(request, user, device))


def _verified(request: HttpRequest, user: Any) -> HttpResponse:
    if device := matching(user, _code(request)):
        login(request, device)
        trails.noted(request, "operator.verified")
        return redirect("admin:index")
    trails.noted(request, "operator.code_refused")
    messages.error(request, "This code is not right, or it was used before.")
    return redirect("admin:second-factor")


def _enrolled(request: HttpRequest, user: Any, device: Phone) -> list[str]:
    """This device from now on and no other."""
    with transaction.atomic():
        Phone.objects.filter(user=user).exclude(pk=device.pk).delete()
        Phone.objects.filter(pk=device.pk).update(confirmed=True)
        device.confirmed = True
        login(request, device)
        trails.noted(request, "operator.enrolled")
        return _new_codes(request, user)


def _new_codes(request: HttpRequest, user: Any) -> list[str]:
    """Recovery codes, each good once; the former ones are worth nothing from now on."""
    with transaction.atomic():
        RecoveryCodes.objects.filter(user=user).delete()
        device = RecoveryCodes.objects.create(user=user, name="recovery codes")
        codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
        kept = map(device.digest, codes)
        StaticToken.objects.bulk_create(StaticToken(device=device, token=one) for one in kept)
        trails.noted(request, "operator.recovery_codes_made")
    return codes


def _fresh(user: Any) -> Phone:
    """The device that is being enrolled; asked for again it is the same one."""
    device, _ = Phone.objects.get_or_create(user=user, confirmed=False, defaults={"name": "phone"})
    return device


def _told(request: HttpRequest, codes: list[str]) -> HttpResponse:
    context = {
        "title": "Recovery codes", "secret": "\n".join(codes), "back": reverse("admin:index"),
    }  # fmt: skip
    return _rendered(request, "admin/secret.html", context)


def _shown(request: HttpRequest, *, device: Phone | None, **stands: Any) -> HttpResponse:
    context: dict[str, Any] = {"title": "Second factor", **stands}
    if device:
        picture = segno.make(device.config_url).svg_inline(scale=5, dark="#000", light="#fff")
        context |= {"picture": mark_safe(picture), "address": device.config_url}  # noqa: S308 – ours
    return _rendered(request, "admin/second_factor.html", context)


def _rendered(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    answer = render(request, template, {**admin.site.each_context(request), **context})
    answer["Cache-Control"] = "no-store"
    return answer


def _code(request: HttpRequest) -> str:
    return request.POST.get("code", "").strip().replace(" ", "")[:32]


def _operator(request: HttpRequest) -> Any:
    return request.user
