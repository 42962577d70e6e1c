"""Scrubbing through 1000 steps of 8 heads: from moving the cursor to the new pictures on screen.

A figure is the 95th percentile of a stretch of moves, in headless Chromium with its frame rate
limit off: what a move costs, not how often a display refreshes. The peers are TensorBoard's Images
tab over the same cells, its eight sliders moved together, and eight Plotly heatmaps under one
slider whose frames are in memory (100 distinct ones: a thousand would not fit).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import frame_request, synthetic
from benchmarks.chromium import Chromium, fetch_plotly
from benchmarks.open import KEEP_IMAGES
from benchmarks.result import Bar, Result
from benchmarks.runner import Contender, interleave
from benchmarks.tensorboard_server import TensorBoard

OURS, COLD = "Attention tab, loaded clip", "Attention tab, steps not seen before"
IMAGES, PLOTLY = "Images tab", "Plotly slider"
STEPS, HEADS = 1000, 8
PLOTLY_STEPS = 100
TIMEOUT_S = 240.0
MOVE_TIMEOUT_MS = 20_000


@dataclass(frozen=True)
class Moves:
    """How many moves a contender makes in a round: slow ones fewer."""

    ours: int
    images: int
    plotly: int
    runs: int


FULL = Moves(ours=160, images=40, plotly=20, runs=5)
QUICK = Moves(ours=40, images=8, plotly=4, runs=1)


def run(quick: bool) -> list[Result]:
    """Measure milliseconds of a move."""
    moves = QUICK if quick else FULL
    return [
        _measure("scrub", 50, moves),
        _measure("scrub_200", 200, moves),
    ]


def percentile_95(times: list[float]) -> float:
    """Return the value that 95 % of `times` do not exceed: the nearest rank."""
    ranked = sorted(times)
    return ranked[-(-95 * len(ranked) // 100) - 1]


def _measure(name: str, length: int, moves: Moves) -> Result:
    size = synthetic.Size(steps=STEPS, users=1, layers=1, heads=HEADS, length=length)
    skipped = {}
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        synthetic.write_ours(scratch / "ours", size)
        synthetic.write_images(scratch / "images", size)
        ours = stack.enter_context(TensorBoard(scratch / "ours"))
        images = stack.enter_context(TensorBoard(scratch / "images", KEEP_IMAGES))
        ours.wait_for(frame_request.serves_frame(size, STEPS - 1), TIMEOUT_S)
        images.wait_for(frame_request.serves_image(size), TIMEOUT_S)
        browser = stack.enter_context(Chromium("scrub.mjs"))
        shape = {"heads": HEADS, "length": length}
        _open(browser, OURS, "ours", {"address": ours.address, **shape})
        _open(browser, COLD, "ours", {"address": ours.address, **shape})
        _open(browser, IMAGES, "images", {"address": images.address, **shape})
        contenders = [
            Contender(OURS, _scrub(browser, OURS, moves.ours, lambda turn: 0)),
            Contender(COLD, _scrub(browser, COLD, moves.ours, lambda turn: turn * moves.ours)),
            Contender(IMAGES, _scrub(browser, IMAGES, moves.images, lambda turn: 0)),
        ]
        (scratch / "npm").mkdir()
        if script := fetch_plotly(scratch / "npm"):
            figure = {"plotly": str(script), "steps": STEPS, "distinct": PLOTLY_STEPS}
            _open(browser, PLOTLY, "plotly", {**figure, **shape})
            contenders.append(
                Contender(PLOTLY, _scrub(browser, PLOTLY, moves.plotly, lambda turn: 0))
            )
        else:
            skipped[PLOTLY] = "npm could not fetch it"
        costs = interleave(contenders, moves.runs)
    return Result(
        name=name,
        what=f"{STEPS} steps, {HEADS} heads, L={length}; 95th percentile of a move",
        unit="ms",
        costs=costs,
        ours=OURS,
        reference=IMAGES,
        bar=Bar(16.7, "at most", "8 ms"),
        figure="value",
        skipped=skipped,
    )


def _open(browser: Chromium, name: str, kind: str, page: dict[str, object]) -> None:
    browser.ask({"open": {"name": name, "kind": kind, **page}}, TIMEOUT_S)


def _scrub(
    browser: Chromium, name: str, count: int, start_of: Callable[[int], int]
) -> Callable[[], float]:
    """Return one stretch of moves; `start_of` says where the nth begins."""
    turn = 0

    def once() -> float:
        nonlocal turn
        start = start_of(turn) % (STEPS - count)
        turn += 1
        move = {"name": name, "from": start, "count": count, "timeoutMs": MOVE_TIMEOUT_MS}
        times: list[float] = browser.ask({"move": move}, TIMEOUT_S)["times"]
        if len(times) != count:
            raise RuntimeError(f"{name}: {len(times)} moves of {count}")
        return percentile_95(times)

    return once
