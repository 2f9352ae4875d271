"""How users look from outside, and what may be said when one is made."""

from typing import Any

from rest_framework import serializers

from .models import User
from .rest.fields import MetadataField, Shown, Strict, TextField


class NewUser(Strict):
    external_id = TextField(max_length=255)
    email = serializers.EmailField(max_length=254, required=False, default="")
    type = serializers.ChoiceField(choices=User.Type.choices)
    metadata = MetadataField(required=False, default=dict)


class UserOut(Shown):
    class Meta:
        model = User
        fields = ("id", "external_id", "email", "type", "status", "metadata", "created_at")


def user(row: User) -> dict[str, Any]:
    return dict(UserOut(row).data)
