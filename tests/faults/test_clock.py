"""The wall clock may jump: it orders nothing that matters, and is never waited for.

File names and attempts take the later of the clock and what is in the directory already; waiting
goes by the monotonic clock. So a clock that is set back cannot hide a resumed training.
"""

from __future__ import annotations

import errno
import math
import os
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tensorboard_plugin_attn import AttentionWriter
from tests.faults.readers import files_of, our_steps, python_loader_steps
from tests.fixtures.logs import LAYER, attention, cohort, header_of, own_events, read_events
from tests.fixtures.tab import Tab

NOW_S = 1_800_000_000.0
HOUR_S = 3600.0
CENTURY_S = 3.2e9


class Clock:
    """The wall clock, and the monotonic one as the sink sees it."""

    def __init__(self) -> None:
        self.wall_s = NOW_S
        self.monotonic_s = 0.0

    def time(self) -> float:
        self.wall_s += 0.01
        return self.wall_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()
    monkeypatch.setattr(time, "time", made.time)
    yield made
    monkeypatch.undo()  # before pytest looks at its own clock again


def session(run: Path, *steps: int) -> None:
    """Log steps as one life of a training."""
    with AttentionWriter(run, cohort=cohort()) as writer:
        for step in steps:
            writer.attention(LAYER, attention(seed=step), step=step, causal=True)
            assert writer.flush(60)
    assert writer.status().written == len(steps)


def shown_steps(logdir: Path) -> list[int]:
    steps: list[int] = Tab(logdir).json("/timeline", run="run", layer=LAYER)["steps"]
    return steps


@pytest.mark.parametrize("jump_s", [-HOUR_S, -CENTURY_S / 2, HOUR_S, CENTURY_S, -0.01, 0.0])
def test_the_attempt_that_began_last_wins_whatever_the_clock_says(
    tmp_path: Path, clock: Clock, jump_s: float
) -> None:
    session(tmp_path / "run", 1, 2, 3, 4, 5)
    clock.wall_s += jump_s
    session(tmp_path / "run", 3, 4)
    clock.wall_s = NOW_S
    session(tmp_path / "run", 4)
    assert shown_steps(tmp_path) == [1, 2, 3, 4]
    attempts = [header_of(own_events(path)[0]).attempt for path in files_of(tmp_path / "run")]
    assert len({attempt.id for attempt in attempts}) == 3
    starts = [attempt.start_time_s for attempt in attempts]
    assert starts == sorted(starts)
    assert python_loader_steps(tmp_path / "run") == [1, 2, 3, 4, 5, 3, 4, 4]


@pytest.mark.parametrize("jump_s", [-HOUR_S, -0.5, 0.5, HOUR_S])
def test_files_of_one_writer_are_named_in_their_order_however_the_clock_jumps(
    tmp_path: Path, clock: Clock, jump_s: float
) -> None:
    run = tmp_path / "run"
    with AttentionWriter(run, cohort=cohort()) as writer:
        for step in range(1, 31):
            clock.wall_s += jump_s
            writer._sink._leave_file()
            writer.attention(LAYER, attention(seed=step), step=step, causal=True)
            assert writer.flush(60)
    assert len(files_of(run)) == 30
    assert our_steps(tmp_path)["run"] == list(range(1, 31))
    assert python_loader_steps(run) == list(range(1, 31))
    for path in files_of(run):
        wall_times = [event.wall_time for event in read_events(path)]
        assert wall_times == sorted(wall_times)


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf, -1e12])
def test_a_clock_that_is_no_clock_costs_entries_and_no_training(
    tmp_path: Path, clock: Clock, broken: float
) -> None:
    writer = AttentionWriter(tmp_path / "run", cohort=cohort())
    writer.attention(LAYER, attention(seed=1), step=1, causal=True)
    assert writer.flush(60)
    right, clock.wall_s = clock.wall_s, broken
    writer.attention(LAYER, attention(seed=2), step=2, causal=True)
    assert writer.flush(60)
    clock.wall_s = right
    writer.attention(LAYER, attention(seed=3), step=3, causal=True)
    status = writer.close()
    assert status.written + status.rejected + status.failed == 3
    found = our_steps(tmp_path)["run"]
    assert found == python_loader_steps(tmp_path / "run")
    assert set(found) >= {1, 3}
    for path in files_of(tmp_path / "run"):
        assert all(math.isfinite(event.wall_time) for event in read_events(path))
    assert shown_steps(tmp_path) == found


def test_a_disk_is_tried_again_within_a_minute_by_the_monotonic_clock(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = AttentionWriter(tmp_path / "run", cohort=cohort())
    writer._queue.close()  # its thread ends: this test is the thread
    writer._thread.join(60)
    made = writer._sink
    monkeypatch.setattr(time, "monotonic", lambda: clock.monotonic_s)
    monkeypatch.setattr(made, "_new_file", _full)
    tried_at_s: list[float] = []
    for _ in range(1000):  # the disk is full for a little over 16 minutes
        clock.monotonic_s += 1
        clock.wall_s -= HOUR_S  # not to be looked at
        before = made._retry_at_s
        made.write(_entry(writer, 1))
        if made._retry_at_s != before:
            tried_at_s.append(clock.monotonic_s)
    pauses = [after - before for before, after in pairwise(tried_at_s)]
    assert pauses[:7] == [1, 2, 4, 8, 16, 32, 60]
    assert set(pauses[6:]) == {60}
    monkeypatch.delattr(made, "_new_file")
    healed_at_s = clock.monotonic_s
    while made.status().written == 0:
        clock.monotonic_s += 1
        made.write(_entry(writer, 2))
    assert clock.monotonic_s - healed_at_s <= 60
    assert made.status().degraded is None
    made.close()


def _full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _entry(writer: AttentionWriter, step: int) -> object:
    offered: list[object] = []
    offer, writer._queue.offer = writer._queue.offer, lambda entry: offered.append(entry) or []  # type: ignore[method-assign, assignment, func-returns-value]
    writer.attention(LAYER, attention(seed=step), step=step, causal=True)
    writer._queue.offer = offer  # type: ignore[method-assign]
    return offered[0]
