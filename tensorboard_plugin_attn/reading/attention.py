"""Stored chunks to attention arrays, for what the server computes itself.

Showing a frame never comes here: the browser inflates what it shows. A chunk that is not what its
header says is absent with its reason, as in `/frames`; nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import FrameInfo, Stream

LAYOUTS = (pb.FULL, pb.LOWER_TRIANGLE)


class AbsentAttentionError(Exception):
    """There is no attention for this user and step, or none that can be computed with."""

    def __init__(self, reason: str, detail: str = "") -> None:
        """`reason` is one of those in docs/http_api.md."""
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class UserAttention:
    """One user's attention at one step.

    Attributes:
      attention: float32 `[head, query, key]`; cells after a causal query are 0.
      chunk: what its header says: offsets, lengths, axes.
    """

    attention: codec.Floats
    chunk: pb.Chunk

    @property
    def triangle(self) -> bool:
        """Whether keys after the query are not applicable."""
        return bool(self.chunk.layout == pb.LOWER_TRIANGLE)


def read_header(runs: Runs, frame: FrameInfo) -> pb.FrameHeader:
    """Return a frame's header.

    Raises:
      AbsentAttentionError: it is not one.
      UnavailableError: it can no longer be read.
    """
    try:
        return codec.open_header(runs.read(frame, [0])[0])
    except (codec.CorruptChunkError, IndexError) as error:
        raise AbsentAttentionError("corrupt", str(error)) from error


def usable_chunk(header: pb.FrameHeader, user: int) -> pb.Chunk:
    """Return what `header` says of `user`.

    Raises:
      AbsentAttentionError: nothing that can be computed with.
    """
    if user >= len(header.chunks):
        raise AbsentAttentionError("not_logged", f"the step has {len(header.chunks)} users")
    chunk = header.chunks[user]
    if chunk.rejected_reason:
        raise AbsentAttentionError("rejected", chunk.rejected_reason)
    if not chunk.encoding and not chunk.raw_bytes:
        raise AbsentAttentionError("not_logged", "this user was left out at this step")
    if chunk.encoding not in codec.DTYPES or chunk.layout not in pb.Layout.values():
        raise AbsentAttentionError("newer_format", "an unknown encoding or layout")
    if chunk.layout not in LAYOUTS:
        raise AbsentAttentionError("not_computable", "it was stored reduced, not cell by cell")
    return chunk


def read_user(
    runs: Runs, stream: Stream, frame: FrameInfo, header: pb.FrameHeader, user: int
) -> UserAttention:
    """Return the attention of `user` in `frame`, checked against its CRC32C.

    Raises:
      AbsentAttentionError: rejected, corrupt, not logged for this user, or stored reduced.
      UnavailableError: it can no longer be read.
    """
    chunk = usable_chunk(header, user)
    triangle = chunk.layout == pb.LOWER_TRIANGLE
    shape = codec.Shape(header.head_count, chunk.query_length, chunk.key_length, triangle)
    try:
        if triangle and chunk.query_length != chunk.key_length:
            raise codec.CorruptChunkError("a triangle needs as many queries as keys")
        raw = _inflated(runs, frame, user, chunk.raw_bytes)
        if chunk.key_sequence:
            with runs.locked():
                key = stream.by_sequence(frame.attempt, chunk.key_sequence)
            if key is None:
                raise codec.CorruptChunkError("the key frame it differs from is missing")
            raw = codec.add_key(raw, _inflated(runs, key, user, chunk.raw_bytes))
        if codec.crc32c(raw) != chunk.crc32c:
            raise codec.CorruptChunkError("the checksum does not match")
        attention = codec.decode(raw, shape, chunk.encoding)
        if not is_attention(attention):
            raise codec.CorruptChunkError("its cells are not between 0 and 1")
        return UserAttention(attention, chunk)
    except codec.CorruptChunkError as error:
        raise AbsentAttentionError("corrupt", str(error)) from error


def is_attention(attention: codec.Floats) -> bool:
    """Tell whether all cells are in [0, 1]: floats in a file can be anything, NaN included."""
    if attention.size == 0:
        return False
    most = 1 + schema.ROW_SUM_TOLERANCE
    return bool(attention.min() >= 0 and attention.max() <= most)  # comparisons with NaN are false


def _inflated(runs: Runs, frame: FrameInfo, user: int, raw_bytes: int) -> bytes:
    try:
        [data] = runs.read(frame, [1 + user])
    except IndexError as error:
        raise codec.CorruptChunkError("the event has fewer users than announced") from error
    return codec.inflate(data, raw_bytes)
