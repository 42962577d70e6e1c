"""Fixtures every suite may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.fixtures.logs import write_log
from tests.fixtures.tab import Tab

# A shared machine stalls now and then: an example that took long is not a failure.
settings.register_profile("attn", deadline=None)
settings.load_profile("attn")


# Small models: PyTorch's threads would wait for each other, seconds at a time on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the tests marked slow, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--full"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: `make test-full` runs it"))


@pytest.fixture
def tab(tmp_path: Path) -> Tab:
    """Return the plugin over a log of two users, three steps and recommendations."""
    write_log(tmp_path / "d32" / "attention")
    return Tab(tmp_path)
