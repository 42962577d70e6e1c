"""Named arrays as bytes, in the safetensors format: read with every size checked before it is used.

`[length of header: uint64][header: JSON][data]`, as https://github.com/huggingface/safetensors
describes it. Only float32 is spoken: a portable model is one that can be recomputed exactly.
Nothing here executes, and reading allocates nothing but the header: arrays are views of the bytes.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn import schema

Floats = NDArray[np.float32]

_DTYPE = "F32"
_ITEM_BYTES = 4
_METADATA = "__metadata__"


class WeightsError(ValueError):
    """The bytes are not the weights of a portable model; the message says why, without data."""


def to_bytes(tensors: Mapping[str, Floats]) -> bytes:
    """Return `tensors` in the safetensors format, in the order of their names.

    Raises:
      WeightsError: they are more, or larger, than `from_bytes` would read.
    """
    header: dict[str, object] = {}
    parts: list[bytes] = []
    offset = 0
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name], "<f4")
        header[name] = {
            "dtype": _DTYPE,
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        parts.append(array.tobytes())
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # data begins at a multiple of 8, as the reference writes it
    _check_sizes(len(header), len(text), offset)
    return b"".join([struct.pack("<Q", len(text)), text, *parts])


def from_bytes(data: bytes) -> dict[str, Floats]:
    """Return the arrays in `data`, read-only views of it.

    Raises:
      WeightsError: the bytes are no safetensors file, hold another type than float32, leave gaps,
        overlap, or are over the limits of `schema`.
    """
    if len(data) < 8:
        raise WeightsError("shorter than a header's length")
    (length,) = struct.unpack_from("<Q", data)
    if length > schema.MAX_WEIGHTS_HEADER_BYTES or length > len(data) - 8:
        raise WeightsError(f"a header of {length} bytes")
    header = _header(data[8 : 8 + length])
    body = memoryview(data)[8 + length :]
    _check_sizes(len(header), length, len(body))
    spans = sorted((_span(entry, len(body)), name) for name, entry in header.items())
    end = 0
    for (begin, stop), _ in spans:
        if begin != end:
            raise WeightsError("tensors overlap or leave a gap")
        end = stop
    if end != len(body):
        raise WeightsError("bytes behind the last tensor")
    return {
        name: np.frombuffer(body[begin:stop], "<f4").reshape(_shape(header[name]))
        for (begin, stop), name in spans
    }


def _check_sizes(tensors: int, header_bytes: int, data_bytes: int) -> None:
    if tensors > schema.MAX_TENSORS:
        raise WeightsError(f"{tensors} tensors; at most {schema.MAX_TENSORS} are read")
    if header_bytes > schema.MAX_WEIGHTS_HEADER_BYTES:
        raise WeightsError(f"a header of {header_bytes} bytes")
    if data_bytes > schema.MAX_WEIGHTS_BYTES:
        raise WeightsError(f"{data_bytes} bytes; at most {schema.MAX_WEIGHTS_BYTES} are read")


def _header(text: bytes) -> dict[str, object]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:  # brackets without end exhaust the parser
        raise WeightsError("the header is not JSON") from error
    if not isinstance(header, dict):
        raise WeightsError("the header is not an object")
    header.pop(_METADATA, None)
    return header


def _span(entry: object, data_bytes: int) -> tuple[int, int]:
    """Return where a tensor is, its size compared with its shape."""
    if not isinstance(entry, dict) or entry.get("dtype") != _DTYPE:
        raise WeightsError("a tensor that is not float32")
    offsets = entry.get("data_offsets")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(map(_is_size, offsets)):
        raise WeightsError("a tensor without offsets")
    begin, end = offsets
    if not begin <= end <= data_bytes:
        raise WeightsError("a tensor outside the data")
    if end - begin != _ITEM_BYTES * math.prod(_shape(entry)):
        raise WeightsError("a tensor whose size is not that of its shape")
    return begin, end


def _shape(entry: object) -> tuple[int, ...]:
    shape = entry.get("shape") if isinstance(entry, dict) else None
    if not isinstance(shape, list) or not all(map(_is_size, shape)):
        raise WeightsError("a tensor without a shape")
    if len(shape) > schema.MAX_TENSOR_RANK or any(size > schema.MAX_TENSOR_SIZE for size in shape):
        raise WeightsError("a tensor with too many, or too long, axes")
    return tuple(shape)


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
