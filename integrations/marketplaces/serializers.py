"""How users and keys look from outside, and what may be said when a user is made."""

from typing import Any

from rest_framework import serializers

from integrations.marketplaces.models import ApiKey, User
from integrations.marketplaces.rest.fields import MetadataField, OneOf, Shown, Strict, TextField


class NewUser(Strict):
    external_id = TextField(max_length=255)
    email = serializers.EmailField(max_length=254, required=False, default="")
    type = OneOf(choices=User.Type.choices)
    metadata = MetadataField(required=False, default=dict)


class UserOut(Shown):
    class Meta:
        model = User
        fields = ("id", "external_id", "email", "type", "status", "metadata", "created_at")


class KeyOut(Shown):
    key_id = serializers.CharField(source="id")
    marketplace_id = serializers.CharField()
    marketplace = serializers.CharField(source="marketplace.name")

    class Meta:
        model = ApiKey
        fields = ("key_id", "marketplace_id", "marketplace", "mode", "scopes")


def user(row: User) -> dict[str, Any]:
    return dict(UserOut(row).data)
