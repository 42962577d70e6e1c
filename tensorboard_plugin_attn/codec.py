"""Attention cells to bytes, and the exact inverse.

One small file so that encode and decode can be read side by side; the browser's twin is
`frontend/src/data/decode.ts`, and both are tested on the same fixtures. It knows arrays and
bytes, not protos, files or HTTP. Inflating is bounded: it never allocates more than it is told.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import google_crc32c
import numpy as np
from google.protobuf.message import DecodeError
from isal import isal_zlib
from numpy.typing import NDArray

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import schema

Floats = NDArray[np.float32]
Codes = NDArray[Any]  # of the dtype DTYPES gives its encoding

DTYPES: dict[pb.Encoding, np.dtype[Any]] = {
    pb.U8_SQRT: np.dtype("<u1"),
    pb.U16: np.dtype("<u2"),
    pb.F16: np.dtype("<f2"),
    pb.F32: np.dtype("<f4"),
}
_HEADER_CRC_TAG = bytes([15 << 3 | 5])  # FrameHeader.header_crc32c, fixed32

PRECISIONS: dict[str, pb.Encoding] = {
    "u8": pb.U8_SQRT,
    "u16": pb.U16,
    "f16": pb.F16,
    "exact": pb.F32,
}


def precision(name: str) -> pb.Encoding:
    """Return the encoding a user asks for by `name`.

    Raises:
      ValueError: no such precision; the message lists them.
    """
    if name not in PRECISIONS:
        raise ValueError(f"precision={name!r}: use one of {sorted(PRECISIONS)}")
    return PRECISIONS[name]


class CorruptChunkError(ValueError):
    """A chunk's bytes are not what its header says; the message says how."""


@dataclass(frozen=True)
class Shape:
    """Axes of one user's attention: `[head, query, key]`, or its lower triangle."""

    heads: int
    queries: int
    keys: int
    triangle: bool = False

    @property
    def cells(self) -> int:
        """Number of stored cells."""
        if self.triangle:
            return self.heads * self.queries * (self.queries + 1) // 2
        return self.heads * self.queries * self.keys


def quantise(attention: Floats, encoding: pb.Encoding) -> Codes:
    """Return the codes of `attention`, any shape, values in [0, 1].

    `U8_SQRT` keeps small weights alive: q = round(255 * sqrt(a)), with an error of at most
    (q + 0.25) / 255² (so 0.0039 at a = 1 and 0.000004 at a = 0). See docs/format.md.
    """
    if encoding == pb.U8_SQRT:
        codes: Codes = np.sqrt(attention, dtype=np.float32)
        codes *= np.float32(255.0)
        codes += np.float32(0.5)
        return codes.astype(np.uint8)
    if encoding == pb.U16:
        # A row may sum to a little over 1; without the minimum that weight would wrap to 0.
        at_most_1 = np.minimum(attention, np.float32(1.0))
        return np.asarray(np.rint(at_most_1 * np.float32(65535.0)), "<u2")
    return attention.astype(DTYPES[encoding])


def dequantise(codes: Codes, encoding: pb.Encoding) -> Floats:
    """Return attention as float32: the inverse of `quantise` within `error_bound`."""
    values: Floats = codes.astype(np.float32)
    if encoding == pb.U8_SQRT:
        values /= np.float32(255.0)
        values *= values
    elif encoding == pb.U16:
        values /= np.float32(65535.0)
    return values


def error_bound(codes: Codes, encoding: pb.Encoding) -> NDArray[np.float64]:
    """Return the largest possible |decoded - captured| for each cell."""
    values = codes.astype(np.float64)
    if encoding == pb.U8_SQRT:
        return (values + 0.25) / 65025.0
    if encoding == pb.U16:
        return np.full(values.shape, 0.5 / 65535.0)
    if encoding == pb.F16:
        return np.maximum(values, 2.0**-14) * 2.0**-11
    return np.zeros(values.shape)


@lru_cache(maxsize=32)
def lower_triangle(size: int) -> NDArray[np.intp]:
    """Return places of the cells with `key <= query` in a flat `[query, key]`, row by row."""
    rows, columns = np.tril_indices(size)
    return rows * size + columns


@lru_cache(maxsize=32)
def upper_triangle(size: int) -> NDArray[np.intp]:
    """Return places of the cells with `key > query`: the future, under a causal mask."""
    rows, columns = np.triu_indices(size, 1)
    return rows * size + columns


