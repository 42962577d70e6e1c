"""`/frames`: stored bytes, untouched, of one user and layer at any steps.

The server never inflates a frame to show it: it finds the chunks, reads them, and says in a JSON
header what they are.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass, field

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.reading.chunks import (
    AbsentChunkError,
    ChunkReader,
    Name,
    StoredChunk,
)
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import FrameInfo
from tensorboard_plugin_attn.reading.store import UnavailableError
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.errors import RouteError, not_found, unavailable
from tensorboard_plugin_attn.server.parameters import Absent, Selected

MAX_FRAMES = 200
MAX_RESPONSE_BYTES = 8 << 20
YEAR_S = 31_536_000
_ALIGNMENT = 8


def frames_route(runs: Runs, request: Request) -> Response:
    """Answer `/frames`."""
    runs.refresh()
    name, layer = parameters.text(request, "run"), parameters.text(request, "layer")
    user, wanted = parameters.number(request, "user"), parameters.steps(request)
    with runs.locked() as known:
        run = parameters.find_run(known, name)
        stream = parameters.find_layer(run, layer)
        if user >= stream.metadata.cohort_size:
            raise not_found("user", f"The cohort has {stream.metadata.cohort_size} users.")
        selected = parameters.select(run, stream, layer, wanted, MAX_FRAMES)
    tag = entity_tag(name, layer, user, selected)
    if tag in request.if_none_match:
        return _cached(Response(status=304), tag, request)
    body = Answer(ChunkReader(runs, stream, user), name, layer).build(selected)
    response = Response(body, mimetype="application/octet-stream")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return _cached(response, tag, request)


def entity_tag(run: str, layer: str, user: int, selected: Selected) -> str:
    """Return what changes exactly when the answer does: attempts and sequence numbers."""
    parts: list[object] = [schema.FORMAT_VERSION, run, layer, user]
    parts += [(frame.step, frame.attempt, frame.sequence) for frame in selected.frames]
    parts += [(absent.step, absent.reason) for absent in selected.absent]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _cached(response: Response, tag: str, request: Request) -> Response:
    response.set_etag(tag)
    pinned = request.args.get("pin") == tag
    response.headers["Cache-Control"] = (
        f"private, max-age={YEAR_S}, immutable" if pinned else "private, no-cache"
    )
    return response


@dataclass
class Answer:
    """Collects chunks, each once, and describes the frames they make up."""

    reader: ChunkReader
    run: str
    layer: str
    _data: list[bytes] = field(default_factory=list)
    _size_bytes: int = 0
    _chunks: list[dict[str, int | str | None]] = field(default_factory=list)
    _chunk_of: dict[Name, int] = field(default_factory=dict)
    _head_count: int = 0

    def build(self, selected: Selected) -> bytes:
        """Return the whole answer.

        Raises:
          RouteError: too large (413), or the run's files went away (503).
        """
        frames, absent = [], list(selected.absent)
        for frame in selected.frames:
            try:
                frames.append(self._frame(frame))
            except UnavailableError as error:
                raise unavailable() from error
            except AbsentChunkError as error:
                absent.append(Absent(frame.step, error.reason, error.detail))
            except codec.CorruptChunkError as error:
                absent.append(Absent(frame.step, "corrupt", str(error)))
        header = {
            "format_version": schema.FORMAT_VERSION,
            "run": self.run,
            "layer": self.layer,
            "user": self.reader.user,
            "head_count": self._head_count or self.reader.stream.metadata.head_count,
            "chunks": self._chunks,
            "frames": frames,
            "absent": [item.body() for item in sorted(absent, key=lambda item: item.step)],
        }
        return pack(header, self._data)

    def _frame(self, frame: FrameInfo) -> dict[str, object]:
        stored = self.reader.read(frame)
        number = self._add(stored)
        chunk = stored.chunk
        self._head_count = stored.header.head_count
        return {
            "step": frame.step,
            "epoch": frame.epoch,
            "wall_time_s": frame.wall_time_s,
            "attempt": frame.attempt,
            "sequence": frame.sequence,
            "head_count": stored.header.head_count,
            "query_length": chunk.query_length,
            "key_length": chunk.key_length,
            "query_offset": chunk.query_offset,
            "key_offset": chunk.key_offset,
            "query_axis": chunk.query_axis_number or None,
            "key_axis": chunk.key_axis_number or None,
            "encoding": pb.Encoding.Name(chunk.encoding),
            "layout": pb.Layout.Name(chunk.layout),
            "reduction": _reduction(chunk),
            "raw_bytes": chunk.raw_bytes,
            "crc32c": chunk.crc32c,
            "chunk": number,
        }

    def _add(self, stored: StoredChunk) -> int:
        """Return the number of a chunk, added behind what it is a difference to."""
        for link in reversed(self.reader.chain(stored, self._chunk_of.__contains__)):
            sequence = link.chunk.reference_sequence
            reference = self._chunk_of[link.frame.attempt, sequence] if sequence else None
            self._append(link, reference)
        return self._chunk_of[stored.name]

    def _append(self, stored: StoredChunk, reference: int | None) -> None:
        chunk, length = stored.chunk, len(stored.data)
        self._chunk_of[stored.name] = len(self._chunks)
        self._chunks.append(
            {
                "offset": self._size_bytes,
                "length": length,
                "packing": pb.Packing.Name(chunk.packing),
                "packed_bytes": chunk.packed_bytes or chunk.raw_bytes,
                "reference": reference,
            }
        )
        self._data.append(stored.data)
        self._size_bytes += length
        if self._size_bytes > MAX_RESPONSE_BYTES:
            raise RouteError(
                413,
                "response_too_large",
                f"The answer is over {MAX_RESPONSE_BYTES >> 20} MiB.",
                "Ask for fewer steps.",
            )


def _reduction(chunk: pb.Chunk) -> dict[str, int] | None:
    if chunk.layout != pb.REDUCED:
        return None
    kept = chunk.reduction
    return {
        "exact_rows": kept.exact_rows,
        "overview_queries": kept.overview_queries,
        "overview_keys": kept.overview_keys,
        "top_k": kept.top_k,
    }


def pack(header: object, chunks: list[bytes]) -> bytes:
    """Return the wire form: length, JSON header padded to a multiple of 8, chunks."""
    text = json.dumps(header, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-(4 + len(text)) % _ALIGNMENT)
    return b"".join((struct.pack("<I", len(text)), text, *chunks))
