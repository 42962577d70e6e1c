"""Difference frames to bytes and back, and bytes that lie."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn import codec, differences
from tensorboard_plugin_attn.codec import CorruptChunkError

small = st.integers(-9, 9).map(lambda value: value % 256)
steps = st.lists(st.one_of(small, st.integers(0, 255)), max_size=400).map(
    lambda values: np.array(values, np.uint8)
)


@given(raw=st.binary(max_size=300), seed=st.integers(0, 99))
def test_a_difference_plus_its_reference_is_the_frame(raw: bytes, seed: int) -> None:
    reference = np.random.default_rng(seed).bytes(len(raw))
    difference = differences.subtract(raw, reference).tobytes()
    assert differences.add(difference, reference) == raw


def test_a_difference_to_a_reference_of_another_length_is_corrupt() -> None:
    with pytest.raises(CorruptChunkError, match="a reference of 2"):
        differences.add(b"abc", b"ab")


@given(difference=steps)
def test_unpack_undoes_pack(difference: np.ndarray) -> None:
    kept = difference.copy()
    packed = differences.pack(difference)
    assert differences.unpack(packed, len(kept)) == kept.tobytes()
    assert np.array_equal(difference, kept)  # the caller's array is not touched


@pytest.mark.parametrize(
    ("difference", "packed"),
    [
        ([], b""),
        ([0, 0], b"\x88"),
        ([1, 255], b"\x79"),  # +1 is nibble 9 and stands low, -1 is nibble 7
        ([7, 249], b"\x1f"),  # the largest and the smallest nibble
        ([8, 0], b"\x80\x08"),  # one too large: nibble 0, and the byte behind
        ([248, 100], b"\x00\xf8\x64"),
        ([3], b"\x8b"),  # an odd one is filled up with no change
    ],
)
def test_two_small_differences_take_one_byte(difference: list[int], packed: bytes) -> None:
    assert differences.pack(np.array(difference, np.uint8)) == packed


@given(difference=steps, cells=st.integers(0, 900))
def test_bytes_for_another_number_of_cells_are_corrupt(difference: np.ndarray, cells: int) -> None:
    packed = differences.pack(difference)
    count = len(difference)
    same = (cells + 1) // 2 == (count + 1) // 2  # the last nibble may be filling, or a cell
    if not same:
        with pytest.raises(CorruptChunkError):
            differences.unpack(packed, cells)


@given(packed=st.binary(max_size=200), cells=st.integers(0, 300))
def test_any_bytes_give_so_many_cells_or_are_corrupt(packed: bytes, cells: int) -> None:
    try:
        assert len(differences.unpack(packed, cells)) == cells
    except CorruptChunkError:
        assert len(packed) != (cells + 1) // 2 or 0 in [b & 15 for b in packed] + [
            b >> 4 for b in packed
        ]


@given(difference=steps)
def test_any_zlib_inflates_what_deflate_made(difference: np.ndarray) -> None:
    packed = differences.pack(difference)
    chunk = differences.deflate(packed)
    assert zlib.decompress(chunk) == packed
    assert codec.inflate(chunk, len(packed)) == packed


def test_a_frame_that_did_not_change_takes_next_to_nothing() -> None:
    still = differences.pack(np.zeros(100_000, np.uint8))
    assert len(differences.deflate(still)) < 300


def test_noise_takes_no_more_than_its_entropy_and_a_tenth() -> None:
    noise = np.random.default_rng(0).integers(-1, 2, 80_000).astype(np.uint8)
    chunk = differences.deflate(differences.pack(noise))
    assert len(chunk) < 1.1 * 80_000 * np.log2(3) / 8
