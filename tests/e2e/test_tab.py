"""The Attention tab in a real browser: one Python test for each test of frontend/e2e."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SPECIFICATIONS = Path(__file__).parents[2] / "frontend" / "e2e"


def count_in_sources() -> int:
    """Return how many `it(` and `it.each(` the browser tests have at least."""
    text = "".join(file.read_text() for file in SPECIFICATIONS.glob("*.e2e.ts"))
    return len(re.findall(r"^\s*it[.(]", text, re.MULTILINE))


@pytest.mark.e2e
def test_every_browser_test_ran_and_passed(browser_results: dict[str, str]) -> None:
    assert len(browser_results) >= count_in_sources() > 10
    failures = {name: message for name, message in browser_results.items() if message}
    assert not failures, "\n\n".join(f"{name}\n{message}" for name, message in failures.items())
