"""From starting TensorBoard on 525 MB of attention to the first heatmap served, and its memory.

Ours reads the files through its own index. The peers are the Images tab over the same cells as
PNG, keeping every step as we do, and our tab over TensorBoard's data provider. The memory is that
of TensorBoard and its data server once everything is loaded, TensorFlow not installed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import frame_request, synthetic
from benchmarks.result import Bar, Result
from benchmarks.runner import Contender, interleave
from benchmarks.tensorboard_server import TensorBoard

OURS, IMAGES = "Attention tab, event index", "Images tab, every step kept"
PROVIDER = "Attention tab, data provider"
SAMPLED = "Images tab, 10 steps kept (its default)"
NOTHING = "TensorBoard's own start, empty log"
# The Images tab answers nothing with 0, which means all to the loader.
KEEP_IMAGES = ("--samples_per_plugin", "images=1000000")
TIMEOUT_S = 120.0
SETTLE_TIMEOUT_S = 60.0
SIZE = synthetic.Size(steps=3440, users=8, layers=2, heads=8, length=50)
QUICK_SIZE = synthetic.Size(steps=60, users=8, layers=2, heads=8, length=50)


@dataclass
class Opening:
    """Opens one log again and again; each time both figures are noted."""

    logdir: Path
    flags: tuple[str, ...]
    is_served: Callable[[TensorBoard], bool]
    memory_mb: list[float] = field(default_factory=list)

    def once(self) -> float:
        """Return the seconds to the first heatmap."""
        with TensorBoard(self.logdir, self.flags) as server:
            seconds = server.wait_for(self.is_served, TIMEOUT_S)
            self.memory_mb.append(server.settled_memory_bytes(SETTLE_TIMEOUT_S) / 1e6)
        return seconds


def run(quick: bool) -> list[Result]:
    """Measure seconds and megabytes."""
    size, runs = (QUICK_SIZE, 1) if quick else (SIZE, 5)
    with tempfile.TemporaryDirectory() as scratch:
        ours, images, empty = (Path(scratch) / name for name in ("ours", "images", "empty"))
        empty.mkdir()
        ours_mb = synthetic.write_ours(ours, size) / 1e6
        images_mb = synthetic.write_images(images, size) / 1e6
        openings = _openings(size, ours, images, empty)
        costs = interleave(
            [Contender(name, opening.once) for name, opening in openings.items()], runs, warm_ups=0
        )
    what = (
        f"{size.steps} steps, {size.layers} layers × {size.heads} heads, {size.users} users, "
        f"L={size.length}: {ours_mb:.0f} MB of attention, {images_mb:.0f} MB as images"
    )
    memory = {name: opening.memory_mb for name, opening in openings.items()}
    return [
        Result("open", "s", costs, OURS, IMAGES, Bar(1.0, "at most", "1.2× an empty start"), what),
        Result(
            "open_memory", "MB", memory, OURS, IMAGES, Bar(0.2, "at most", "an empty start"), what
        ),
    ]


def _openings(size: synthetic.Size, ours: Path, images: Path, empty: Path) -> dict[str, Opening]:
    frame, image = frame_request.serves_frame(size, 0), frame_request.serves_image(size)
    return {
        OURS: Opening(ours, (), frame),
        IMAGES: Opening(images, KEEP_IMAGES, image),
        SAMPLED: Opening(images, (), image),
        PROVIDER: Opening(ours, ("--attn_reader", "provider"), frame),
        NOTHING: Opening(empty, (), lambda server: server.get("/data/runs")[0] == 200),
    }
