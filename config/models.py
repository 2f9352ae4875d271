"""Signs of life of our own processes, and the second factors of operators.

A heartbeat is one row per process name, written again and again. Of a second factor the database
holds nothing that makes a code: a phone's secret is derived from its row *and* `SECRET_KEY`, and of
recovery codes there are only digests.
"""

import hmac
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import models
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

_SECRET_BYTES = 20  # as the apps that make codes expect it
_DIGEST_LENGTH = 16  # the width of django-otp's column


class Heartbeat(models.Model):
    """When a process was last seen at work."""

    name = models.CharField(max_length=40, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Phone(TOTPDevice):  # type: ignore[misc]
    """A phone that makes codes; what its row holds is a salt, and not the secret."""

    class Meta:
        proxy = True
        default_permissions = ()

    @property
    def bin_key(self) -> bytes:
        return _derived("phone", self.user_id, self.key)[:_SECRET_BYTES]


class RecoveryCodes(StaticDevice):  # type: ignore[misc]
    """Codes that are good once each, kept as digests."""

    class Meta:
        proxy = True
        default_permissions = ()

    def digest(self, code: str) -> str:
        """What is kept of a code."""
        return _derived("recovery", self.user_id, code).hex()[:_DIGEST_LENGTH]

    def verify_token(self, token: str) -> bool:
        return bool(super().verify_token(self.digest(token)))


def _derived(*parts: Any) -> bytes:
    """A lifted table is worth nothing without `SECRET_KEY`; with another one, all enrol anew."""
    text = ":".join(map(str, ("second-factor", *parts)))
    return hmac.digest(settings.SECRET_KEY.encode(), text.encode(), sha256)
