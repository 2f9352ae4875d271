"""The real web server: what Django's test client cannot send."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.shop import Shop


def in_chunks(body: bytes) -> Iterator[bytes]:
    """As a client sends what it does not know the length of."""
    for start in range(0, len(body), 1000):
        yield body[start : start + 1000]


@pytest.mark.django_db(transaction=True)
def test_a_body_of_no_told_length_is_read_whole(shop: Shop, server: Any) -> None:
    """Left unread, it would be an empty one: an optional field would be ignored."""
    url, _ = server
    headers = {"Authorization": f"Bearer {shop.token}", "Content-Type": "application/json"}
    for body, status in (
        (b'{"external_id": "ada", "type": "BUYER"}', 201),
        (b"{" + b" " * 2000 + b"}", 400),
        (b"[", 400),
        (b" " * 1_048_577, 413),
    ):
        answer = requests.post(f"{url}/users", data=in_chunks(body), headers=headers, timeout=20)
        assert answer.status_code == status, answer.text
