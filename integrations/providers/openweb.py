"""The open web: read at addresses that strangers name, and nothing reached that is not public."""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from http.client import HTTPException
from urllib.parse import urlsplit

import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from integrations.providers import exactjson
from integrations.providers.http import NoAnswer, Reply
from integrations.providers.models import Call
from ledger.atomicity import refuse_transaction

SECONDS = 5  # to connect, and between two bytes
TOTAL_SECONDS = 10
LARGEST_ANSWER = 100_000  # bytes
HTTPS = 443
_KEPT = 2_000  # characters of an answer

_SILENCES = (urllib3.exceptions.HTTPError, HTTPException, OSError)
# IPv6 addresses in which a private IPv4 one may hide.
_TRANSLATED = [ipaddress.ip_network(block) for block in ("64:ff9b::/96", "2002::/16")]


class Refused(Exception):
    """An address that we do not ask: not https, not known, or not public."""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet."""
    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None)
    if mapped is not None:
        return is_public(str(mapped))
    is_hidden = any(ip in block for block in _TRANSLATED if ip.version == block.version)
    return ip.is_global and not ip.is_multicast and not is_hidden


class OpenWeb:
    """GET over https only: the name is resolved once, checked, and that address connected to.

    No redirects, no retries, short time-outs, a small answer. `is_allowed`, `trusted` (a file of
    certificates) and `port` are for networks of one's own.
    """

    def __init__(
        self,
        *,
        provider: str,
        trail: str = "",
        is_allowed: Callable[[str], bool] = is_public,
        trusted: str = "",
        port: int = HTTPS,
    ) -> None:
        self._provider = provider
        self._trail = trail
        self._is_allowed = is_allowed
        self._trusted = trusted or DEFAULT_CA_BUNDLE_PATH
        self._port = port

    def get(self, url: str) -> Reply:
        """Read what stands at `url`. Raises `Refused` and `NoAnswer`."""
        refuse_transaction()
        started, status, text, failure = time.monotonic(), None, "", ""
        try:
            host, target = self._checked(url)
            status, text = self._exchange(self._address(host), host, target)
        except (Refused, NoAnswer) as flaw:
            failure = str(flaw)
            raise
        finally:
            Call.objects.create(
                provider=self._provider,
                trail=self._trail,
                method="GET",
                path=url[:500],
                status=status,
                milliseconds=round((time.monotonic() - started) * 1000),
                response=text[:_KEPT].replace("\0", ""),
                failure=failure[:500],
            )
        return Reply(status, _json(text), text)

    def _checked(self, url: str) -> tuple[str, str]:
        try:
            parts = urlsplit(url)
            port = parts.port or HTTPS
        except ValueError as flaw:
            raise Refused(f"{url} is no address") from flaw
        if parts.scheme != "https" or not parts.hostname or parts.username or port != HTTPS:
            raise Refused(f"{url} is not a plain https address")
        path = parts.path or "/"
        return parts.hostname, f"{path}?{parts.query}" if parts.query else path

    def _address(self, host: str) -> str:
        try:
            found = socket.getaddrinfo(host, HTTPS, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as flaw:
            if getattr(flaw, "errno", socket.EAI_NONAME) == socket.EAI_NONAME:
                raise Refused(f"there is no {host}") from flaw
            raise NoAnswer(f"{host} cannot be resolved: {flaw}") from flaw
        addresses = [str(entry[4][0]) for entry in found]
        if not all(map(self._is_allowed, addresses)):
            raise Refused(f"{host} is not public")
        return addresses[0]

    def _exchange(self, address: str, host: str, target: str) -> tuple[int, str]:
        pool = urllib3.HTTPSConnectionPool(
            address,
            port=self._port,
            server_hostname=host,
            assert_hostname=host,
            cert_reqs=ssl.CERT_REQUIRED,
            ca_certs=self._trusted,
            timeout=urllib3.Timeout(connect=SECONDS, read=SECONDS),
            retries=False,
        )
        headers = {"Host": host, "Accept-Encoding": "identity", "User-Agent": "offerhub"}
        try:
            with pool.request(
                "GET", target, headers=headers, redirect=False, preload_content=False
            ) as response:
                return response.status, _receive(response)
        except _SILENCES as silence:
            raise NoAnswer(f"{type(silence).__name__}: {silence}") from silence
        finally:
            pool.close()


def _receive(response: urllib3.BaseHTTPResponse) -> str:
    deadline, content = time.monotonic() + TOTAL_SECONDS, b""
    while piece := response.read1(LARGEST_ANSWER):
        content += piece
        if len(content) > LARGEST_ANSWER or time.monotonic() > deadline:
            raise NoAnswer("the answer is too large, or too slow")
    return content.decode("utf-8", "replace")


def _json(text: str) -> object:
    try:
        return exactjson.read(text)
    except (ValueError, RecursionError):
        return None
