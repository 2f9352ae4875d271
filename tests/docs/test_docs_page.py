"""/docs as a browser shows it: rendered, and nobody outside is asked for anything."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.patience import PATIENCE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
SECONDS_OF_THE_PAGE = 10

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here (apt-get install chromium)"),
]


def test_it_renders_every_route_and_asks_nobody_outside(live_server: Any, tmp_path: Path) -> None:
    page = opened(f"{live_server.url}/api/v1/docs", tmp_path)
    assert "/api/v1/orders/{order_id}/reserve" in page.replace("\u200b", "").replace("<wbr>", "")
    assert "Failed to load" not in page
    here = urlsplit(live_server.url).netloc
    assert {urlsplit(url).netloc for url in asked(tmp_path)} == {here}


def opened(url: str, folder: Path) -> str:
    """The page after its scripts have run."""
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--disable-default-apps",
        f"--user-data-dir={folder / 'profile'}", f"--log-net-log={folder / 'net.json'}",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        f"--virtual-time-budget={SECONDS_OF_THE_PAGE * 1000}", "--dump-dom", url,
    ]  # fmt: skip
    told = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return told.stdout


def asked(folder: Path) -> set[str]:
    """Every address that the page had requested, whether or not anybody was there."""
    log = json.loads((folder / "net.json").read_text())
    started = log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    events = [event.get("params", {}) for event in log["events"] if event["type"] == started]
    return {params["url"] for params in events if str(params.get("initiator")).startswith("http")}
