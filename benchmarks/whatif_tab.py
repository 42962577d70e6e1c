"""Dragging a weight in the tab: from the slider's move to the re-ranked list on screen.

Headless Chromium on a real TensorBoard and a model trained by nobody but of the demo's size; the
frame rate limit is off, so that a figure is what a move costs. Every move is another edit, so none
comes from a cache. The reference is the request alone, without a browser: what the drawing adds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks import whatif, workload
from benchmarks.chromium import Chromium
from benchmarks.result import Bar, Result
from benchmarks.runner import Contender, interleave
from benchmarks.scrub import percentile_95
from benchmarks.tensorboard_server import TensorBoard

OURS, ROUTE = "dragged slider, list on screen", "/whatif over HTTP, no browser"
MOVES, QUICK_MOVES = 96, 24
TIMEOUT_S = 240.0
MOVE_TIMEOUT_MS = 20_000


def run(quick: bool) -> Result:
    """Measure milliseconds of a move."""
    work = workload.build(full_histories=True)
    work.model(work.cohort.inputs[:1])
    moves = QUICK_MOVES if quick else MOVES
    with ExitStack() as stack:
        logdir = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        whatif.write_log(logdir / whatif.RUN, work)
        server = stack.enter_context(TensorBoard(logdir))
        ask = whatif.asker(server)
        server.wait_for(lambda _: "recommendations" in ask(1.0), 120.0)
        browser = stack.enter_context(Chromium("whatif.mjs"))
        browser.ask({"open": {"address": server.address, "run": whatif.RUN}}, TIMEOUT_S)
        contenders = [
            Contender(OURS, _drag(browser, moves)),
            Contender(ROUTE, whatif.percentile(ask)),
        ]
        costs = interleave(contenders, runs=2 if quick else 10)
    return Result(
        name="whatif_tab",
        what=f"95th percentile of {moves} moves of weights, "
        f"{work.interactions.item_count - 1} items, 50 sliders on screen",
        unit="ms",
        costs=costs,
        ours=OURS,
        reference=ROUTE,
        bar=Bar(100.0, "at most", "33 ms"),
        figure="value",
    )


def _drag(browser: Chromium, count: int) -> Callable[[], float]:
    """Return one stretch of moves, which no stretch before made."""
    turn = 0

    def once() -> float:
        nonlocal turn
        move = {"turn": turn, "count": count, "timeoutMs": MOVE_TIMEOUT_MS}
        turn += 1
        times: list[float] = browser.ask({"move": move}, TIMEOUT_S)["times"]
        if len(times) != count:
            raise RuntimeError(f"{len(times)} moves of {count}")
        return percentile_95(times)

    return once
