"""The operators themselves: who may log in, and the groups that say what they may do."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import admin as auth
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from config.models import Heartbeat
from ledger.backoffice import RecordAdmin

admin.site.unregister([User, Group])
admin.site.unregister([TOTPDevice, StaticDevice])  # their pages would show the secrets


class BySuperusersOnly(ModelAdmin):  # type: ignore[misc]
    """Whoever edits operators could make themselves anything."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


@admin.register(User)
class OperatorAdmin(BySuperusersOnly, auth.UserAdmin):  # type: ignore[misc]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser", "groups")
    change_form_outer_before_template = "admin/head.html"

    def render_change_form(self, request: HttpRequest, context: Any, **options: Any) -> Any:
        if operator := options.get("obj"):
            context["buttons"] = self.admin_site.buttons(operator, operator=request.user)
        return super().render_change_form(request, context, **options)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the password's hash for whoever only reads: Django would show all of it."""
        fieldsets = super().get_fieldsets(request, obj)
        if self.has_change_permission(request, obj):
            return fieldsets
        return [(name, {**given, "fields": _without_password(given)}) for name, given in fieldsets]


@admin.register(Group)
class GroupAdmin(BySuperusersOnly, auth.GroupAdmin):  # type: ignore[misc]
    list_display = ("name",)


def _without_password(fieldset: Any) -> list[str]:
    return [name for name in fieldset["fields"] if "password" not in name]


@admin.register(Heartbeat)
class HeartbeatAdmin(RecordAdmin):
    list_display = ("name", "seen_at")
    ordering = ("name",)
