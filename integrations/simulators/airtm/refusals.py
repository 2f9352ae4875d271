"""Airtm's reason codes: what each says, and an HTTP status (Airtm documents none)."""

REASONS = {
    "415005": (404, "Payout not found"),
    "415009": (400, "Recipient is inactive"),
    "415010": (400, "Recipient is deleted or banned"),
    "415016": (400, "Insufficient balance"),
    "415027": (400, "Payout already processed"),
    "415029": (400, "A payin with this code already exists"),
    "415030": (400, "Payin cannot be confirmed or canceled"),
    "415031": (404, "Payin not found"),
    "415032": (400, "Payin already completed"),
    "415034": (400, "User lacks balance"),
    "415035": (400, "Payout amount is too small"),
    "415053": (400, "US users cannot make payins"),
    "415055": (400, "Only pending payouts can be canceled"),
    "415056": (400, "A payout with this code already exists"),
    "415059": (404, "User not found"),
    "415060": (400, "Recipient cannot receive payouts"),
    "415061": (400, "Recipient is in a restricted territory"),
    "415073": (400, "The provider could not deliver the payout"),
    "415901": (400, "Bad request format"),
    "415902": (404, "Item not found"),
    "415903": (400, "Cannot be processed"),
    "415904": (401, "Unauthorized"),
}
ANY_OTHER = (400, "Refused")  # a code that only a switched-on fault answers
TOO_MANY = "429"  # Airtm documents the status, and no reason code for it
REASONS[TOO_MANY] = (429, "Too many requests")


class AirtmRefusal(Exception):
    """What Airtm answers instead of doing it."""

    def __init__(self, code: str, /, **data: object) -> None:
        self.code = code
        self.status, self.message = REASONS.get(code, ANY_OTHER)
        self.data = data
        super().__init__(f"{code} {self.message}")

    def body(self) -> dict[str, object]:
        """The error as Airtm words it."""
        body: dict[str, object] = {"code": self.code, "message": self.message}
        return body | {"data": self.data} if self.data else body
