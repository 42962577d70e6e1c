"""Attention over sequences too long to store whole: what is kept of it, and how.

Kept are the last queries whole (the last one predicts), the mean and the largest cell of each tile
of an overview, and the largest cells of every row. Made where the array is handed in, head by head,
so that no copy of it is ever needed; nothing here decides what is too long (`schema.MAX_CELLS`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.codec import CorruptChunkError, Floats

EXACT_ROWS = 1
OVERVIEW_SIDE = 256
TOP_K = 4
_KEY_DTYPE = np.dtype("<u2")


@dataclass(frozen=True)
class Plan:
    """How much of `[head, query, key]` is kept; the numbers of the proto's `Reduction`.

    Attributes:
      heads: number of heads.
      queries: of the whole attention.
      keys: of the whole attention.
      exact_rows: last queries kept whole.
      overview: tiles `(query, key)` of the overview.
      top_k: largest cells kept per query.
    """

    heads: int
    queries: int
    keys: int
    exact_rows: int
    overview: tuple[int, int]
    top_k: int

    @property
    def sections(self) -> tuple[tuple[int, int, int], ...]:
        """Return the shapes of exact rows, means, maxima and top cells, in stored order."""
        tiles = (self.heads, *self.overview)
        top = (self.heads, self.queries, self.top_k)
        return (self.heads, self.exact_rows, self.keys), tiles, tiles, top

    def raw_bytes(self, encoding: pb.Encoding) -> int:
        """Return how many bytes the kept cells take, before they are deflated."""
        cells = sum(math.prod(shape) for shape in self.sections)
        top = math.prod(self.sections[-1])
        return cells * codec.DTYPES[encoding].itemsize + top * _KEY_DTYPE.itemsize

    def message(self) -> pb.Reduction:
        """Return the proto that tells a reader."""
        return pb.Reduction(
            exact_rows=self.exact_rows,
            overview_queries=self.overview[0],
            overview_keys=self.overview[1],
            top_k=self.top_k,
        )


@dataclass(frozen=True)
class Reduced:
    """What is kept of one user's attention.

    Attributes:
      plan: the shape of it.
      exact: `[head, exact_rows, key]`.
      mean: `[head, tile, tile]`, mean over all cells of a tile.
      maximum: `[head, tile, tile]`, the largest cell of a tile.
      top: `[head, query, top_k]`, largest first.
      top_keys: `[head, query, top_k]`, the keys of `top`.
    """

    plan: Plan
    exact: Floats
    mean: Floats
    maximum: Floats
    top: Floats
    top_keys: NDArray[np.uint16]

    @property
    def nbytes(self) -> int:
        """Return the memory it takes."""
        kept = (self.exact, self.mean, self.maximum, self.top, self.top_keys)
        return sum(array.nbytes for array in kept)


def plan(heads: int, queries: int, keys: int, encoding: pb.Encoding = pb.U8_SQRT) -> Plan:
    """Return what to keep of `[head, query, key]` so that it fits `schema.MAX_CHUNK_BYTES`.

    The top cells come first, because they are exact; the overview takes what is left.
    """
    size = codec.DTYPES[encoding].itemsize
    budget = schema.MAX_CHUNK_BYTES // heads - EXACT_ROWS * keys * size
    per_cell = queries * (size + _KEY_DTYPE.itemsize)
    top_k = max(1, min(TOP_K, keys, budget // 2 // per_cell))
    side = math.isqrt(max(1, (budget - top_k * per_cell) // (2 * size)))
    side = min(OVERVIEW_SIDE, side)
    return Plan(
        heads,
        queries,
        keys,
        min(EXACT_ROWS, queries),
        (min(side, queries), min(side, keys)),
        top_k,
    )


def reduce(attention: NDArray[np.generic], kept: Plan) -> Reduced:
    """Return what `kept` says of `attention [head, query, key]`, any float type."""
    heads = [_reduce_head(head.astype(np.float32, copy=False), kept) for head in attention]
    exact, mean, maximum, top, keys = (np.stack(parts) for parts in zip(*heads, strict=True))
    return Reduced(kept, exact, mean, maximum, top, keys.astype(np.uint16))


def _reduce_head(attention: Floats, kept: Plan) -> tuple[NDArray[np.generic], ...]:
    """Return the parts of one head's `[query, key]`."""
    rows, columns = (
        edges(length, tiles) for length, tiles in zip(attention.shape, kept.overview, strict=True)
    )
    sums = np.add.reduceat(np.add.reduceat(attention, columns, axis=1), rows, axis=0)
    sizes = np.outer(
        np.diff(rows, append=attention.shape[0]), np.diff(columns, append=attention.shape[1])
    )
    largest = np.maximum.reduceat(np.maximum.reduceat(attention, columns, axis=1), rows, axis=0)
    place = attention.shape[1] - kept.top_k
    keys = np.argpartition(attention, place, axis=1)[:, place:]  # [query, top_k]
    order = np.argsort(-np.take_along_axis(attention, keys, axis=1), axis=1, kind="stable")
    keys = np.take_along_axis(keys, order, axis=1)
    top = np.take_along_axis(attention, keys, axis=1)
    exact = attention[len(attention) - kept.exact_rows :].copy()
    return exact, (sums / sizes).astype(np.float32), largest, top, keys


def edges(length: int, tiles: int) -> NDArray[np.intp]:
    """Return where each of `tiles` tiles begins on an axis of `length` places."""
    return np.arange(tiles, dtype=np.intp) * length // tiles


def encode(reduced: Reduced, encoding: pb.Encoding) -> bytes:
    """Return the stored bytes of `reduced`: its cells' codes, then the keys of the top cells."""
    parts = (reduced.exact, reduced.mean, reduced.maximum, reduced.top)
    codes = [codec.quantise(part, encoding).tobytes() for part in parts]
    return b"".join((*codes, reduced.top_keys.astype(_KEY_DTYPE).tobytes()))


def decode(raw: bytes, kept: Plan, encoding: pb.Encoding) -> Reduced:
    """Return what `encode` stored, within the encoding's error.

    Raises:
      CorruptChunkError: another length, or a key that is none.
    """
    if encoding not in codec.DTYPES or len(raw) != kept.raw_bytes(encoding):
        raise CorruptChunkError(f"{len(raw)} bytes do not hold this reduction")
    parts: list[Floats] = []
    offset = 0
    for shape in kept.sections:
        codes = np.frombuffer(raw, codec.DTYPES[encoding], math.prod(shape), offset)
        offset += codes.nbytes
        parts.append(codec.dequantise(codes.reshape(shape), encoding))
    keys = np.frombuffer(raw, _KEY_DTYPE, offset=offset).reshape(kept.sections[-1])
    if keys.size and keys.max() >= kept.keys:
        raise CorruptChunkError(f"key {keys.max()} of {kept.keys}")
    exact, mean, maximum, top = parts
    return Reduced(kept, exact, mean, maximum, top, keys.astype(np.uint16))
