"""Cells to bytes and back, and bytes that lie."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.codec import CorruptChunkError, Shape

ENCODINGS = sorted(codec.DTYPES)
WITH_BOUND = [encoding for encoding in ENCODINGS if encoding != pb.F32]
FLOAT32_SLACK = 4 * 2.0**-24  # the arithmetic itself is float32

weights = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=3, max_dims=3, max_side=9),
    elements=st.floats(0, 1, width=32),
)
squares = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.integers(1, 9)).map(lambda s: (s[0], s[1], s[1])),
    elements=st.floats(0, 1, width=32),
)


def shape_of(cells: np.ndarray, *, triangle: bool = False) -> Shape:
    return Shape(*cells.shape, triangle)


@pytest.mark.parametrize("encoding", WITH_BOUND, ids=pb.Encoding.Name)
@given(attention=weights)
def test_every_cell_comes_back_within_the_stated_bound(
    encoding: pb.Encoding, attention: np.ndarray
) -> None:
    raw = codec.encode(attention, encoding, triangle=False)
    codes = codec.decode_codes(raw, shape_of(attention), encoding)
    decoded = codec.decode(raw, shape_of(attention), encoding)
    error = np.abs(decoded.astype(np.float64) - attention)
    assert (error <= codec.error_bound(codes, encoding) + FLOAT32_SLACK).all()


@given(attention=weights)
def test_exact_is_bit_for_bit(attention: np.ndarray) -> None:
    raw = codec.encode(attention, pb.F32, triangle=False)
    decoded = codec.decode(raw, shape_of(attention), pb.F32)
    assert decoded.tobytes() == attention.tobytes()
    assert not codec.error_bound(attention, pb.F32).any()


@pytest.mark.parametrize("encoding", ENCODINGS, ids=pb.Encoding.Name)
def test_a_weight_just_over_one_is_one_and_not_nearly_zero(encoding: pb.Encoding) -> None:
    # Rows may sum to 1.001, so a single weight may, too.
    attention = np.full((1, 1, 1), 1 + schema.ROW_SUM_TOLERANCE, np.float32)
    raw = codec.encode(attention, encoding, triangle=False)
    assert codec.decode(raw, Shape(1, 1, 1), encoding) == pytest.approx(1, abs=0.0015)


@pytest.mark.parametrize("encoding", ENCODINGS, ids=pb.Encoding.Name)
def test_zero_and_one_are_exact(encoding: pb.Encoding) -> None:
    attention = np.array([[[0, 1]]], np.float32)
    raw = codec.encode(attention, encoding, triangle=False)
    assert codec.decode(raw, Shape(1, 1, 2), encoding).tolist() == [[[0, 1]]]


def test_the_square_root_scale_keeps_small_weights_alive() -> None:
    small = np.full((1, 1, 1), 1 / 65025, np.float32)
    assert codec.quantise(small, pb.U8_SQRT).item() == 1


@given(cells=squares)
def test_a_triangle_comes_back_with_zeros_above_the_diagonal(cells: np.ndarray) -> None:
    shape = shape_of(cells, triangle=True)
    flat = codec.pack_triangle(cells)
    assert flat.size == shape.cells
    assert np.array_equal(codec.unpack_triangle(flat, shape), np.tril(cells))


def test_a_triangle_is_stored_row_by_row() -> None:
    cells = np.arange(9, dtype=np.uint8).reshape(1, 3, 3)
    assert codec.pack_triangle(cells).tolist() == [0, 3, 4, 6, 7, 8]


@given(raw=st.binary(max_size=5000))
def test_inflate_undoes_deflate(raw: bytes) -> None:
    assert codec.inflate(codec.deflate(raw), len(raw)) == raw


@given(raw=st.binary(max_size=500), wrong=st.integers(0, 600))
def test_a_chunk_of_any_other_length_is_corrupt(raw: bytes, wrong: int) -> None:
    if wrong != len(raw):
        with pytest.raises(CorruptChunkError):
            codec.inflate(codec.deflate(raw), wrong)


@given(cut=st.integers(1, 40))
def test_a_chunk_that_stops_early_is_corrupt(cut: int) -> None:
    chunk = codec.deflate(bytes(range(256)))
    with pytest.raises(CorruptChunkError):
        codec.inflate(chunk[:-cut], 256)


@pytest.mark.parametrize("tail", [b"\0", b"trailing", codec.deflate(b"second stream")])
def test_bytes_behind_the_stream_are_corrupt(tail: bytes) -> None:
    with pytest.raises(CorruptChunkError):
        codec.inflate(codec.deflate(b"cells") + tail, 5)


@given(chunk=st.binary(max_size=200), raw_bytes=st.integers(0, 200))
def test_any_bytes_inflate_or_are_corrupt_and_nothing_else(chunk: bytes, raw_bytes: int) -> None:
    with suppress(CorruptChunkError):
        assert len(codec.inflate(chunk, raw_bytes)) == raw_bytes


def test_a_bomb_is_never_inflated() -> None:
    bomb = zlib.compress(bytes(200 << 20), 9)
    assert len(bomb) <= schema.MAX_CHUNK_BYTES
    tracemalloc.start()
    try:
        with pytest.raises(CorruptChunkError):
            codec.inflate(bomb, 1000)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("raw_bytes", [-1, schema.MAX_RAW_BYTES + 1, 1 << 62])
def test_a_length_over_the_limits_is_refused_before_inflating(raw_bytes: int) -> None:
    with pytest.raises(CorruptChunkError, match="over the limits"):
        codec.inflate(codec.deflate(b""), raw_bytes)


def test_a_chunk_over_the_limit_is_refused() -> None:
    with pytest.raises(CorruptChunkError, match="over the limits"):
        codec.inflate(bytes(schema.MAX_CHUNK_BYTES + 1), 10)


def test_the_largest_chunk_allowed_inflates() -> None:
    raw = bytes(schema.MAX_RAW_BYTES)
    assert len(codec.inflate(codec.deflate(raw), schema.MAX_RAW_BYTES)) == schema.MAX_RAW_BYTES


def sealed_header() -> bytes:
    header = pb.FrameHeader(format_version=1, step=7, sequence=3, attempt=pb.Attempt(id="a"))
    return codec.seal_header(header.SerializeToString())


def test_a_sealed_header_opens() -> None:
    header = codec.open_header(sealed_header())
    assert (header.step, header.sequence, header.attempt.id) == (7, 3, "a")


def test_a_sealed_header_is_the_message_with_the_checksum_as_its_last_field() -> None:
    sealed = sealed_header()
    assert pb.FrameHeader.FromString(sealed).header_crc32c == codec.crc32c(sealed[:-5])


@pytest.mark.parametrize("place", range(len(sealed_header())))
def test_every_flipped_byte_of_a_header_is_detected(place: int) -> None:
    for bit in range(8):
        damaged = bytearray(sealed_header())
        damaged[place] ^= 1 << bit
        with pytest.raises(CorruptChunkError):
            codec.open_header(bytes(damaged))


@pytest.mark.parametrize("length", range(len(sealed_header())))
def test_every_shortened_header_is_detected(length: int) -> None:
    with pytest.raises(CorruptChunkError):
        codec.open_header(sealed_header()[:length])


def test_a_header_over_the_limit_is_refused_even_if_sealed() -> None:
    large = codec.seal_header(bytes(schema.MAX_HEADER_BYTES))
    with pytest.raises(CorruptChunkError, match="over the limits"):
        codec.open_header(large)


def test_sealed_bytes_that_are_no_message_are_corrupt() -> None:
    with pytest.raises(CorruptChunkError, match="not a message"):
        codec.open_header(codec.seal_header(b"\xff\xff\xff"))


@given(body=st.binary(max_size=200))
def test_any_sealed_bytes_open_or_are_corrupt_and_nothing_else(body: bytes) -> None:
    with suppress(CorruptChunkError):
        codec.open_header(codec.seal_header(body))


@pytest.mark.parametrize("encoding", [pb.ENCODING_UNSPECIFIED, 5, 99])
def test_an_unknown_encoding_is_corrupt(encoding: pb.Encoding) -> None:
    with pytest.raises(CorruptChunkError, match="unknown encoding"):
        codec.decode_codes(b"", Shape(0, 0, 0), encoding)


@pytest.mark.parametrize("encoding", ENCODINGS, ids=pb.Encoding.Name)
def test_bytes_that_do_not_fit_the_shape_are_corrupt(encoding: pb.Encoding) -> None:
    with pytest.raises(CorruptChunkError, match="for 4 cells"):
        codec.decode_codes(bytes(3), Shape(1, 2, 2), encoding)


@pytest.mark.parametrize(
    ("shape", "cells"),
    [(Shape(2, 3, 4), 24), (Shape(2, 3, 3, True), 12), (Shape(1, 1, 1, True), 1)],
)
def test_a_shape_counts_its_stored_cells(shape: Shape, cells: int) -> None:
    assert shape.cells == cells


def test_crc32c_is_castagnoli() -> None:
    assert codec.crc32c(b"123456789") == 0xE3069283


def test_codes_are_little_endian() -> None:
    one = np.ones((1, 1, 1), np.float32)
    assert codec.encode(one, pb.F32, triangle=False) == struct.pack("<f", 1.0)
    assert codec.encode(one / 256, pb.U16, triangle=False) == struct.pack("<H", 256)
