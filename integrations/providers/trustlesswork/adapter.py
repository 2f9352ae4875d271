"""Trustless Work's API behind the port `Escrows`: what we ask, and what an answer means.

It builds transactions and reads contracts, and hands in signed ones where that is configured.
Building has no effect there, so that a refusal is certain in the sense that nothing came of it.
"""

from collections.abc import Sequence

from integrations.providers.answers import NOT_FOUND, Answer, Declined, Done, NotAsked, Unclear
from integrations.providers.budget import Urgency
from integrations.providers.http import Client, HeldBack, NoAnswer, Reply
from integrations.providers.intents import DisputeEscrow, EscrowIntent
from integrations.providers.ports import Contract
from integrations.providers.trustlesswork import mapping, refusals

# Our key, their limit, or a route that a gateway does not have: says nothing about the escrow.
UNCERTAIN_STATUSES = frozenset({401, 403, 404, 408, 429})
NOT_UNDERSTOOD = "NOT_UNDERSTOOD"  # they find fault with the request itself


class TrustlessWork:
    """One API key, in a conversation about one subject."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        account: str | None = None,  # the ProviderAccount's id, for the rows of calls
        trail: str = "",  # the id of the order that this is about
    ) -> None:
        self._client = Client(
            provider="trustlesswork",
            base_url=base_url,
            headers={"x-api-key": api_key},
            account=account,
            trail=trail,
        )

    def build(self, intent: EscrowIntent) -> Answer[str]:
        path, body = mapping.request(intent)
        try:
            reply = self._client.post(path, body=body)
        except NoAnswer as silence:
            return Unclear(str(silence))
        if not reply.ok:
            return _refusal(reply, intent)
        try:
            return Done(mapping.unsigned_transaction(reply.body))
        except mapping.Unreadable as flaw:
            return Unclear(f"HTTP {reply.status}, but {flaw}")

    def read(self, *, contract_id: str) -> Answer[Contract]:
        # Without the validation flags of the read model were seen to stay behind for good.
        query = {"contractIds[]": contract_id, "validateOnChain": "true"}
        try:
            reply = self._client.get("/helper/get-escrow-by-contract-ids", query=query)
        except NoAnswer as silence:
            return Unclear(str(silence))
        if not reply.ok:
            return _not_found(reply)
        try:
            found = mapping.contract(reply.body, contract_id=contract_id)
        except mapping.Unreadable as flaw:
            return Unclear(f"HTTP {reply.status}, but {flaw}")
        return Done(found) if found else Declined(NOT_FOUND, f"no contract {contract_id}")

    def read_many(self, *, contract_ids: Sequence[str]) -> Answer[dict[str, Contract]]:
        query = {"contractIds[]": list(contract_ids), "validateOnChain": "true"}
        path = "/helper/get-escrow-by-contract-ids"
        try:
            reply = self._client.get(path, query=query, urgency=Urgency.AUDIT)
        except HeldBack as held_back:
            return NotAsked(str(held_back))
        except NoAnswer as silence:
            return Unclear(str(silence))
        if not reply.ok or not isinstance(reply.body, list):
            return Unclear(f"HTTP {reply.status} {refusals.message(reply.body)}".rstrip())
        return Done(mapping.contracts(reply.body, contract_ids=contract_ids))

    def submit(self, envelope_xdr: str) -> Answer[None]:
        """What they say of it is for the record: a hash that is on the chain has been included."""
        try:
            reply = self._client.post("/helper/send-transaction", body={"signedXdr": envelope_xdr})
        except NoAnswer as silence:
            return Unclear(str(silence))
        if reply.ok and mapping.said_yes(reply.body):
            return Done(None)
        return Unclear(f"HTTP {reply.status} {refusals.message(reply.body)}".rstrip())

    def announce(self, *, tx_hash: str) -> Answer[None]:
        try:
            reply = self._client.post(
                "/indexer/update-from-txHash", body={"txHash": tx_hash}, urgency=Urgency.READ
            )
        except NoAnswer as silence:
            return Unclear(str(silence))
        if reply.ok and mapping.said_yes(reply.body):
            return Done(None)
        return Unclear(f"HTTP {reply.status} {refusals.message(reply.body)}".rstrip())


def _refusal(reply: Reply, intent: EscrowIntent) -> Declined | Unclear:
    """Their sentence decides: the same refusal was seen with status 400 and 500."""
    said = refusals.message(reply.body)
    word = refusals.refusal(said)
    if reply.status in UNCERTAIN_STATUSES or _is_doubtful(word, intent):
        return Unclear(f"HTTP {reply.status} {said}".rstrip())
    if word:
        return Declined(word, said)
    if reply.status < 500 and said:
        return Declined(NOT_UNDERSTOOD, said)
    return Unclear(f"HTTP {reply.status} {said}".rstrip())


def _is_doubtful(word: str, intent: EscrowIntent) -> bool:
    """The read model was seen to lag behind a deployment by minutes, and to see a dispute in a
    contract that was to be released and had none: ask again, later.
    """
    if word == refusals.ALREADY_IN_DISPUTE:
        return not isinstance(intent, DisputeEscrow)
    return word == refusals.ESCROW_UNKNOWN


def _not_found(reply: Reply) -> Declined | Unclear:
    said = refusals.message(reply.body)
    if refusals.refusal(said) == refusals.ESCROW_UNKNOWN:
        return Declined(NOT_FOUND, said)
    return Unclear(f"HTTP {reply.status} {said}".rstrip())
