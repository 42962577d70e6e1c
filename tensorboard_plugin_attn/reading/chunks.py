"""One user's chunks of one layer: what a frame is stored as, and what it is a difference to.

The `/frames` route sends chunks as they are; analysis needs them decoded. Both follow references
here, so that a frame that refers to itself, to a later one or to nothing is corrupt for both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, differences, reduction, schema
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import FrameInfo, Stream
from tensorboard_plugin_attn.reduction import Reduced

Name = tuple[str, int]  # attempt, sequence


class AbsentChunkError(Exception):
    """The user's attention is not in the frame; `reason` and `detail` are those of `/frames`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class StoredChunk:
    """A user's chunk of one frame, as it is in the log.

    Attributes:
      frame: when it was logged.
      header: of the whole event.
      chunk: what the header says of this user.
      data: the zlib stream.
    """

    frame: FrameInfo
    header: pb.FrameHeader
    chunk: pb.Chunk
    data: bytes

    @property
    def name(self) -> Name:
        """Return what no other frame of the layer has."""
        return self.frame.attempt, self.frame.sequence

    @property
    def shape(self) -> codec.Shape:
        """Return the axes of its cells."""
        chunk = self.chunk
        triangle = chunk.layout == pb.LOWER_TRIANGLE
        return codec.Shape(self.header.head_count, chunk.query_length, chunk.key_length, triangle)

    def unpacked(self) -> bytes:
        """Return the cells, or their differences, inflated and unpacked.

        Raises:
          CorruptChunkError: the bytes are not what the header says.
        """
        chunk = self.chunk
        packed = codec.inflate(self.data, chunk.packed_bytes or chunk.raw_bytes)
        if chunk.packing == pb.NIBBLES:
            return differences.unpack(packed, chunk.raw_bytes)
        return packed


@dataclass(frozen=True)
class ChunkReader:
    """Reads chunks of one user from one stream; safe to use from many threads."""

    runs: Runs
    stream: Stream
    user: int

    def read(self, frame: FrameInfo) -> StoredChunk:
        """Return the user's chunk of `frame`.

        Raises:
          AbsentChunkError: the frame has no attention of this user, or in a newer format.
          CorruptChunkError: the header is damaged.
          UnavailableError: the log's files went away.
        """
        try:
            sealed, data = self.runs.read(frame, [0, 1 + self.user])
        except IndexError as error:
            self._announced(frame)
            raise codec.CorruptChunkError("the event has fewer users than announced") from error
        header = self._open(sealed)
        chunk = header.chunks[self.user]
        if chunk.rejected_reason:
            raise AbsentChunkError("rejected", chunk.rejected_reason)
        if not chunk.encoding and not chunk.raw_bytes:
            raise AbsentChunkError("not_logged", "this user was left out at this step")
        if not _is_known(chunk):
            raise AbsentChunkError("newer_format", "an unknown encoding, layout or packing")
        return StoredChunk(frame, header, chunk, data)

    def chain(
        self, chunk: StoredChunk, known: Callable[[Name], bool] = lambda name: False
    ) -> list[StoredChunk]:
        """Return `chunk` and what it needs to be decoded, each before what it is a difference to.

        Args:
          chunk: where to start.
          known: tells of frames the caller has already: the chain ends before the first of them.

        Raises:
          CorruptChunkError: a frame it refers to is missing, damaged, or not an earlier one.
          UnavailableError: the log's files went away.
        """
        found: list[StoredChunk] = []
        while not known(chunk.name):
            found.append(chunk)
            if not chunk.chunk.reference_sequence:
                break
            if len(found) > schema.MAX_REFERENCES:
                raise codec.CorruptChunkError("it refers to too many other frames")
            chunk = self._referenced(chunk)
        return found

    def reduced(self, stored: StoredChunk) -> Reduced:
        """Return what is kept of attention that was too long, from a chunk of layout `REDUCED`.

        Raises:
          CorruptChunkError, UnavailableError: as `chain`.
        """
        chunk, kept = stored.chunk, stored.chunk.reduction
        plan = reduction.Plan(
            stored.header.head_count,
            chunk.query_length,
            chunk.key_length,
            kept.exact_rows,
            (kept.overview_queries, kept.overview_keys),
            kept.top_k,
        )
        return reduction.decode(self._cells(stored), plan, chunk.encoding)

    def codes(self, stored: StoredChunk) -> codec.Codes:
        """Return the codes `[head, query, key]` of a chunk, 0 where not applicable.

        Raises:
          CorruptChunkError, UnavailableError: as `chain`.
        """
        return codec.decode_codes(self._cells(stored), stored.shape, stored.chunk.encoding)

    def _cells(self, first: StoredChunk) -> bytes:
        """Return the absolute cells of a chunk, checked."""
        raw: bytes | None = None
        for stored in reversed(self.chain(first)):
            cells = stored.unpacked()
            raw = cells if raw is None else differences.add(cells, raw)
        if raw is None or codec.crc32c(raw) != first.chunk.crc32c:
            raise codec.CorruptChunkError("the checksum does not match")
        return raw

    def attention(self, frame: FrameInfo) -> codec.Floats:
        """Return the user's attention `[head, query, key]` in `frame`, 0 where not applicable.

        Raises:
          AbsentChunkError: as `read`; also, with reason `reduced`, if it was too long to be kept
            whole.
          CorruptChunkError, UnavailableError: as `read`.
        """
        stored = self.read(frame)
        if stored.chunk.layout == pb.REDUCED:
            raise AbsentChunkError("reduced", "too long to be kept whole")
        return codec.dequantise(self.codes(stored), stored.chunk.encoding)

    def _announced(self, frame: FrameInfo) -> None:
        """Raise `AbsentChunkError` if the header of `frame` does not speak of the user either."""
        try:
            [sealed] = self.runs.read(frame, [0])
        except IndexError as error:
            raise codec.CorruptChunkError("the event has no header") from error
        self._open(sealed)

    def _open(self, sealed: bytes) -> pb.FrameHeader:
        header = codec.open_header(sealed)
        if self.user >= len(header.chunks):
            raise AbsentChunkError("not_logged", f"the step has {len(header.chunks)} users")
        return header

    def _referenced(self, chunk: StoredChunk) -> StoredChunk:
        attempt, sequence = chunk.frame.attempt, chunk.chunk.reference_sequence
        with self.runs.locked():
            frame = self.stream.by_sequence(attempt, sequence)
        if frame is None or sequence >= chunk.frame.sequence:
            raise codec.CorruptChunkError("the frame it is a difference to is missing")
        try:
            return self.read(frame)
        except AbsentChunkError as error:
            raise codec.CorruptChunkError("the frame it is a difference to is missing") from error


def _is_known(chunk: pb.Chunk) -> bool:
    return (
        chunk.encoding in codec.DTYPES
        and chunk.layout in pb.Layout.values()
        and chunk.packing in pb.Packing.values()
    )
