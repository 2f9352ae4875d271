"""Accounts at providers, people's places there, and every word exchanged, for operators to read."""

from django.contrib import admin

from integrations.providers import levels, redaction
from integrations.providers.models import (
    Address,
    AirtmLink,
    Bid,
    Call,
    ChainCursor,
    ChainMovement,
    Inbound,
    ProviderAccount,
    Signing,
    Submission,
    Wallet,
    WalletCheck,
)
from ledger.backoffice import ANY_BOOK, RecordAdmin, one_of
from ledger.display import block, laid_out
from ledger.wiring import table


def _purposes() -> list[str]:
    return [purpose for about, purpose in table("LISTENERS") if about == "submission"]


@admin.register(ProviderAccount)
class ProviderAccountAdmin(RecordAdmin):
    list_display = ("id", "provider", "book", "key_id", "calls_left", "created_at")
    list_filter = ("provider", "book")
    search_fields = ("id__exact",)
    search_help_text = "Id"

    @admin.display(description="calls left")
    def calls_left(self, account: ProviderAccount) -> str:
        """Of the limit that it calls under, which it may share with others."""
        level = levels.level(account)
        if level is None:
            return "–"
        told = f"{level.calls_left} of {level.limit} per {level.seconds} s"
        return told if level.shared else f"{told}, of each process"


@admin.register(AirtmLink)
class AirtmLinkAdmin(RecordAdmin):
    tells_a_story = True
    list_display = ("id", "holder", "email", "status", "is_verified", "country", "created_at")
    list_filter = ("status", "is_verified", "book")
    search_fields = ("id__exact", "holder__exact", "email__icontains", "reference__exact")
    search_help_text = "Id, user, e-mail or Airtm's id"
    behind = {"reference": ANY_BOOK}


@admin.register(Wallet)
class WalletAdmin(RecordAdmin):
    tells_a_story = True
    list_display = ("id", "role", "holder", "address", "status", "key_id", "frozen_at",
                    "created_at")  # fmt: skip
    list_filter = ("role", "status", "key_id", ("frozen_at", admin.EmptyFieldListFilter), "book")
    search_fields = ("id__exact", "holder__exact", "address__exact")
    search_help_text = "Id, user or address"


@admin.register(WalletCheck)
class WalletCheckAdmin(RecordAdmin):
    list_display = ("wallet", "balance", "ledger", "agreed_at", "compared_at")
    list_filter = ("book", "compared_at")
    search_fields = ("wallet__id__exact", "wallet__address__exact", "wallet__holder__exact")
    search_help_text = "Wallet, address or user"


@admin.register(Address)
class AddressAdmin(RecordAdmin):
    list_display = ("address", "role", "subject", "book")
    list_filter = ("role", "book")
    search_fields = ("address__exact", "subject__exact")
    search_help_text = "Address, wallet or escrow"


@admin.register(ChainCursor)
class ChainCursorAdmin(RecordAdmin):
    list_display = ("id", "network", "scope", "token", "moved_at", "failures", "next_attempt_at")


@admin.register(ChainMovement)
class ChainMovementAdmin(RecordAdmin):
    list_display = (
        "id", "direction", "matter", "asset", "amount", "address", "holder", "counterparty",
        "tx_hash", "closed_at",
    )  # fmt: skip
    list_filter = ("matter", "direction", "kind", "found_by", "book", "closed_at")
    search_fields = (
        "id__exact", "address__exact", "holder__exact", "counterparty__exact",
        "tx_hash__exact", "inner_hash__exact",
    )  # fmt: skip
    search_help_text = "Id, address, user, counterparty or hash"


@admin.register(Submission)
class SubmissionAdmin(RecordAdmin):
    list_display = (
        "id", "purpose", "subject", "status", "fault", "inner_hash", "attempts", "ledger",
        "created_at",
    )  # fmt: skip
    list_filter = ("status", "fault", one_of("purpose", _purposes), "book")
    search_fields = (
        "id__exact", "subject__exact", "order__exact", "inner_hash__exact",
        "bids__outer_hash__exact", "source__exact",
    )  # fmt: skip
    search_help_text = "Id, order, escrow, hash or source"


@admin.register(Bid)
class BidAdmin(RecordAdmin):
    list_display = ("id", "submission", "rate", "fee", "outer_hash", "made_at")
    list_filter = ("book", "made_at")
    search_fields = ("outer_hash__exact", "submission__id__exact", "submission__order__exact")
    search_help_text = "Hash, submission or order"


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
    list_filter = (
        one_of("provider", lambda: (*ProviderAccount.Provider.values, "stellar", "federation")),
        one_of("method", lambda: ("GET", "POST", "PUT", "PATCH", "DELETE")),
        "happened_at",
    )
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
    behind = {"message_id": {"account__in": ProviderAccount.across_books.values("pk")}}

    @admin.display(description="message")
    def message(self, inbound: Inbound) -> str:
        """Redacted like a call: what is kept raw is evidence, not reading matter."""
        return block(laid_out(redaction.text(bytes(inbound.body).decode("utf-8", "replace"))))
