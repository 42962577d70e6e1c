"""One layer's attention at one step, from array to event: validate, quantise, group, deflate.

Bad attention (NaN, negative, rows that do not sum to 1) is never written as data: the chunk
carries the reason instead. It does no I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.analysis import measures

Floats = NDArray[np.float32]

GROUP_FRAMES = 16  # a key frame at least every so many: one seek costs two reads, never more
_NOT_CAUSAL = 1e-6  # attention on the future above this: the frame is not causal after all


@dataclass(frozen=True)
class LayerDescription:
    """What `StreamMetadata` says of a layer."""

    name: str
    index: int
    head_count: int
    causal: bool
    kind: str = "self"
    query_axis: str = "history"
    key_axis: str = "history"
    head_names: tuple[str, ...] = ()
    similarity: str = "scaled_dot_product"
    mode: str = "evaluation"
    dropout_stage: str = "before_dropout"


def rejection(attention: Floats) -> str:
    """Return why `attention [head, query, key]` is not attention, or an empty string."""
    if attention.ndim != 3 or 0 in attention.shape:
        return f"shape {list(attention.shape)} is not [head, query, key]"
    if max(attention.shape) > schema.MAX_DIMENSION or attention.shape[0] > schema.MAX_HEADS:
        return f"shape {list(attention.shape)} is over the limits"
    if attention.size > schema.MAX_CELLS:
        return f"{attention.size} cells, at most {schema.MAX_CELLS} can be logged"
    sums = attention.sum(axis=2, dtype=np.float32)
    wrong = np.abs(sums - 1) > schema.ROW_SUM_TOLERANCE
    if attention.min() >= 0 and not wrong.any():  # the usual case; a NaN fails the first
        return ""
    if not_finite := int(attention.size - np.isfinite(attention).sum()):
        return f"{not_finite} of {attention.size} cells are NaN or infinite"
    if negative := int((attention < 0).sum()):
        return f"{negative} of {attention.size} cells are negative"
    return f"{int(wrong.sum())} of {sums.size} rows do not sum to 1"


@dataclass
class _Key:
    """The key frame a user's next chunks are differences to."""

    shape: codec.Shape
    raw: bytes
    sequence: int
    age: int = 0


@dataclass
class FrameEncoder:
    """Encodes the frames of one layer in order, keeping its temporal group."""

    layer: LayerDescription
    encoding: pb.Encoding = pb.U8_SQRT
    _keys: dict[int, _Key] = field(default_factory=dict)

    def reset(self) -> None:
        """Start a new group: after a gap, or at the start of a file."""
        self._keys.clear()

    def encode(
        self, users: Sequence[Floats], sequence: int, axis_lengths: Sequence[int]
    ) -> tuple[list[pb.Chunk], list[bytes]]:
        """Return chunk headers and chunks of `users`, each `[head, query, key]`, uncropped.

        Args:
          users: attention per user of the cohort.
          sequence: the event's number, which later differences refer to.
          axis_lengths: number of history items the catalogue lists per user; 0 for none.
        """
        encoded = [
            self._encode_user(user, attention, sequence, axis_lengths[user])
            for user, attention in enumerate(users)
        ]
        return [chunk for chunk, _ in encoded], [data for _, data in encoded]

    def _encode_user(
        self, user: int, attention: Floats, sequence: int, axis_length: int
    ) -> tuple[pb.Chunk, bytes]:
        if reason := rejection(attention):
            self._keys.pop(user, None)
            return pb.Chunk(rejected_reason=schema.clip_text(reason)), b""
        heads, queries, keys = attention.shape
        triangle = self._is_triangle(attention)
        shape = codec.Shape(heads, queries, keys, triangle)
        raw = codec.encode(attention, self.encoding, triangle=triangle)
        stored, key_sequence = self._difference(user, shape, raw, sequence)
        data = codec.deflate(stored)
        if len(data) > schema.MAX_CHUNK_BYTES:
            self._keys.pop(user, None)
            reason = f"{len(data)} compressed bytes, at most {schema.MAX_CHUNK_BYTES}"
            return pb.Chunk(rejected_reason=reason), b""
        chunk = pb.Chunk(
            query_length=queries,
            key_length=keys,
            encoding=self.encoding,
            layout=pb.LOWER_TRIANGLE if triangle else pb.FULL,
            raw_bytes=len(raw),
            crc32c=codec.crc32c(raw),
            key_sequence=key_sequence,
            measures=_measures(attention),
            query_offset=_offset(self.layer.query_axis, axis_length, queries),
            key_offset=_offset(self.layer.key_axis, axis_length, keys),
        )
        return chunk, data

    def _is_triangle(self, attention: Floats) -> bool:
        heads, queries, keys = attention.shape
        if not self.layer.causal or queries != keys:
            return False
        future = attention.reshape(heads, -1).take(codec.upper_triangle(queries), axis=1)
        return bool(future.max(initial=0.0) <= _NOT_CAUSAL)

    def _difference(
        self, user: int, shape: codec.Shape, raw: bytes, sequence: int
    ) -> tuple[bytes, int]:
        """Return what to store, and the key frame's sequence number (0: stands alone)."""
        key = self._keys.get(user)
        if (
            self.encoding != pb.U8_SQRT
            or key is None
            or key.shape != shape
            or key.age + 1 >= GROUP_FRAMES
        ):
            self._keys[user] = _Key(shape, raw, sequence)
            return raw, 0
        key.age += 1
        return codec.subtract_key(raw, key.raw), key.sequence


def _offset(axis: str, axis_length: int, length: int) -> int:
    """Return which item of the history stands first: a frame holds the newest."""
    return axis_length - length if axis == schema.HISTORY_AXIS and axis_length else 0


def _measures(attention: Floats) -> pb.Measures:
    found = measures.measure(attention)
    return pb.Measures(
        entropy_bits=found.entropy_bits.tolist(),
        recency=found.recency.tolist(),
        sink_share=found.sink_share.tolist(),
        maximum=found.maximum.tolist(),
        effective_span=found.effective_span.tolist(),
        head_similarity=found.head_similarity.tolist(),
    )
