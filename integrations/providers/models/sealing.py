"""With which key of the keyring a value is sealed, read by the database from the value itself."""

from typing import Any

from django.db import models
from django.db.models import F, Func, Q


class SealedWith(models.GeneratedField):
    """The id of the key-encryption key inside the sealed value of another column.

    The database works it out, so that it is always true: rotation finds its work by it.
    """

    def __init__(self, sealed: str = "", **options: Any) -> None:
        if sealed:
            options["expression"] = Func(
                F(sealed),
                template="encode(substring(%(expressions)s FROM 3"
                " FOR get_byte(%(expressions)s, 1)), 'escape')",
            )
        options.setdefault("output_field", models.CharField(max_length=255))
        options.setdefault("db_persist", True)
        super().__init__(**options)


def not_sealed_with(key_id: str) -> Q:
    """Rows sealed with another key; two ranges, because an index serves no inequality."""
    return Q(key_id__lt=key_id) | Q(key_id__gt=key_id)
