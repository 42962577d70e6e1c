"""One record of 160 000 cells from array to bytes: our `FrameEncoder` against PNG.

The record is 8 users × 8 heads × 50 × 50 of real attention (both layers' heads side by side);
each run encodes the next training step, so that temporal groups work as they do in a log. Ours
includes validation, measures per head and checksums. PNG is what `tf.summary.image` encodes: TF's
own kernel alone is the reference, the whole call (scaling, images one by one, event) a peer.
"""

from __future__ import annotations

import io
import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from benchmarks import workload
from benchmarks.result import Bar, Result
from benchmarks.runner import Contender, interleave, seconds
from tensorboard_plugin_attn.logging.frames import FrameEncoder, LayerDescription

OURS, PNG = "FrameEncoder.encode", "tf.io.encode_png"
HEADS = 8
Record = NDArray[np.float32]  # [user, head, query, key]


def run(quick: bool) -> Result:
    """Measure milliseconds per record."""
    steps, runs = (12, 8) if quick else (64, 60)
    records = _records(steps)
    skipped = {}
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory())
        contenders = [
            _contender(OURS, _ours(), records),
            _contender(PNG, _tensorflow_png, records),
            _contender("tf.summary.image, whole call", _image_summary(scratch, stack), records),
        ]
        if pillow := _pillow_png():
            contenders.append(_contender("pillow PNG", pillow, records))
        else:
            skipped["pillow PNG"] = "pillow is not installed"
        costs = interleave(contenders, runs, warm_ups=3)
    return Result(
        name="encode",
        what=f"one record of {records[0].size} cells",
        unit="ms",
        costs={name: [1e3 * cost for cost in values] for name, values in costs.items()},
        ours=OURS,
        reference=PNG,
        bar=Bar(1 / 20, "at most", "1/50"),
        skipped=skipped,
    )


def _records(steps: int) -> list[Record]:
    work = workload.build(full_histories=True)
    return [np.concatenate(layers, axis=1) for layers in workload.captured_training(work, steps)]


def _contender(name: str, encode: Callable[[Record], object], records: list[Record]) -> Contender:
    turn: Iterator[Record] = itertools.cycle(records)

    def once() -> float:
        record = next(turn)
        return seconds(lambda: encode(record))()

    return Contender(name, once)


def _ours() -> Callable[[Record], object]:
    encoder = FrameEncoder(LayerDescription("attention", 0, HEADS, causal=True))
    sequence = itertools.count(1)
    lengths = [workload.MODEL.history_length] * workload.COHORT_SIZE
    return lambda record: encoder.encode(tuple(record), next(sequence), lengths)


def _images(record: Record) -> NDArray[np.uint8]:
    """Return `[image, query, key, 1]`, one grey image per user and head."""
    users, heads, queries, keys = record.shape
    return (255 * record).astype(np.uint8).reshape(users * heads, queries, keys, 1)


def _tensorflow_png(record: Record) -> object:
    return tf.io.encode_png(_images(record)).numpy()


def _image_summary(where: str, stack: ExitStack) -> Callable[[Record], object]:
    writer = tf.summary.create_file_writer(where)
    stack.callback(writer.close)

    def encode(record: Record) -> object:
        users, heads, queries, keys = record.shape
        images = record.reshape(users * heads, queries, keys, 1)
        with writer.as_default():
            return tf.summary.image("attention", images, step=0, max_outputs=len(images))

    return encode


def _pillow_png() -> Callable[[Record], object] | None:
    try:
        from PIL import Image
    except ImportError:
        return None

    def encode(record: Record) -> object:
        encoded = []
        for image in _images(record):
            buffer = io.BytesIO()
            Image.fromarray(image[:, :, 0]).save(buffer, "PNG")
            encoded.append(buffer.getvalue())
        return encoded

    return encode
