"""What the children are told: addresses, and secrets of this sandbox alone, made once."""

import json
import os
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from secrets import token_bytes, token_urlsafe

OWN_SECRETS = {
    "SECRET_KEY": lambda: token_urlsafe(48),
    "API_KEY_PEPPER": lambda: token_urlsafe(48),
    "WALLET_KEYRING": lambda: f"sandbox:{b64encode(token_bytes(32)).decode()}",
    "ADMIN_PASSWORD": lambda: token_urlsafe(12),
}


def environment(*, secrets: Mapping[str, str], addresses: Mapping[str, str]) -> dict[str, str]:
    """The children's environment: what the caller sets wins over what was made here."""
    # A stray PGHOST or PGUSER would redirect the children and not the launcher.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    defaults = {"MODE": "sandbox", "CELERY_SKIP_CHECKS": "1", "PYTHONUNBUFFERED": "1"}
    return {**defaults, **secrets, **inherited, **addresses}


def own_secrets(file: Path) -> dict[str, str]:
    """The secrets in the file, which is made at the first start and completed when one is new."""
    known = json.loads(file.read_text()) if file.exists() else {}
    secrets = {name: known.get(name) or make() for name, make in OWN_SECRETS.items()}
    if secrets != known:
        _write_privately(file, json.dumps(secrets, indent=2))
    return secrets


def _write_privately(file: Path, text: str) -> None:
    """All or nothing: half a file would lose the key that opens the wallets."""
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as output:
        output.write(text)
        output.flush()
        os.fsync(descriptor)
    draft.replace(file)
