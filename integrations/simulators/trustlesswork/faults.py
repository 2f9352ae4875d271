"""What the pretended Trustless Work can do wrong when asked: name → what it does.

The option `only` aims any of them but those that last: at a part of the path, or of the contract's
function where a transaction is tampered with.
"""

FAULTS: dict[str, str] = {
    # Once for each of the times it is switched on.
    "lost_answer": "Does what was asked, and a gateway answers 504 in its place.",
    "server_error": "Answers 500 before anything is done.",
    "html": "Answers 200 with a page of HTML, and does nothing.",
    "latency": "Answers late: after `seconds`, 2 unless told.",
    "too_many_requests": "Answers 429; with `retry_after`, the seconds to wait are told.",
    "unauthorized": "Answers 401 to the right key; `shape` `problem` for the newer body.",
    "failed_2xx": "Answers 201 whose body says FAILED, and does nothing.",
    "result_meta_xdr": "Hands in what is to be sent, and answers 500 that speaks of resultMetaXdr.",
    "escrow_not_found": "Does not know the contract that a transaction is to be built for.",
    "false_dispute": "Refuses to build, because of a dispute that there is not.",
    "stale_flags": "Shows every flag of a contract as if nothing had happened, even validated.",
    "wrong_contract": "Builds a call of another contract.",
    "wrong_amount": "Builds a call with ten times each amount, and another milestone.",
    "wrong_receiver": "Builds a call in which strangers stand for all parties but the signer.",
    "extra_operation": "Builds a second operation: a payment to a stranger.",
    "extra_authorization": "Builds a call whose signature would permit a payment to a stranger.",
    "far_expiry": "Builds a transaction that is valid for a year.",
    # Until it is switched off.
    "lag": "The read model learns of everything `seconds` later, 60 unless told.",
    "rate_limit": "Takes 50 requests in 60 seconds of one key, and answers 429 to the rest.",
    "errors_as_500": "Answers 500 to what a contract refuses, instead of 400.",
}
