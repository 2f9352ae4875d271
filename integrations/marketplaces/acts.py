"""What operators may decide about users, keys, settings and the maintenance switch."""

from datetime import datetime
from typing import Any

from django import forms
from django.db import IntegrityError, transaction

from integrations.marketplaces import keys, maintenance, tenants, users
from integrations.marketplaces.models import ApiKey, Bearer, Marketplace, Payer, Scope, User
from ledger import acts, money
from ledger.acts import Act
from ledger.events import Actor
from ledger.questions import AmountAsked
from ledger.refusals import Refusal
from ledger.unfreezing import Freeze, Unfreeze

LIMITS = (
    "topup_least", "topup_most", "topup_most_per_day",
    "withdrawal_least", "withdrawal_most", "withdrawal_most_per_day", "payout_approval_above",
)  # fmt: skip
LONGEST_GRACE = 7 * 24  # hours


class SettingsDoNotFit(Refusal):
    """These settings do not fit together."""

    code = "SETTINGS_DO_NOT_FIT"


class FreezeUser(Freeze):
    name = "freeze-user"
    about = User


class UnfreezeUser(Unfreeze):
    name = "unfreeze-user"
    about = User


class SuspendUser(Act):
    name = "suspend-user"
    title = "Suspend"
    explains = "This user's money does not move any more; outcomes go on."
    about = User

    def is_offered(self, record: User) -> bool:
        return record.status == User.Status.ACTIVE

    def do(self, record: User, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        users.suspend(record, reason=reason, by=by)


class ReactivateUser(Act):
    name = "reactivate-user"
    title = "Reactivate"
    explains = "This user's money may move again."
    about = User

    def is_offered(self, record: User) -> bool:
        return record.status == User.Status.SUSPENDED

    def do(self, record: User, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        users.reactivate(record, reason=reason, by=by)


class _Administered(Act):
    """Of keys and settings."""

    permission = acts.ADMINISTER
    takes_two = True


class NewKey(forms.Form):
    name = forms.CharField(max_length=120, help_text="What it is for")
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=forms.CheckboxSelectMultiple, initial=[Scope.READ]
    )


class CreateKey(_Administered):
    name = "create-key"
    title = "Make an API key"
    explains = "Whoever agrees is shown the key, this once, and passes it on."
    about = Marketplace
    questions = NewKey

    def do(self, record: Marketplace, *, by: Actor, reason: str, cause: str, **answers: Any) -> str:
        _key, secret = keys.create(record, name=answers["name"], scopes=answers["scopes"])
        return secret


class Grace(forms.Form):
    hours = forms.IntegerField(
        min_value=0, max_value=LONGEST_GRACE, initial=24, help_text="The old key lives on so long"
    )


class _OnKey(_Administered):
    about = ApiKey

    def is_offered(self, record: ApiKey) -> bool:
        return record.revoked_at is None


class RotateKey(_OnKey):
    name = "rotate-key"
    title = "Rotate"
    explains = "A key like this one; whoever agrees is shown it, this once, and passes it on."
    questions = Grace

    def do(self, record: ApiKey, *, by: Actor, reason: str, cause: str, **answers: Any) -> str:
        _key, secret = keys.rotate(record, grace_seconds=answers["hours"] * 3600)
        return secret


class RevokeKey(_OnKey):
    name = "revoke-key"
    title = "Revoke"
    explains = "The key and every token of it end at once: a stolen key waits for nobody."
    takes_two = False

    def do(self, record: ApiKey, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        keys.revoke(record)


class Settings(forms.Form):
    topup_least = AmountAsked(required=False, help_text="Empty: no limit")
    topup_most = AmountAsked(required=False)
    topup_most_per_day = AmountAsked(required=False)
    withdrawal_least = AmountAsked(required=False)
    withdrawal_most = AmountAsked(required=False)
    withdrawal_most_per_day = AmountAsked(required=False)
    payout_approval_above = AmountAsked(
        required=False, help_text="A withdrawal of more waits until an operator agrees"
    )
    platform_fee_bps = forms.IntegerField(
        label="Platform fee", min_value=0, max_value=9900, help_text="In hundredths of a percent"
    )
    topup_fee_bearer = forms.ChoiceField(choices=Bearer.choices)
    refund_fee_bearer = forms.ChoiceField(choices=Bearer.choices)
    foreign_payer = forms.ChoiceField(choices=Payer.choices)
    return_hosts = forms.CharField(
        required=False, help_text="Host names, where a browser may be sent; with blanks between"
    )

    def clean_return_hosts(self) -> list[str]:
        return [_host(word) for word in str(self.cleaned_data["return_hosts"]).split()]


class Configure(_Administered):
    name = "configure-marketplace"
    title = "Change settings"
    explains = "Limits, fees, their bearers, return hosts: for everything that is asked from then."
    about = Marketplace
    questions = Settings

    def initial(self, record: Marketplace) -> dict[str, Any]:
        told = {name: getattr(record, name) for name in Settings.base_fields}
        limits = {name: money.text(told[name]) if told[name] else "" for name in LIMITS}
        return told | limits | {"return_hosts": " ".join(record.return_hosts)}

    def do(
        self, record: Marketplace, *, by: Actor, reason: str, cause: str, **answers: Any
    ) -> None:
        try:
            with transaction.atomic():
                tenants.configure(record, by=by, **answers)
        except IntegrityError as error:
            raise SettingsDoNotFit from error


class Pause(forms.Form):
    message = forms.CharField(
        max_length=300, initial="We are working on it; try again later.",
        help_text="What callers are told",
    )  # fmt: skip
    until = forms.DateTimeField(required=False, help_text="In UTC, like 2026-01-31 12:00; or empty")


class PauseWrites(Act):
    name = "pause-writes"
    title = "Pause writes everywhere"
    explains = "Maintenance of the whole installation: reads and providers' messages go on."
    about = Marketplace
    permission = acts.ADMINISTER
    questions = Pause

    def is_offered(self, record: Marketplace) -> bool:
        return maintenance.standing() is None

    def do(
        self, record: Marketplace, *, by: Actor, reason: str, cause: str, **answers: Any
    ) -> None:
        until: datetime | None = answers["until"]
        maintenance.begin(message=answers["message"], until=until, by=by)


class ResumeWrites(Act):
    name = "resume-writes"
    title = "Let writes go on"
    explains = "Maintenance is over, for the whole installation."
    about = Marketplace
    permission = acts.ADMINISTER

    def is_offered(self, record: Marketplace) -> bool:
        return maintenance.standing() is not None

    def do(self, record: Marketplace, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        maintenance.end()


def _host(text: str) -> str:
    if set(text) & set("/:@?#\\*"):
        raise forms.ValidationError(f"“{text}” is no host name: no scheme, port, path or wildcard")
    return text.lower().rstrip(".")
