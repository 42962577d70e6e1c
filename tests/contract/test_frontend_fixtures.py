"""What the tab's analysis is tested against is what the server's analysis says now."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parents[2] / "frontend" / "tests" / "fixtures"


def assert_close(committed: Any, now: Any) -> None:
    if isinstance(committed, dict):
        assert committed.keys() == now.keys()
        for name in committed:
            assert_close(committed[name], now[name])
    elif isinstance(committed, list):
        assert len(committed) == len(now)
        for one, other in zip(committed, now, strict=True):
            assert_close(one, other)
    elif isinstance(committed, float):
        assert now == pytest.approx(committed, abs=1e-6)
    else:
        assert committed == now


def test_the_golden_analysis_is_current(tmp_path: Path) -> None:
    script = shutil.copy(FIXTURES / "write_analysis.py", tmp_path)
    runpy.run_path(script, run_name="__main__")
    now = json.loads((tmp_path / "analysis.json").read_text())
    assert_close(json.loads((FIXTURES / "analysis.json").read_text()), now)
