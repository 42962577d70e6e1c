"""What logging every step costs a training: `AttentionCallback` against the same loop without.

Each contender trains a model of its own, all alike, so that its schedules see the steps of one
training: these are its first 240, the densest of the log-spaced ones. A run is a short block of
them, plus, for whoever writes in the background, waiting until everything is written: nothing is
left for another's block to pay.
Ours is what `training` ships: attention of every layer at every step, and the ten best
recommendations on their own, coarser schedule.
"""

from __future__ import annotations

import importlib.util
import io
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from benchmarks import workload
from benchmarks.result import Bar, Result
from benchmarks.runner import Contender, interleave
from tensorboard_plugin_attn import AttentionWriter
from tensorboard_plugin_attn.capture.keras import AttentionCallback

OURS, REFERENCE = "AttentionCallback, with recommendations", "without logging"
FIGURE = "a matplotlib figure per head"


@dataclass(frozen=True)
class Logger:
    """Something done after each training step, and what is left to do after the last."""

    name: str
    after_step: Callable[[int], object]
    drain: Callable[[], object] = lambda: None
    steps: int | None = None  # fewer than the others, if it is slow


def run(quick: bool) -> Result:
    """Measure milliseconds per training step."""
    block, runs = (4, 3) if quick else (8, 30)
    skipped = {}
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kinds: list[Callable[[workload.Workload], Logger]] = [
            lambda work: Logger(REFERENCE, lambda step: None),
            lambda work: _callback(stack, OURS, work, scratch / "ours", scores=True),
            lambda work: Logger("without logging, again", lambda step: None),
            lambda work: _callback(
                stack, "AttentionCallback", work, scratch / "attention", scores=False
            ),
            _probe,
            lambda work: _images(stack, work, scratch / "images"),
            lambda work: _tensors(stack, work, scratch / "tensors"),
        ]
        if importlib.util.find_spec("matplotlib"):
            kinds.append(lambda work: _figures(stack, work, scratch / "figures"))
        else:
            skipped[FIGURE] = "matplotlib is not installed"
        costs = interleave([_contender(workload.build(), kind, block) for kind in kinds], runs)
    return Result(
        name="logging_overhead",
        what=f"SASRec d64 L50 batch 128, 8 users, 2 × 4 heads, every step, blocks of {block} steps",
        unit="ms a step",
        costs={name: [1e3 * cost for cost in values] for name, values in costs.items()},
        ours=OURS,
        reference=REFERENCE,
        bar=Bar(1.05, "at most", "1.02"),
        skipped=skipped,
    )


def _contender(
    work: workload.Workload, kind: Callable[[workload.Workload], Logger], block: int
) -> Contender:
    """Return a logger in a block of Keras' own training steps, in seconds a step."""
    logger = kind(work)
    steps = logger.steps or block
    batches = [work.batches[step % len(work.batches)] for step in range(steps)]
    inputs, targets = (tf.constant(tf.stack(part)) for part in zip(*batches, strict=True))
    data = tf.data.Dataset.from_tensor_slices((inputs, targets))
    work.model.make_train_function()
    train_step = work.model.train_function

    def once() -> float:
        iterator = iter(data)
        began_s = time.perf_counter()
        for step in range(steps):
            train_step(iterator)
            logger.after_step(step)
        logger.drain()
        return (time.perf_counter() - began_s) / steps

    return Contender(logger.name, once)


def _callback(
    stack: ExitStack, name: str, work: workload.Workload, where: Path, *, scores: bool
) -> Logger:
    writer = stack.enter_context(AttentionWriter(where, cohort=work.cohort))
    callback = AttentionCallback(
        where,
        cohort=work.cohort,
        writer=writer,
        max_overhead=None,  # it is measured here what logging every step costs, not kept low
        scores=(lambda model, inputs: model.item_scores(inputs)) if scores else None,
        score_items=[None, *work.interactions.item_ids[1:]] if scores else None,
    )
    callback.set_model(work.model)
    callback.on_train_begin()
    callback.on_epoch_begin(0)

    def drain() -> None:
        if not writer.flush():
            raise RuntimeError(f"{name}: not written in time: {writer.status()}")
        status = writer.status()
        if status.written != status.offered:
            raise RuntimeError(f"{name}: not everything was written: {status}")

    return Logger(name, callback.on_train_batch_end, drain)


def _probe(work: workload.Workload) -> Logger:
    """Return the cohort's forward pass, whose result is thrown away."""
    probe = workload.Probe(work)
    return Logger("probe forward alone", lambda step: probe.arrays())


def _images(stack: ExitStack, work: workload.Workload, where: Path) -> Logger:
    """Return `tf.summary.image`, one tag per head, all users as its images."""
    probe, writer = workload.Probe(work), tf.summary.create_file_writer(str(where))
    stack.callback(writer.close)

    def after_step(step: int) -> None:
        with writer.as_default():
            for number, layer in enumerate(probe.tensors()):
                for head in range(workload.MODEL.heads):
                    images = layer[:, head, :, :, None]
                    tf.summary.image(
                        f"{number}/{head}", images, step, max_outputs=workload.COHORT_SIZE
                    )

    return Logger("tf.summary.image per head", after_step, writer.flush)


def _tensors(stack: ExitStack, work: workload.Workload, where: Path) -> Logger:
    """Return one float32 tensor summary per layer."""
    probe, writer = workload.Probe(work), tf.summary.create_file_writer(str(where))
    stack.callback(writer.close)

    def after_step(step: int) -> None:
        with writer.as_default():
            for number, layer in enumerate(probe.tensors()):
                tf.summary.write(str(number), layer, step)

    return Logger("one float32 tensor per layer", after_step, writer.flush)


def _figures(stack: ExitStack, work: workload.Workload, where: Path) -> Logger:
    """Return the article's way: a matplotlib figure per head, saved as an image summary."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    probe, writer = workload.Probe(work), tf.summary.create_file_writer(str(where))
    stack.callback(writer.close)

    def after_step(step: int) -> None:
        with writer.as_default():
            for number, layer in enumerate(probe.arrays()):
                for user, heads in enumerate(layer):
                    for head, cells in enumerate(heads):
                        figure = pyplot.figure()
                        pyplot.imshow(cells)
                        buffer = io.BytesIO()
                        pyplot.savefig(buffer, format="png")
                        pyplot.close(figure)
                        image = tf.io.decode_png(buffer.getvalue(), channels=4)[None]
                        tf.summary.image(f"{number}/{user}/{head}", image, step)

    return Logger(FIGURE, after_step, writer.flush, steps=1)
