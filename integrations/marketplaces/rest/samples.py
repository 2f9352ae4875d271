"""One whole example for every body and every answer, composed from the document's own schemas."""

from collections.abc import Mapping
from typing import Any

JSON = "application/json"
MOMENT = "2026-01-31T12:00:00.000Z"
_ACCOUNT = "GBUO2ZPC76TP2THTPQIPIT4HNHOKVUTIG24KCPKDFJTKWPQ6GN555WHY"
_HASH = "9e2c9fbd82d6ec59ebf594d62a3c679a3497772afa52605cc8ac4696025dc0c2"
# What a text of this name may say, where its schema does not tell; `Shape.name` before `name`.
_WORDS = {
    "act": "POST orders/{order_id}/cancel",
    "actor": "key:key_01KAM3V8Q0ZJ5W4T9X2C7R6B1D",
    "address": _ACCOUNT,
    "assignee": "olga",
    "AuditEntry.address": "203.0.113.7",
    "body": "The courier has a signature.",
    "cause": "hld_01KAM3V8Q0ZJ5W4T9X2C7R6B1D",
    "client_order_ref": "cart-1041",
    "code": "PAYMENT_FAILED",
    "Asset.code": "USDC",
    "confirmation_url": "https://app.airtm.com/payin/93cc8bfa",
    "country": "VEN",
    "currency": "USD",
    "description": "Three drafts, one final.",
    "evidence": "https://example.com/logo.svg",
    "external_id": "customer-1041",
    "hash": _HASH,
    "issuer": _ACCOUNT,
    "kind": "reserve",
    "memo": "savings",
    "name": "backend",
    "note": "Both sides have shown their files.",
    "owner": "usr_01KAM3V8Q0ZJ5W4T9X2C7R6B1D",
    "reason": "We agreed so.",
    "ref": "draft",
    "request_id": "req_01KAM3V8Q0ZJ5W4T9X2C7R6B1D",
    "resolved_address": _ACCOUNT,
    "subject": "usr_01KAM3V8Q0ZJ5W4T9X2C7R6B1D",
    "title": "A logo",
    "trail": "ord_01KAM3V8Q0ZJ5W4T9X2C7R6B1D",
    "transaction_hash": _HASH,
    "user_agent": "bazaar/1.0",
}
_FORMATS = {
    "date-time": MOMENT,
    "email": "ada@example.com",
    "uri": "https://example.com/logo.svg",
}
_PLAIN: dict[str, Any] = {"string": "…", "integer": 1, "number": 1, "boolean": True, "null": None}


def with_examples(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: puts an example beside every JSON body and answer."""
    sampled = Sampled(result["components"]["schemas"])
    for operations in result["paths"].values():
        for operation in operations.values():
            _show(operation.get("requestBody", {}), sampled.asked)
            for status, answer in operation["responses"].items():
                if status < "300":
                    _show(answer, sampled.answered)
    return result


def _show(part: dict[str, Any], sample: Any) -> None:
    if media := part.get("content", {}).get(JSON):
        media["example"] = sample(media["schema"])


class Sampled:
    """Values for schemas: what is asked for has what it must have, an answer has everything."""

    def __init__(self, shapes: Mapping[str, Any]) -> None:
        self._shapes = shapes

    def asked(self, schema: Mapping[str, Any]) -> Any:
        """A body that would be taken: what is required – or, where nothing is, all there is."""
        return self._of(schema, only_required=True)

    def answered(self, schema: Mapping[str, Any]) -> Any:
        """An answer with all of its fields."""
        return self._of(schema, only_required=False)

    def _of(
        self, schema: Mapping[str, Any], *, only_required: bool, shape: str = "", name: str = ""
    ) -> Any:
        if "$ref" in schema:
            shape = schema["$ref"].rpartition("/")[2]
            return self._of(self._shapes[shape], only_required=only_required, shape=shape)
        if ways := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            return self._of(ways[0], only_required=only_required, shape=shape, name=name)
        if "properties" in schema:
            return self._object(schema, only_required=only_required, shape=shape)
        if schema.get("type") == "array":
            one = self._of(schema["items"], only_required=only_required, shape=shape, name=name)
            return [one]
        return _value(schema, shape=shape, name=name)

    def _object(self, schema: Mapping[str, Any], *, only_required: bool, shape: str) -> Any:
        fields, required = schema["properties"], schema.get("required", ())
        wanted = required if only_required and required else fields
        return {
            name: self._of(fields[name], only_required=only_required, shape=shape, name=name)
            for name in fields
            if name in wanted
        }


def _value(schema: Mapping[str, Any], *, shape: str, name: str) -> Any:
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if given := schema.get("examples") or schema.get("enum"):
        return given[0]
    if kind == "string" and (words := _WORDS.get(f"{shape}.{name}") or _WORDS.get(name)):
        return words
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    usual = schema.get("default", schema.get("minimum"))
    return _PLAIN.get(kind, {}) if usual is None else usual
