"""Every block of docs/api.md is run, in order, against a sandbox."""

import json
import re
from pathlib import Path

import pytest

API = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.mark.django_db(transaction=True)
def test_what_the_page_says_is_so(
    sandbox: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "sandbox.json").write_text(json.dumps(sandbox))
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", API.read_text(), re.DOTALL)
    assert len(blocks) == 10
    shared: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(API), "exec"), shared)  # noqa: S102 – our own document
