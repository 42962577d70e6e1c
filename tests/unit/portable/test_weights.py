"""The weights' format: that of the safetensors library, and nothing that is not exactly it."""

from __future__ import annotations

import contextlib
import json
import struct
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.portable import weights
from tensorboard_plugin_attn.portable.weights import WeightsError

TENSORS = {
    "b": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a": np.array([1.5, -2.25], np.float32),
    "empty": np.zeros((0, 4), np.float32),
}


def same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], array)


def test_the_library_reads_what_we_write() -> None:
    same(safetensors.numpy.load(weights.to_bytes(TENSORS)), TENSORS)


def test_we_read_what_the_library_writes() -> None:
    same(weights.from_bytes(safetensors.numpy.save(TENSORS, metadata={"from": "a test"})), TENSORS)


def test_what_is_read_cannot_be_written_to() -> None:
    found = weights.from_bytes(weights.to_bytes(TENSORS))
    with pytest.raises(ValueError, match="read-only"):
        found["a"][0] = 1


def file(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(shape: Any, offsets: Any, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"1234567",
        struct.pack("<Q", 1 << 62),
        struct.pack("<Q", schema.MAX_WEIGHTS_HEADER_BYTES + 1) + bytes(1 << 19),
        file(b"not json"),
        file(b"[" * 5000),
        file(b"[]"),
        file({"a": 1}),
        file({"a": tensor([1], [0, 4], "F16")}, bytes(4)),
        file({"a": tensor([1], [0, 4], "I64")}, bytes(4)),
        file({"a": tensor([2], [0, 4])}, bytes(4)),
        file({"a": tensor([1], [0, 8])}, bytes(4)),
        file({"a": tensor([1], [4, 0])}, bytes(4)),
        file({"a": tensor([-1], [0, 4])}, bytes(4)),
        file({"a": tensor([True], [0, 4])}, bytes(4)),
        file({"a": tensor([1.0], [0, 4])}, bytes(4)),
        file({"a": tensor("1", [0, 4])}, bytes(4)),
        file({"a": tensor([1], [0])}, bytes(4)),
        file({"a": tensor([1], ["0", "4"])}, bytes(4)),
        file({"a": tensor([1] * 5, [0, 4])}, bytes(4)),
        file({"a": tensor([schema.MAX_TENSOR_SIZE + 1, 0], [0, 0])}),
        file({"a": tensor([1], [0, 4])}, bytes(8)),
        file({"a": tensor([1], [0, 4]), "b": tensor([1], [0, 4])}, bytes(4)),
        file({"a": tensor([1], [4, 8])}, bytes(8)),
        file({f"t{n}": tensor([0], [0, 0]) for n in range(schema.MAX_TENSORS + 1)}),
    ],
)
def test_what_is_not_exactly_it_is_refused(data: bytes) -> None:
    with pytest.raises(WeightsError):
        weights.from_bytes(data)


def test_shapes_that_multiply_to_more_than_there_is_are_refused_without_memory() -> None:
    huge = [schema.MAX_TENSOR_SIZE] * 4  # 2^88 numbers
    with pytest.raises(WeightsError):
        weights.from_bytes(file({"a": tensor(huge, [0, 4])}, bytes(4)))


@settings(max_examples=500)
@given(st.integers(0, len(weights.to_bytes(TENSORS)) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_refused_or_changes_a_number_or_a_name(place: int, flip: int) -> None:
    data = bytearray(weights.to_bytes(TENSORS))
    data[place] ^= flip
    try:
        found = weights.from_bytes(bytes(data))
    except WeightsError:
        return
    assert sum(array.size for array in found.values()) == sum(t.size for t in TENSORS.values())


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    with contextlib.suppress(WeightsError):
        weights.from_bytes(data)


def test_what_we_could_not_read_we_do_not_write() -> None:
    many = {f"t{n}": np.zeros(0, np.float32) for n in range(schema.MAX_TENSORS + 1)}
    with pytest.raises(WeightsError, match="tensors"):
        weights.to_bytes(many)
