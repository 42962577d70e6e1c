"""What grows with the log: time of one frame, memory of the index, time to list the runs.

Each question is asked of the plugin's own routes in this process, without a socket, so that only
what depends on the log's size is left. Ours at its largest is compared with ours at its smallest:
nobody else's figures are needed to say that a thing does not grow.
"""

from __future__ import annotations

import argparse
import gc
import random
import shutil
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tensorboard.backend import application
from tensorboard.plugins import base_plugin
from werkzeug.test import Client

from benchmarks import frame_request, synthetic
from benchmarks.result import Bar, Result
from benchmarks.runner import Contender, interleave
from benchmarks.synthetic import Size
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.server.plugin import AttnPlugin

BASE = Size(steps=100, users=8, layers=1, heads=2, length=50)
SMALL = Size(steps=100, users=1, layers=1, heads=2, length=8)
LONGEST = replace(BASE, steps=3, users=1, length=4096)  # 33 million cells a frame
REQUESTS = 15
INDEX_TIMEOUT_S = 300.0


def run(quick: bool) -> list[Result]:
    """Ask all questions."""
    runs = 2 if quick else 9
    return [
        _frame_time("growth_steps", "steps", _steps(quick), runs, Bar(1.5, "at most", "1")),
        _frame_time("growth_users", "users", _users(quick), runs, Bar(2.0, "at most", "1")),
        _cell_time(_lengths(quick), runs),
        _memory(_steps(quick)),
        _run_list((1, 10) if quick else (1, 100, 1000), runs),
    ]


def _steps(quick: bool) -> list[Size]:
    return [
        replace(SMALL, steps=n) for n in ((100, 400) if quick else (100, 1000, 10_000, 100_000))
    ]


def _users(quick: bool) -> list[Size]:
    return [replace(BASE, steps=40, users=n) for n in ((8, 32) if quick else (8, 64, 512))]


def _lengths(quick: bool) -> list[Size]:
    """Return histories from short to far too long; the last two are kept reduced."""
    one_head = replace(BASE, steps=20, users=2, heads=1)
    whole = [replace(one_head, length=n) for n in ((50, 100) if quick else (50, 200, 1000))]
    if quick:
        return whole
    return [*whole, replace(BASE, steps=20, users=2, length=1000), LONGEST]


class Tab:
    """The plugin's routes over one log, with everything indexed."""

    def __init__(self, logdir: Path) -> None:
        flags = argparse.Namespace(logdir=str(logdir))
        self.plugin = AttnPlugin(base_plugin.TBContext(logdir=str(logdir), flags=flags))
        self.client = Client(application.TensorBoardWSGI([self.plugin]))
        ends_s = time.perf_counter() + INDEX_TIMEOUT_S
        while (found := self.get(f"{frame_request.ATTN}/status").json["indexing"])[
            "done_bytes"
        ] < found["total_bytes"]:
            if time.perf_counter() > ends_s:
                raise TimeoutError(f"not indexed after {INDEX_TIMEOUT_S} s: {found}")
            time.sleep(0.05)

    def get(self, path: str):  # type: ignore[no-untyped-def]
        """Return the answer, which must be 200."""
        response = self.client.get(path)
        if response.status_code != 200:
            raise RuntimeError(f"{path}: HTTP {response.status_code} {response.text[:200]}")
        return response

    def frame_ms(self, size: Size) -> Callable[[], float]:
        """Return a measurement: the median milliseconds of one frame at random steps."""
        where = random.Random(0)

        def once() -> float:
            times = []
            for _ in range(REQUESTS):
                step, user = where.randrange(size.steps), where.randrange(size.users)
                path = frame_request.frames_path(size, str(step), user=user)
                began_s = time.perf_counter()
                body = self.get(path).data
                times.append(1e3 * (time.perf_counter() - began_s))
                if frame_request.frame_count(body) != 1:
                    raise RuntimeError(f"step {step} of user {user} is not there")
            return statistics.median(times)

        return once


def _frame_costs(names: Sequence[str], sizes: Sequence[Size], runs: int) -> dict[str, list[float]]:
    with ExitStack() as stack:
        contenders = []
        for name, size in zip(names, sizes, strict=True):
            logdir = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            synthetic.write_ours(logdir, size)
            contenders.append(Contender(name, Tab(logdir).frame_ms(size)))
        return interleave(contenders, runs)


def _frame_time(name: str, axis: str, sizes: Sequence[Size], runs: int, bar: Bar) -> Result:
    names = [f"{getattr(size, axis)} {axis}" for size in sizes]
    costs = _frame_costs(names, sizes, runs)
    what = f"one frame, /frames, L={sizes[0].length}, {sizes[0].heads} heads"
    return Result(name, "ms", costs, names[-1], names[0], bar, what)


def _cell_time(sizes: Sequence[Size], runs: int) -> Result:
    names = [f"L={size.length}, {plural(size.heads, 'head')}" for size in sizes]
    costs = _frame_costs(names, sizes, runs)
    cells = {name: size.heads * size.length**2 for name, size in zip(names, sizes, strict=True)}
    per_cell = {name: [1e6 * ms / cells[name] for ms in values] for name, values in costs.items()}
    what = "one frame, /frames, for each cell it was captured of; over 1,048,576 it is reduced"
    bar = Bar(1.0, "at most", "0.1")
    return Result("growth_length", "ns a cell", per_cell, names[-1], names[0], bar, what)


def plural(count: int, word: str) -> str:
    """Return `1 head`, `2 heads`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _memory(sizes: Sequence[Size]) -> Result:
    names = [f"{size.steps} steps" for size in sizes]
    costs = {}
    for name, size in zip(names, sizes, strict=True):
        with tempfile.TemporaryDirectory() as scratch:
            synthetic.write_ours(Path(scratch), size)
            costs[name] = [_index_bytes(Path(scratch)) / size.steps]
    what = "memory the index keeps for each logged frame, whatever the frame's size"
    bar = Bar(1.0, "at most", "1")
    return Result("growth_memory", "bytes", costs, names[-1], names[0], bar, what)


def _index_bytes(logdir: Path) -> int:
    """Return what Python holds for the index of a log, above what it held before."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tab = Tab(logdir)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        del tab
        return after - before
    finally:
        tracemalloc.stop()


def _run_list(counts: Sequence[int], runs: int) -> Result:
    names = [f"{count} runs" for count in counts]
    with ExitStack() as stack:
        contenders = []
        for name, count in zip(names, counts, strict=True):
            logdir = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            synthetic.write_ours(logdir, replace(SMALL, steps=3))
            for number in range(1, count):
                shutil.copytree(logdir / synthetic.RUN, logdir / f"{synthetic.RUN}_{number}")
            contenders.append(Contender(name, _list_s(Tab(logdir), count)))
        costs = interleave(contenders, runs)
    what = "/runs, files looked at anew each time"
    return Result(
        "growth_runs",
        "s",
        costs,
        names[-1],
        names[0],
        Bar(0.3, "at most", "0.1"),
        what,
        figure="value",
    )


def _list_s(tab: Tab, count: int) -> Callable[[], float]:
    runs: Runs = tab.plugin._runs
    runs._refresh_every_s = 0.0

    def once() -> float:
        began_s = time.perf_counter()
        found = tab.get(f"{frame_request.ATTN}/runs").json["runs"]
        elapsed_s = time.perf_counter() - began_s
        if len(found) != count:
            raise RuntimeError(f"{len(found)} runs are listed, there are {count}")
        return elapsed_s

    return once
