from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import growth, synthetic
from benchmarks.scrub import percentile_95

TINY = replace(growth.SMALL, steps=6)


@pytest.fixture
def tab(tmp_path: Path) -> growth.Tab:
    synthetic.write_ours(tmp_path, TINY)
    return growth.Tab(tmp_path)


def test_a_frame_is_asked_for(tab: growth.Tab) -> None:
    assert tab.frame_ms(TINY)() > 0


def test_frames_that_are_missing_are_not_measured(tab: growth.Tab) -> None:
    with pytest.raises(RuntimeError, match=r"is not there|HTTP 4"):
        tab.frame_ms(replace(TINY, steps=10_000))()


def test_runs_are_counted(tab: growth.Tab) -> None:
    assert growth._list_s(tab, 1)() > 0
    with pytest.raises(RuntimeError, match="1 runs are listed, there are 2"):
        growth._list_s(tab, 2)()


def test_memory_is_asked_of_growing_logs() -> None:
    found = growth._memory([TINY, replace(TINY, steps=12)])
    assert [len(values) for values in found.costs.values()] == [1, 1]
    assert all(value > 0 for values in found.costs.values() for value in values)
    assert (found.ours, found.reference) == ("12 steps", "6 steps")


@pytest.mark.parametrize(
    ("times", "expected"),
    [([1.0], 1.0), ([2.0, 1.0], 2.0), ([float(n) for n in range(1, 101)], 95.0)],
)
def test_percentile(times: list[float], expected: float) -> None:
    assert percentile_95(times) == expected
