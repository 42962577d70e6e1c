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
from tensorboard_plugin_attn import codec, differences, measures_codec, reduction, schema
from tensorboard_plugin_attn.analysis import measures
from tensorboard_plugin_attn.logging.rejection import rejection
from tensorboard_plugin_attn.logging.shortened import Shortened

Floats = NDArray[np.float32]

# The first frame of a group stands alone, every LINK_FRAMES-th is a difference to the link before
# it, the others to the frame before: a seek costs 19 reads at most (3 links, 15 frames, the first).
GROUP_FRAMES = 64
LINK_FRAMES = 16
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


@dataclass(frozen=True)
class _Stored:
    raw: bytes
    sequence: int


@dataclass
class _Group:
    """A user's temporal group: what its next frame may be a difference to.

    Attributes:
      link: the frame the next link is a difference to; the group's first one at the start.
      previous: the frame before, which frames between links are differences to.
    """

    shape: codec.Shape
    link: _Stored
    previous: _Stored
    age: int = 0


@dataclass
class FrameEncoder:
    """Encodes the frames of one layer in order, keeping its temporal groups."""

    layer: LayerDescription
    encoding: pb.Encoding = pb.U8_SQRT
    _groups: dict[int, _Group] = field(default_factory=dict)

    def reset(self) -> None:
        """Start new groups: after a gap, or at the start of a file."""
        self._groups.clear()

    def encode(
        self, users: Sequence[Floats | Shortened | None], sequence: int, axis_lengths: Sequence[int]
    ) -> tuple[list[pb.Chunk], list[bytes]]:
        """Return chunk headers and chunks of `users`, each `[head, query, key]`, cropped.

        Args:
          users: attention per user of the cohort; `None` (not in this frame) makes an empty chunk.
          sequence: the event's number, which later differences refer to.
          axis_lengths: number of history items the catalogue lists per user; 0 for none.
        """
        encoded = [
            (pb.Chunk(), b"")
            if attention is None
            else self._encode_user(user, attention, sequence, axis_lengths[user])
            for user, attention in enumerate(users)
        ]
        return [chunk for chunk, _ in encoded], [data for _, data in encoded]

    def _encode_user(
        self, user: int, attention: Floats | Shortened, sequence: int, axis_length: int
    ) -> tuple[pb.Chunk, bytes]:
        if isinstance(attention, Shortened):
            return self._encode_shortened(user, attention, axis_length)
        if reason := rejection(attention):
            return self._refuse(user, reason)
        heads, queries, keys = attention.shape
        triangle = self._is_triangle(attention)
        raw = codec.encode(attention, self.encoding, triangle=triangle)
        chunk = pb.Chunk(
            query_length=queries,
            key_length=keys,
            encoding=self.encoding,
            layout=pb.LOWER_TRIANGLE if triangle else pb.FULL,
            raw_bytes=len(raw),
            crc32c=codec.crc32c(raw),
            measures=measures_codec.pack(vars(measures.measure(attention))),
            query_offset=_offset(self.layer.query_axis, axis_length, queries),
            key_offset=_offset(self.layer.key_axis, axis_length, keys),
        )
        shape = codec.Shape(heads, queries, keys, triangle)
        data = self._compress(user, chunk, shape, _Stored(raw, sequence))
        if len(data) > schema.MAX_CHUNK_BYTES:
            return self._refuse(user, _too_large(data))
        return chunk, data

    def _encode_shortened(
        self, user: int, attention: Shortened, axis_length: int
    ) -> tuple[pb.Chunk, bytes]:
        self._groups.pop(user, None)
        if attention.reduced is None or attention.measures is None:
            return self._refuse(user, attention.rejected_reason)
        _, queries, keys = attention.shape
        raw = reduction.encode(attention.reduced, self.encoding)
        data = codec.deflate(raw)
        if len(data) > schema.MAX_CHUNK_BYTES:
            return self._refuse(user, _too_large(data))
        chunk = pb.Chunk(
            query_length=queries,
            key_length=keys,
            encoding=self.encoding,
            layout=pb.REDUCED,
            reduction=attention.reduced.plan.message(),
            raw_bytes=len(raw),
            crc32c=codec.crc32c(raw),
            measures=measures_codec.pack(vars(attention.measures)),
            query_offset=_offset(self.layer.query_axis, axis_length, queries),
            key_offset=_offset(self.layer.key_axis, axis_length, keys),
        )
        return chunk, data

    def _refuse(self, user: int, reason: str) -> tuple[pb.Chunk, bytes]:
        self._groups.pop(user, None)
        return pb.Chunk(rejected_reason=schema.clip_text(reason)), b""

    def _is_triangle(self, attention: Floats) -> bool:
        heads, queries, keys = attention.shape
        if not self.layer.causal or queries != keys:
            return False
        future = attention.reshape(heads, -1).take(codec.upper_triangle(queries), axis=1)
        return bool(future.max(initial=0.0) <= _NOT_CAUSAL)

    def _compress(self, user: int, chunk: pb.Chunk, shape: codec.Shape, frame: _Stored) -> bytes:
        """Return the bytes to store; `chunk` is told what they are a difference to."""
        reference = self._reference(user, shape, frame)
        if reference is None:
            return codec.deflate(frame.raw)
        packed = differences.pack(differences.subtract(frame.raw, reference.raw))
        chunk.reference_sequence = reference.sequence
        chunk.packing = pb.NIBBLES
        chunk.packed_bytes = len(packed)
        return differences.deflate(packed)

    def _reference(self, user: int, shape: codec.Shape, frame: _Stored) -> _Stored | None:
        """Return the frame to store a difference to; `None`: `frame` begins a group."""
        group = self._groups.get(user)
        if (
            self.encoding != pb.U8_SQRT
            or group is None
            or group.shape != shape
            or group.age + 1 >= GROUP_FRAMES
        ):
            self._groups[user] = _Group(shape, link=frame, previous=frame)
            return None
        group.age += 1
        reference = group.previous
        if group.age % LINK_FRAMES == 0:
            reference, group.link = group.link, frame
        group.previous = frame
        return reference


def _offset(axis: str, axis_length: int, length: int) -> int:
    """Return which item of the history stands first: a frame holds the newest."""
    return axis_length - length if axis == schema.HISTORY_AXIS and axis_length else 0


def _too_large(data: bytes) -> str:
    return f"{len(data)} compressed bytes, at most {schema.MAX_CHUNK_BYTES}"
