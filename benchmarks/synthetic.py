"""Logs of any size: attention like a trained model's, by our writer and as TensorBoard images.

Every step has its own random attention, so nothing compresses better than in the worst training:
no frame resembles the one before it. Both logs hold the same cells.
"""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2
from tensorboard.plugins.image import metadata as image_metadata

from tensorboard_plugin_attn import AttentionWriter
from tensorboard_plugin_attn.logging.records import RecordFile

Attention = NDArray[np.float32]  # [user, head, query, key]

RUN = "run"
_DISTINCT_STEPS = 24
_PNG_LEVEL = 6  # as libpng's and TensorFlow's default


@dataclass(frozen=True)
class Size:
    """What a log holds: attention `[user, head, query, key]` of each layer at each step."""

    steps: int
    users: int
    layers: int
    heads: int
    length: int

    def layer(self, number: int) -> str:
        """Return the name of a layer."""
        return f"block_{number}/attention"

    @property
    def cells(self) -> int:
        """Return the cells of one layer's record, causal ones counted whole."""
        return self.users * self.heads * self.length * self.length


def attention(size: Size, seed: int) -> Attention:
    """Return causal attention whose rows sum to 1: a few strong keys, many weak ones."""
    random = np.random.default_rng(seed)
    shape = (size.users, size.heads, size.length, size.length)
    logits = 2.0 * random.standard_normal(shape, np.float32)
    weights = np.exp(logits) * np.tril(np.ones((size.length, size.length), np.float32))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True), np.float32)


def write_ours(logdir: Path, size: Size) -> int:
    """Write the log with `AttentionWriter`; return its bytes.

    Raises:
      RuntimeError: the writer let something go, so the log is not what it should be.
    """
    directory = logdir / RUN
    pool = [attention(size, seed) for seed in range(min(size.steps, _DISTINCT_STEPS))]
    with AttentionWriter(directory) as writer:
        for step in range(size.steps):
            for layer in range(size.layers):
                cells = pool[(step + layer) % len(pool)]
                writer.attention(
                    size.layer(layer), cells, step=step, layer_index=layer, causal=True
                )
            if step % 4 == 0:
                writer.flush()
        writer.flush()
    status = writer.status()
    if status.written != size.steps * size.layers:
        raise RuntimeError(f"not everything was written: {status}")
    return bytes_of(directory)


def write_images(logdir: Path, size: Size) -> int:
    """Write the same cells as `tf.summary.image` would, a tag per layer and user; return bytes."""
    pool = [
        [[png(head) for head in user] for user in attention(size, seed)]
        for seed in range(min(size.steps, _DISTINCT_STEPS))
    ]
    file = RecordFile(logdir / RUN)
    for step in range(size.steps):
        values = []
        for layer in range(size.layers):
            for user, images in enumerate(pool[(step + layer) % len(pool)]):
                values.append(_image_value(f"{size.layer(layer)}/{user}", images, size))
        summary = summary_pb2.Summary(value=values)
        file.append(event_pb2.Event(wall_time=time.time(), step=step, summary=summary))
    file.close()
    return bytes_of(logdir / RUN)


def _image_value(tag: str, images: list[bytes], size: Size) -> summary_pb2.Summary.Value:
    side = str(size.length).encode()
    tensor = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING,
        string_val=[side, side, *images],
        tensor_shape={"dim": [{"size": 2 + len(images)}]},
    )
    metadata = image_metadata.create_summary_metadata(
        display_name=tag, description="", converted_to_tensor=True
    )
    return summary_pb2.Summary.Value(tag=tag, tensor=tensor, metadata=metadata)


def png(cells: NDArray[np.float32]) -> bytes:
    """Return `[query, key]` in [0, 1] as an 8-bit grey PNG without row filters."""
    height, width = cells.shape
    rows = np.zeros((height, 1 + width), np.uint8)
    rows[:, 1:] = np.round(255 * cells)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pieces = (
        (b"IHDR", header),
        (b"IDAT", zlib.compress(rows.tobytes(), _PNG_LEVEL)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in pieces
    )


def bytes_of(directory: Path) -> int:
    """Return the bytes of all files below `directory`."""
    return sum(path.stat().st_size for path in _files(directory))


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in directory.rglob("*") if path.is_file())
