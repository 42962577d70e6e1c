"""Difference frames to bytes, and the exact inverse: most cells hardly change in one step.

A difference is taken modulo 256, packed two to a byte where it is small, and compressed as what it
is: noise without repeats. The browser's twin is `frontend/src/data/differences.ts`. It knows bytes
only; which frame is a difference to which is the writer's business (`logging/frames.py`).
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.codec import CorruptChunkError

Bytes = NDArray[np.uint8]

_ZERO = np.uint8(8)  # the nibble of no change
_ESCAPE = np.uint8(0)
_LOW = np.uint8(15)
_TWO_ZEROS = np.uint8(0x88)
_STILL = 0.8  # above this share of unchanged pairs, run lengths make it smaller (measured)
_BLOCK = 9  # zlib's memLevel: the largest blocks, so the fewest code tables


def subtract(raw: bytes, reference: bytes) -> Bytes:
    """Return `raw - reference` byte by byte, modulo 256."""
    return np.frombuffer(raw, np.uint8) - np.frombuffer(reference, np.uint8)


def add(difference: bytes, reference: bytes) -> bytes:
    """Return `difference + reference` byte by byte, modulo 256: a difference made absolute.

    Raises:
      CorruptChunkError: they are not equally long.
    """
    if len(difference) != len(reference):
        raise CorruptChunkError(
            f"{len(difference)} bytes differ from a reference of {len(reference)}"
        )
    total: Bytes = np.frombuffer(difference, np.uint8) + np.frombuffer(reference, np.uint8)
    return total.tobytes()


def pack(difference: Bytes) -> bytes:
    """Return `difference [cell]` as nibbles, low nibble first, and behind them what is no nibble.

    A difference d in [-7, 7] is d + 8; any other is 0, and stands as a byte behind the nibbles.
    """
    nibbles = difference + _ZERO
    large = nibbles - np.uint8(1) > np.uint8(14)
    escaped = difference[large]
    nibbles[large] = _ESCAPE
    if nibbles.size % 2:
        nibbles = np.append(nibbles, _ZERO)
    pairs: Bytes = nibbles[0::2] | (nibbles[1::2] << np.uint8(4))
    return bytes(pairs.tobytes() + escaped.tobytes())


def unpack(packed: bytes, cells: int) -> bytes:
    """Return the `cells` differences in `packed`.

    Raises:
      CorruptChunkError: `packed` does not hold exactly so many.
    """
    pairs = np.frombuffer(packed, np.uint8, count=min((cells + 1) // 2, len(packed)))
    nibbles = np.empty(2 * pairs.size, np.uint8)
    nibbles[0::2] = pairs & _LOW
    nibbles[1::2] = pairs >> np.uint8(4)
    difference: Bytes = nibbles[:cells] - _ZERO
    large = nibbles[:cells] == _ESCAPE
    escaped = np.frombuffer(packed, np.uint8, offset=pairs.size)
    if difference.size != cells or escaped.size != np.count_nonzero(large):
        raise CorruptChunkError(f"{len(packed)} packed bytes do not hold {cells} differences")
    difference[large] = escaped
    return difference.tobytes()


def deflate(packed: bytes) -> bytes:
    """Return `packed` as a zlib stream.

    Searching for repeats in noise costs time and makes it larger, so there is none: Huffman codes
    only, or run lengths too where hardly a cell changed (decision 10).
    """
    unchanged = np.count_nonzero(np.frombuffer(packed, np.uint8) == _TWO_ZEROS)
    still = unchanged > _STILL * len(packed)
    stream = zlib.compressobj(
        1, zlib.DEFLATED, zlib.MAX_WBITS, _BLOCK, zlib.Z_RLE if still else zlib.Z_HUFFMAN_ONLY
    )
    return stream.compress(packed) + stream.flush()
