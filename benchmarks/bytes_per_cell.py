"""Bytes on disk per attention cell: our event file against raw float32 and PNG.

Every contender writes the same captured training, cropped to real items, through its own writer;
a figure is the whole file divided by the cells `[head, query, key]` in it, headers, checksums,
measures per head and catalogue included. What is written of scalars besides is a contender of its
own: nobody else writes them, and they are densest in the first steps. Sizes do not vary, so the
rounds are parts of the training: the first steps change most.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import mock

import tensorflow as tf

from benchmarks import workload
from benchmarks.result import Bar, Result
from benchmarks.runner import Contender, interleave
from tensorboard_plugin_attn import AttentionWriter, Cohort
from tensorboard_plugin_attn.logging import frames

OURS, FLOAT32 = "AttentionWriter, attention alone", "float32 tensor per user"
Steps = Sequence[workload.Layers]


def run(quick: bool) -> Result:
    """Measure bytes per cell in each part of a short training."""
    parts, part_steps = (2, 16) if quick else (5, 64)
    work = workload.build()
    captured = workload.captured_training(work, parts * part_steps)
    pieces = [captured[part * part_steps : (part + 1) * part_steps] for part in range(parts)]
    costs = interleave(
        [
            _contender(OURS, lambda where, steps: _ours(where, steps, work.cohort), work, pieces),
            _contender(
                "AttentionWriter, with its scalars and alerts",
                lambda where, steps: _ours(where, steps, work.cohort, scalars=True),
                work,
                pieces,
            ),
            _contender(FLOAT32, lambda where, steps: _tensors(where, steps, work), work, pieces),
            _contender(
                "PNG as tf.summary.image",
                lambda where, steps: _images(where, steps, work),
                work,
                pieces,
            ),
            _contender(
                "AttentionWriter without temporal groups",
                lambda where, steps: _ungrouped(where, steps, work.cohort),
                work,
                pieces,
            ),
        ],
        parts,
        warm_ups=0,
    )
    return Result(
        name="bytes_per_cell",
        what=f"8 users, 2 × 4 heads, every step, {parts} consecutive parts of {part_steps} steps",
        unit="bytes a cell",
        costs=costs,
        ours=OURS,
        reference=FLOAT32,
        bar=Bar(0.10, "at most", "0.06"),
        figure="value",
    )


def _contender(
    name: str,
    write: Callable[[Path, Steps], None],
    work: workload.Workload,
    pieces: Sequence[Steps],
) -> Contender:
    waiting = iter(pieces)
    heads = workload.MODEL.heads
    cells_per_layer = sum(heads * length * length for length in work.lengths)

    def once() -> float:
        steps = next(waiting)
        with tempfile.TemporaryDirectory() as scratch:
            where = Path(scratch)
            write(where, steps)
            written = sum(file.stat().st_size for file in where.rglob("*") if file.is_file())
        return written / (cells_per_layer * sum(len(layers) for layers in steps))

    return Contender(name, once)


def _ours(where: Path, steps: Steps, cohort: Cohort, *, scalars: bool = False) -> None:
    lengths = [len(user.history) for user in cohort.users]
    with AttentionWriter(where, cohort=cohort, scalars=scalars, alerts=scalars) as writer:
        for step, layers in enumerate(steps):
            for number, layer in enumerate(layers):
                writer.attention(str(number), layer, step=step, lengths=lengths, causal=True)
            writer.flush()
    if writer.status().written != len(steps) * len(steps[0]):
        raise RuntimeError(f"not everything was written: {writer.status()}")


def _ungrouped(where: Path, steps: Steps, cohort: Cohort) -> None:
    with mock.patch.object(frames, "GROUP_FRAMES", 1):
        _ours(where, steps, cohort)


def _tensors(where: Path, steps: Steps, work: workload.Workload) -> None:
    writer = tf.summary.create_file_writer(str(where))
    with writer.as_default():
        for step, layers in enumerate(steps):
            for number, layer in enumerate(layers):
                for user, cells in enumerate(workload.crop(layer, work.lengths)):
                    tf.summary.write(f"{number}/{user}", tf.constant(cells), step)
    writer.close()


def _images(where: Path, steps: Steps, work: workload.Workload) -> None:
    """Write one image per user and head: users differ in size, so they cannot share a batch."""
    writer = tf.summary.create_file_writer(str(where))
    with writer.as_default():
        for step, layers in enumerate(steps):
            for number, layer in enumerate(layers):
                for user, cells in enumerate(workload.crop(layer, work.lengths)):
                    tf.summary.image(
                        f"{number}/{user}", cells[..., None], step, max_outputs=len(cells)
                    )
    writer.close()
