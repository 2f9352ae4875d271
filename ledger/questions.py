"""Questions: the form fields with which acts ask operators."""

from typing import Any

from django import forms

from ledger import money


class AmountAsked(forms.CharField):
    """An amount in dollars, written as an exact decimal; stroops inside."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return money.parse(text, decimals=money.STROOPS)
        except money.InvalidAmount as error:
            raise forms.ValidationError(error.message) from error
