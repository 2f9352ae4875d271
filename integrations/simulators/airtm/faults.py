"""What this pretended provider can do wrong when asked: name → what it does.

`call` is an option of every fault of a call: the beginning of the calls that it is about, such as
`POST /payins` or `POST /payouts`; without it every call is meant.
"""

FAULTS: dict[str, str] = {
    # Of calls:
    "latency": "answers `seconds` late, until it is switched off",
    "rate_limit": "takes `per_second` calls a second (10) and answers 429, until switched off",
    "fail_calls": "answers `status` (500) and does nothing",
    "refuse_calls": "answers the reason code `code` (415998) and does nothing",
    "insufficient_balance": "refuses a commit with 415016, whatever the balance",
    "lose_answers": "does it, and a gateway's 504 is all that comes back",
    "answer_html": "does it, and answers 200 with a page for people",
    "answer_error": "does it, and answers 200 with the body of an error",
    "wrong_amount": "does it, and tells of one dollar more",
    "wrong_payee": "does it, and tells of somebody else",
    # Of webhooks:
    "duplicate_message": "sends the message twice, with the same id",
    "reorder_messages": "sends the newest message first, until it is switched off",
    "forge_signature": "sends it signed with a secret that is not ours; the next attempt is right",
    "stale_timestamp": "sends it signed ten minutes ago; the next attempt is right",
    "lose_message": "does not send it, ever",
}
