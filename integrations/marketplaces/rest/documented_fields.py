"""How single fields and parameters stand in the OpenAPI document."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework.serializers import CharField, Field

from integrations.marketplaces.rest.fields import AmountField, MetadataField, Strict
from integrations.marketplaces.rest.parameters import PREFIXES, shape_of

ULID = "01KAM3V8Q0ZJ5W4T9X2C7R6B1D"


def exact(schema: dict[str, Any], field: Field[Any, Any, Any, Any]) -> dict[str, Any]:
    """What drf-spectacular says of a field, without what is not so and with what is missing."""
    wrong = {"readOnly", "x-spec-enum-id"} | ({"default"} if schema.get("default") == "" else set())
    schema = {name: value for name, value in schema.items() if name not in wrong}
    if isinstance(field, CharField) and isinstance(field.parent, Strict) and not field.allow_blank:
        schema["minLength"] = 1
    sample = _sample(field)
    return schema | ({"examples": [f"{sample}_{ULID}"]} if sample else {})


def query(name: str, allowed: Any = None) -> dict[str, Any]:
    """What a list may be narrowed to under this name."""
    if allowed is not None:
        return {"type": "string", "enum": sorted(allowed)}
    prefix = PREFIXES.get(name)
    return in_path(name) | ({"pattern": f"^{shape_of(prefix)}$"} if prefix else {})


def in_path(name: str) -> dict[str, Any]:
    """What stands in a path under this name; of what is no id of ours it says that nothing is."""
    prefix = PREFIXES.get(name)
    return {"type": "string"} | ({"examples": [f"{prefix}_{ULID}"]} if prefix else {})


def whole(fields: dict[str, Any]) -> dict[str, Any]:
    """An object that always has all of these."""
    for schema in fields.values():
        if {"type": "string", "maxLength": 0} in schema.get("oneOf", ()):
            schema["anyOf"] = schema.pop("oneOf")  # a blank may pass for a format as well
    return {"type": "object", "properties": fields, "required": sorted(fields)}


class AmountShape(OpenApiSerializerFieldExtension):
    """Amounts are decimal strings, and never numbers."""

    target_class = AmountField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        asked = rf"^[0-9]{{1,12}}(\.[0-9]{{1,{self.target.decimals}}})?$"
        is_asked = isinstance(self.target.parent, Strict)
        pattern = asked if is_asked else r"^-?[0-9]+\.[0-9]{2,7}$"
        return {"type": "string", "pattern": pattern, "examples": ["94.70"]}


class MetadataShape(OpenApiSerializerFieldExtension):
    """Metadata is an object, and the caller's own."""

    target_class = MetadataField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": True, "examples": [{"cart": "c-1041"}]}


def _sample(field: Field[Any, Any, Any, Any]) -> str:
    """The prefix of the ids that stand in this field, if they do."""
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    if field.field_name == "id" and model:
        return str(model._meta.pk.prefix)
    return PREFIXES.get(field.field_name, "")
