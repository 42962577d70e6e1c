"""Stored chunks to attention arrays, for what the server computes itself.

Showing a frame never comes here: the browser inflates what it shows. A chunk that is not what its
header says is absent with its reason, as in `/frames`; nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.reading.chunks import AbsentChunkError, ChunkReader, StoredChunk
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import FrameInfo


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
      AbsentChunkError: it is not one.
      UnavailableError: it can no longer be read.
    """
    try:
        return codec.open_header(runs.read(frame, [0])[0])
    except (codec.CorruptChunkError, IndexError) as error:
        raise AbsentChunkError("corrupt", str(error)) from error


def read_user(reader: ChunkReader, frame: FrameInfo) -> UserAttention:
    """Return the attention of the reader's user in `frame`, checked against its CRC32C.

    Raises:
      AbsentChunkError: rejected, corrupt, not logged for this user, or stored reduced.
      UnavailableError: it can no longer be read.
    """
    return decoded(reader, stored_chunk(reader, frame))


def stored_chunk(reader: ChunkReader, frame: FrameInfo) -> StoredChunk:
    """Return the user's chunk of `frame`, not yet decoded.

    Raises:
      AbsentChunkError, UnavailableError: as `read_user`.
    """
    try:
        stored = reader.read(frame)
    except codec.CorruptChunkError as error:
        raise AbsentChunkError("corrupt", str(error)) from error
    if stored.chunk.layout == pb.REDUCED:
        raise AbsentChunkError("reduced", "too long to be kept whole")
    return stored


def decoded(reader: ChunkReader, stored: StoredChunk) -> UserAttention:
    """Return the attention of a chunk that `reader` has read.

    Raises:
      AbsentChunkError, UnavailableError: as `read_user`.
    """
    chunk = stored.chunk
    try:
        if chunk.layout == pb.LOWER_TRIANGLE and chunk.query_length != chunk.key_length:
            raise codec.CorruptChunkError("a triangle needs as many queries as keys")
        attention = codec.dequantise(reader.codes(stored), chunk.encoding)
        if not is_attention(attention):
            raise codec.CorruptChunkError("its cells are not between 0 and 1")
        return UserAttention(attention, chunk)
    except codec.CorruptChunkError as error:
        raise AbsentChunkError("corrupt", str(error)) from error


def is_attention(attention: codec.Floats) -> bool:
    """Tell whether all cells are in [0, 1]: floats in a file can be anything, NaN included."""
    if attention.size == 0:
        return False
    most = 1 + schema.ROW_SUM_TOLERANCE
    return bool(attention.min() >= 0 and attention.max() <= most)  # comparisons with NaN are false