def pack_triangle(cells: Codes) -> Codes:
    """Return the lower triangles of `cells [head, query, key]`, row by row, as one axis."""
    heads, queries, _ = cells.shape
    return cells.reshape(heads, -1).take(lower_triangle(queries), axis=1).reshape(-1)


def unpack_triangle(flat: Codes, shape: Shape) -> Codes:
    """Return `[head, query, key]` with zeros where the causal mask makes cells not applicable."""
    cells = np.zeros((shape.heads, shape.queries * shape.keys), flat.dtype)
    cells[:, lower_triangle(shape.queries)] = flat.reshape(shape.heads, -1)
    return cells.reshape(shape.heads, shape.queries, shape.keys)


def crc32c(raw: bytes) -> int:
    """Return the CRC32C (Castagnoli) of uncompressed cells."""
    return int(google_crc32c.value(raw))


def masked_crc32c(data: bytes) -> int:
    """Return the masked CRC32C of `data` that TFRecord framing stores."""
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def deflate(raw: bytes) -> bytes:
    """Return `raw` as a zlib stream (isal level 1: seven times faster than zlib's level 1)."""
    return bytes(isal_zlib.compress(raw, 1))


def inflate(chunk: bytes, raw_bytes: int) -> bytes:
    """Return the `raw_bytes` bytes in `chunk`; never allocates more than that.

    Raises:
      CorruptChunkError: not a zlib stream, or not exactly `raw_bytes` long, or over the limits.
    """
    if not 0 <= raw_bytes <= schema.MAX_RAW_BYTES or len(chunk) > schema.MAX_CHUNK_BYTES:
        raise CorruptChunkError(f"{len(chunk)} bytes for {raw_bytes} is over the limits")
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(chunk, raw_bytes + 1)
    except zlib.error as error:
        raise CorruptChunkError("not a zlib stream") from error
    if len(raw) != raw_bytes or not stream.eof or stream.unused_data:
        raise CorruptChunkError(f"inflates to {len(raw)} bytes, the header says {raw_bytes}")
    return raw


def seal_header(header: bytes) -> bytes:
    """Return a serialised `FrameHeader` with its own CRC32C appended as the last field."""
    return header + _HEADER_CRC_TAG + struct.pack("<I", crc32c(header))


def open_header(sealed: bytes) -> pb.FrameHeader:
    """Return the `FrameHeader` in `sealed`.

    Raises:
      CorruptChunkError: too large, not sealed, its CRC32C does not fit, or not a header.
    """
    body, seal = sealed[:-5], sealed[-5:]
    if len(sealed) > schema.MAX_HEADER_BYTES:
        raise CorruptChunkError(f"a header of {len(sealed)} bytes is over the limits")
    if seal != _HEADER_CRC_TAG + struct.pack("<I", crc32c(body)):
        raise CorruptChunkError("the frame header does not match its checksum")
    try:
        return pb.FrameHeader.FromString(body)
    except DecodeError as error:
        raise CorruptChunkError("the frame header is not a message") from error


def encode(attention: Floats, encoding: pb.Encoding, *, triangle: bool) -> bytes:
    """Return the uncompressed bytes of `attention [head, query, key]`."""
    codes = quantise(attention, encoding)
    flat = pack_triangle(codes) if triangle else codes
    return flat.tobytes()


def decode_codes(raw: bytes, shape: Shape, encoding: pb.Encoding) -> Codes:
    """Return the codes `[head, query, key]` in `raw`.

    Raises:
      CorruptChunkError: unknown encoding, or the length does not fit `shape`.
    """
    dtype = DTYPES.get(encoding)
    if dtype is None:
        raise CorruptChunkError(f"unknown encoding {encoding}")
    if len(raw) != shape.cells * dtype.itemsize:
        raise CorruptChunkError(f"{len(raw)} bytes for {shape.cells} cells")
    flat: Codes = np.frombuffer(raw, dtype)
    if shape.triangle:
        return unpack_triangle(flat, shape)
    return flat.reshape(shape.heads, shape.queries, shape.keys)


def decode(raw: bytes, shape: Shape, encoding: pb.Encoding) -> Floats:
    """Return attention `[head, query, key]` as float32."""
    return dequantise(decode_codes(raw, shape, encoding), encoding)
