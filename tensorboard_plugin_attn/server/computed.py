"""Answers that are computed from attention: made once, told apart by what they were made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray
from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.reading.sessions import FrameInfo, Run
from tensorboard_plugin_attn.reading.store import UnavailableError
from tensorboard_plugin_attn.server.errors import RouteError, unavailable
from tensorboard_plugin_attn.server.result_cache import ResultCache
from tensorboard_plugin_attn.server.routes.frames import MAX_RESPONSE_BYTES, pack

OCTETS = "application/octet-stream"
JSON = "application/json"
ENCODING = pb.U8_SQRT


def fingerprint(*parts: object) -> str:
    """Return what changes when any of `parts` does."""
    whole = repr((schema.FORMAT_VERSION, parts))
    return hashlib.sha256(whole.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def identity(frames: Iterable[FrameInfo]) -> list[tuple[int, str, int]]:
    """Return what tells `frames` from what may be logged at the same steps later."""
    return [(frame.step, frame.attempt, frame.sequence) for frame in frames]


def catalogue_identity(run: Run) -> list[tuple[int, str, int]]:
    """Return what tells the run's users and items from those it may have later."""
    return identity(run.catalogues)


def respond(
    results: ResultCache, request: Request, tag: str, mimetype: str, make: Callable[[], bytes]
) -> Response:
    """Answer with what `make` makes, or has made before for the same `tag`; 304 if it is known.

    Raises:
      RouteError: as `make` does; 503 if the log went away.
    """
    if tag in request.if_none_match:
        response = Response(status=304)
    else:
        try:
            body = results.get_or_make(f"{request.path} {tag}", make)
        except (UnavailableError, KeyError) as error:
            raise unavailable() from error
        response = Response(body, mimetype=mimetype)
        response.headers["X-Content-Type-Options"] = "nosniff"
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def json_bytes(body: object) -> bytes:
    """Return `body` as JSON; names of files need not be UTF-8."""
    text = json.dumps(body, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace")


def short(value: float | None, digits: int = 5) -> float | None:
    """Return `value` with so many digits, or `None` for what is no number."""
    return float(f"{value:.{digits}g}") if value is not None and np.isfinite(value) else None


class DerivedFrames:
    """Collects computed frames in the container of `/frames`, so that one decoder reads both."""

    def __init__(self) -> None:
        self._frames: list[dict[str, object]] = []
        self._chunks: list[bytes] = []
        self._size_bytes = 0

    def add(
        self,
        frame: FrameInfo,
        attention: NDArray[np.floating],
        offsets: tuple[int, int],
        *,
        triangle: bool,
        **more: object,
    ) -> None:
        """Add `attention [head, query, key]`, computed as of `frame`.

        Raises:
          RouteError: the answer grows too large (413).
        """
        heads, queries, keys = attention.shape
        values = np.clip(attention, 0.0, 1.0).astype(np.float32)
        raw = codec.encode(values, ENCODING, triangle=triangle)
        chunk = codec.deflate(raw)
        self._size_bytes += len(chunk)
        if self._size_bytes > MAX_RESPONSE_BYTES:
            raise RouteError(413, "response_too_large", "Too much.", "Ask for fewer steps.")
        self._frames.append(
            {
                "step": frame.step,
                "epoch": frame.epoch,
                "wall_time_s": frame.wall_time_s,
                "attempt": frame.attempt,
                "sequence": frame.sequence,
                "head_count": heads,
                "query_length": queries,
                "key_length": keys,
                "query_offset": offsets[0],
                "key_offset": offsets[1],
                "query_axis": None,
                "key_axis": None,
                "encoding": pb.Encoding.Name(ENCODING),
                "layout": pb.Layout.Name(pb.LOWER_TRIANGLE if triangle else pb.FULL),
                "reduction": None,
                "raw_bytes": len(raw),
                "crc32c": codec.crc32c(raw),
                "chunk": len(self._chunks),
                **more,
            }
        )
        self._chunks.append(chunk)

    def packed(self, head: dict[str, object], absent: list[dict[str, object]]) -> bytes:
        """Return the wire form; `head` says of what the frames are derived."""
        offsets = np.cumsum([0, *map(len, self._chunks)]).tolist()
        header = {
            "format_version": schema.FORMAT_VERSION,
            **head,
            **({"head_count": self._frames[-1]["head_count"]} if self._frames else {}),
            "chunks": [
                {
                    "offset": offset,
                    "length": len(chunk),
                    "packing": pb.Packing.Name(pb.WHOLE),
                    "packed_bytes": frame["raw_bytes"],
                    "reference": None,
                }
                for offset, chunk, frame in zip(offsets, self._chunks, self._frames, strict=False)
            ],
            "frames": self._frames,
            "absent": absent,
        }
        return pack(header, self._chunks)
