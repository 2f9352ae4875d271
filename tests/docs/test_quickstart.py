"""Every block of the quickstart is run, in order, against a live sandbox."""

import json
import re
from pathlib import Path

import pytest

QUICKSTART = Path(__file__).parents[2] / "docs" / "quickstart.md"


@pytest.mark.django_db(transaction=True)
def test_the_quickstart_runs(
    sandbox: dict[str, str], background: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "sandbox.json").write_text(json.dumps(sandbox))
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", QUICKSTART.read_text(), re.DOTALL)
    assert len(blocks) == 6
    shared: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(QUICKSTART), "exec"), shared)  # noqa: S102 – our own document
