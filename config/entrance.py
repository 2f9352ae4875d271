"""The entrance: operators log in, are slowed down when they guess, and are logged out in time."""

import time
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth import logout
from django.http import HttpRequest
from django_otp import user_has_device
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from config import factors, trails
from integrations.marketplaces.models import AuditEntry
from integrations.marketplaces.rest.requests import address
from ledger import clock

LONGEST_SESSION = 8 * 3600  # seconds, however busy; SESSION_COOKIE_AGE ends an idle one
_BEGAN = "began"
FAILED = "operator.login_failed"
WINDOW = timedelta(minutes=15)
# Failures within the window that shut the door: of a name from one address, of an address, of a
# name from anywhere. The last one is high, so that nobody is locked out by a stranger's guesses
# soon.
MOST_OF_BOTH, MOST_OF_ADDRESS, MOST_OF_NAME = 5, 30, 50


class Login(AuthenticationForm):  # type: ignore[misc]
    """Name, password, and the code of whoever has enrolled."""

    code = forms.CharField(
        required=False,
        max_length=32,
        label="Code, if you have enrolled",
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}
        ),
    )

    error_messages = {
        **AuthenticationForm.error_messages,
        "too_many": "Too many failed logins. Try again in a quarter of an hour.",
        "no_code": "This operator's second factor is needed: type its code, or a recovery code.",
    }

    def clean(self) -> Any:
        """Every failure counts, and none of it tells whether the name exists."""
        name = str(self.data.get("username", ""))
        if _is_shut(name, address(self.request)):
            raise self._error("too_many")
        try:
            cleaned = super().clean()
            self._check_code(self.get_user(), cleaned.get("code", ""))
        except forms.ValidationError:
            trails.noted(self.request, FAILED, by=name or "nobody", subject=_place(self.request))
            raise
        return cleaned

    def _check_code(self, user: Any, code: str) -> None:
        if user is None or not user_has_device(user):
            return
        user.otp_device = factors.matching(user, code.strip().replace(" ", "")) if code else None
        if user.otp_device is None:
            raise self._error("no_code")

    def _error(self, code: str) -> forms.ValidationError:
        return forms.ValidationError(self.error_messages[code], code=code)


def entered(request: HttpRequest) -> None:
    """Somebody has just logged in."""
    request.session[_BEGAN] = int(time.time())
    trails.noted(request, "operator.login")


def left(request: HttpRequest) -> None:
    """Somebody is about to log out."""
    if request.user.is_authenticated:
        trails.noted(request, "operator.logout")


def is_over(request: HttpRequest) -> bool:
    """Whether this session has lasted long enough; then it is ended."""
    if not request.user.is_authenticated:
        return False
    began = request.session.setdefault(_BEGAN, int(time.time()))
    if time.time() - began < LONGEST_SESSION:
        return False
    logout(request)
    return True


def _is_shut(name: str, place: str) -> bool:
    failed = AuditEntry.across_books.filter(act=FAILED, created_at__gt=clock.now() - WINDOW)
    of_name = failed.filter(actor=f"operator:{name}"[:120])
    of_place = failed.filter(subject=f"address:{place}")
    return (
        of_name.filter(subject=f"address:{place}").count() >= MOST_OF_BOTH
        or of_place.count() >= MOST_OF_ADDRESS
        or of_name.count() >= MOST_OF_NAME
    )


def _place(request: HttpRequest) -> str:
    return f"address:{address(request)}"
