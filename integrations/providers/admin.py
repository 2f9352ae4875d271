"""Accounts at providers, people's places there, and every word exchanged, for operators to read."""

from django.contrib import admin

from integrations.providers import redaction
from integrations.providers.models import (
    Address,
    AirtmLink,
    Call,
    Inbound,
    ProviderAccount,
    Signing,
    Submission,
    Wallet,
)
from ledger.backoffice import RecordAdmin
from ledger.display import block, laid_out


@admin.register(ProviderAccount)
class ProviderAccountAdmin(RecordAdmin):
    list_display = ("id", "provider", "book", "created_at")
    list_filter = ("provider", "book")
    search_fields = ("id__startswith",)
    search_help_text = "Id"


@admin.register(AirtmLink)
class AirtmLinkAdmin(RecordAdmin):
    tells_a_story = True
    list_display = ("id", "holder", "email", "status", "is_verified", "country", "created_at")
    list_filter = ("status", "is_verified", "book")
    search_fields = ("id__startswith", "holder__exact", "email__icontains", "reference__exact")
    search_help_text = "Id, user, e-mail or Airtm's id"


@admin.register(Wallet)
class WalletAdmin(RecordAdmin):
    tells_a_story = True
    list_display = ("id", "role", "holder", "address", "status", "frozen_at", "created_at")
    list_filter = ("role", "status", ("frozen_at", admin.EmptyFieldListFilter), "book")
    search_fields = ("id__startswith", "holder__exact", "address__exact")
    search_help_text = "Id, user or address"


@admin.register(Address)
class AddressAdmin(RecordAdmin):
    list_display = ("address", "role", "subject", "book")
    list_filter = ("role", "book")
    search_fields = ("address__exact", "subject__exact")
    search_help_text = "Address, wallet or escrow"


@admin.register(Submission)
class SubmissionAdmin(RecordAdmin):
    list_display = (
        "id", "purpose", "subject", "status", "inner_hash", "attempts", "ledger", "created_at",
    )  # fmt: skip
    list_filter = ("status", "purpose", "book")
    search_fields = (
        "id__startswith", "subject__exact", "order__exact", "inner_hash__exact",
        "outer_hash__exact", "contract_id__exact", "source__exact",
    )  # fmt: skip
    search_help_text = "Id, order, escrow, hash, contract or source"


@admin.register(Signing)
class SigningAdmin(RecordAdmin):
    list_display = ("id", "wallet", "verdict", "tx_hash", "signed_at")
    list_filter = ("book", "signed_at")
    search_fields = ("tx_hash__exact", "wallet__id__exact", "wallet__address__exact")
    search_help_text = "Hash, wallet or address"


@admin.register(Call)
class CallAdmin(RecordAdmin):
    hidden = ("request", "response")
    also = ("request_body", "response_body")
    list_display = ("id", "provider", "method", "path", "status", "milliseconds", "trail",
                    "happened_at")  # fmt: skip
    list_filter = ("provider", "method", "happened_at")
    search_fields = ("trail__exact",)
    search_help_text = "Order, top-up, withdrawal or user"

    @admin.display(description="request")
    def request_body(self, call: Call) -> str:
        return block(laid_out(call.request))

    @admin.display(description="response")
    def response_body(self, call: Call) -> str:
        return block(laid_out(call.response))


@admin.register(Inbound)
class InboundAdmin(RecordAdmin):
    also = ("message",)
    list_display = (
        "id", "message_id", "type", "subject", "verdict", "received_at", "absorbed_at", "attempts",
        "given_up_at",
    )  # fmt: skip
    list_filter = (
        "verdict", ("absorbed_at", admin.EmptyFieldListFilter),
        ("given_up_at", admin.EmptyFieldListFilter), "received_at",
    )  # fmt: skip
    search_fields = ("message_id__exact", "subject__exact", "account__id__exact")
    search_help_text = "The provider's message id, our id of what it is about, or our account"

    @admin.display(description="message")
    def message(self, inbound: Inbound) -> str:
        """Redacted like a call: what is kept raw is evidence, not reading matter."""
        return block(laid_out(redaction.text(bytes(inbound.body).decode("utf-8", "replace"))))
