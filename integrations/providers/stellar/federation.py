"""Federation (SEP-2): who `name*domain` is, asked of the server that the domain names."""

import tomllib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from integrations.providers import openweb
from integrations.providers.answers import NOT_FOUND, Answer, Declined, Done, Unclear
from integrations.providers.http import Client, NoAnswer, Reply
from integrations.providers.ports import Named

NO_SERVER = "NO_FEDERATION_SERVER"
LONGEST = 256  # characters of anything that is taken from an answer


class Federation:
    """Asks whatever server a domain names, and trusts nothing of what it says.

    `servers` are domains whose server is known beforehand, with its address.
    """

    def __init__(
        self, *, servers: Mapping[str, str], trail: str = "", web: openweb.OpenWeb | None = None
    ) -> None:
        self._servers = servers
        self._trail = trail
        self._web = web or openweb.OpenWeb(provider="federation", trail=trail)

    def resolve(self, name: str) -> Answer[Named]:
        domain = name.rpartition("*")[2].lower()
        query = urlencode({"q": name, "type": "name"})
        try:
            reply = self._ask(domain, query)
        except openweb.Refused as refused:
            return Declined(NO_SERVER, str(refused))
        except NoAnswer as silence:
            return Unclear(str(silence))
        if reply is None:
            return Declined(NO_SERVER, f"{domain} names no federation server.")
        return _told(reply)

    def _ask(self, domain: str, query: str) -> Reply | None:
        if known := self._servers.get(domain):
            client = Client(provider="federation", base_url=known, trail=self._trail)
            return client.get(f"?{query}")
        page = self._web.get(f"https://{domain}/.well-known/stellar.toml")
        if page.status >= 500:
            raise NoAnswer(f"HTTP {page.status} from {domain}")
        server = _server(page.text) if page.ok else ""
        return self._web.get(f"{server}{'&' if '?' in server else '?'}{query}") if server else None


def _server(page: str) -> str:
    """What the domain's stellar.toml names; empty if it names nothing."""
    try:
        server = tomllib.loads(page).get("FEDERATION_SERVER")
    except (tomllib.TOMLDecodeError, RecursionError):
        return ""
    return server if isinstance(server, str) and len(server) <= LONGEST else ""


def _told(reply: Reply) -> Answer[Named]:
    if reply.status >= 500 or reply.status == 429:
        return Unclear(f"HTTP {reply.status}")
    if not reply.ok:
        return Declined(NOT_FOUND, "The federation server knows nobody of this name.")
    body: Any = reply.body if isinstance(reply.body, dict) else {}
    address, memo, memo_type = (body.get(key) for key in ("account_id", "memo", "memo_type"))
    memo = "" if memo is None else str(memo)
    if not isinstance(address, str) or max(len(address), len(memo)) > LONGEST:
        return Declined(NOT_FOUND, "The federation server's answer names no account.")
    return Done(Named(address=address, memo=memo, memo_type=str(memo_type or "text").upper()))
