"""From arrays to chunks: what is refused, what is a key frame, what a reader gets back."""

from __future__ import annotations

import numpy as np
import pytest

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, differences, measures_codec, schema
from tensorboard_plugin_attn.codec import Shape
from tensorboard_plugin_attn.logging.frames import (
    GROUP_FRAMES,
    LINK_FRAMES,
    FrameEncoder,
    LayerDescription,
)
from tensorboard_plugin_attn.logging.rejection import rejection
from tests.fixtures.logs import Floats, attention


def encoder(*, causal: bool = True, encoding: pb.Encoding = pb.U8_SQRT) -> FrameEncoder:
    return FrameEncoder(LayerDescription("l", 0, 2, causal=causal), encoding)


def encode_one(
    made: FrameEncoder, values: Floats, sequence: int = 1, axis_length: int = 0
) -> tuple[pb.Chunk, bytes]:
    chunks, blobs = made.encode([values], sequence, [axis_length])
    return chunks[0], blobs[0]


def spoilt(value: float, row: bool = False) -> Floats:
    values = attention()[0]
    values[0, 1] = value if row else values[0, 1]
    values[1, 2, 0] = value
    return values


def uniform(*shape: int) -> Floats:
    return np.full(shape, 1 / shape[-1], np.float32)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (spoilt(np.nan), "1 of 32 cells are NaN or infinite"),
        (spoilt(np.inf), "1 of 32 cells are NaN or infinite"),
        (spoilt(-np.inf), "1 of 32 cells are NaN or infinite"),
        (spoilt(-0.25), "1 of 32 cells are negative"),
        (spoilt(0.9, row=True), "2 of 8 rows do not sum to 1"),
        (np.zeros((2, 4, 4), np.float32), "8 of 8 rows do not sum to 1"),
        (attention()[0] * np.float32(1.002), "8 of 8 rows do not sum to 1"),
        (np.ones((3,), np.float32), "not [head, query, key]"),
        (np.ones((3, 3), np.float32), "not [head, query, key]"),
        (np.ones((1, 1, 1, 1), np.float32), "not [head, query, key]"),
        (np.ones((), np.float32), "not [head, query, key]"),
        (np.ones((2, 0, 4), np.float32), "not [head, query, key]"),
        (uniform(schema.MAX_HEADS + 1, 1, 1), "over the limits"),
        (uniform(1, schema.MAX_DIMENSION + 1, 1), "over the limits"),
        (uniform(1, 1, schema.MAX_DIMENSION + 1), "over the limits"),
    ],
)
def test_what_is_not_attention_is_refused_with_the_reason(values: Floats, why: str) -> None:
    chunk, blob = encode_one(encoder(), values)
    assert why in chunk.rejected_reason
    assert blob == b""
    assert chunk == pb.Chunk(rejected_reason=chunk.rejected_reason)


@pytest.mark.parametrize(
    "values",
    [
        attention()[0],
        attention()[0] * np.float32(1.0009),
        attention(queries=1)[0],
        uniform(schema.MAX_HEADS, 2, 2),
        uniform(1, 1, schema.MAX_DIMENSION),
        uniform(1, 1024, 1024),
        attention(queries=2, keys=9)[0],
        attention()[0].astype(np.float16).astype(np.float32),
    ],
)
def test_what_is_attention_is_not_refused(values: Floats) -> None:
    assert rejection(values) == ""


def test_one_users_bad_attention_leaves_the_others_alone() -> None:
    good = attention(3)
    good[1] = np.nan
    chunks, blobs = encoder().encode(list(good), 1, [0, 0, 0])
    assert [bool(chunk.rejected_reason) for chunk in chunks] == [False, True, False]
    assert [bool(blob) for blob in blobs] == [True, False, True]


@pytest.mark.parametrize("encoding", sorted(codec.DTYPES), ids=pb.Encoding.Name)
@pytest.mark.parametrize("causal", [True, False])
def test_a_chunk_decodes_to_the_codes_of_what_was_encoded(
    encoding: pb.Encoding, causal: bool
) -> None:
    values = attention(causal=causal)[0]
    chunk, blob = encode_one(encoder(causal=causal, encoding=encoding), values)
    raw = codec.inflate(blob, chunk.raw_bytes)
    shape = Shape(2, chunk.query_length, chunk.key_length, chunk.layout == pb.LOWER_TRIANGLE)
    assert codec.crc32c(raw) == chunk.crc32c
    assert shape.triangle == causal
    expected = codec.quantise(values, encoding)
    assert np.array_equal(codec.decode_codes(raw, shape, chunk.encoding), expected)


def test_a_causal_layer_that_attends_to_the_future_is_stored_in_full() -> None:
    chunk, _ = encode_one(encoder(causal=True), attention(causal=False)[0])
    assert chunk.layout == pb.FULL


def test_a_causal_layer_with_fewer_queries_than_keys_is_stored_in_full() -> None:
    chunk, _ = encode_one(encoder(causal=True), attention(queries=2, keys=4)[0])
    assert chunk.layout == pb.FULL


def references(made: FrameEncoder, frames: list[Floats]) -> list[int]:
    """Return the sequence numbers that frames 1, 2, 3... are differences to."""
    return [
        encode_one(made, values, sequence)[0].reference_sequence
        for sequence, values in enumerate(frames, 1)
    ]


def test_a_group_is_a_chain_of_links_with_frames_between() -> None:
    found = references(encoder(), [attention(seed=step)[0] for step in range(70)])
    assert (GROUP_FRAMES, LINK_FRAMES) == (64, 16)
    assert found[:18] == [0, *range(1, 16), 1, 17]
    assert found[31:34] == [31, 17, 33]
    assert found[63:] == [63, 0, 65, 66, 67, 68, 69]


def test_no_frame_needs_more_than_nineteen_reads() -> None:
    found = references(encoder(), [attention(seed=step)[0] for step in range(130)])
    reads = {0: 0}
    for sequence, reference in enumerate(found, 1):
        reads[sequence] = 1 + reads[reference]
    assert max(reads.values()) == 19 <= schema.MAX_REFERENCES


def test_a_difference_plus_its_reference_is_the_frame() -> None:
    made = encoder()
    key, key_blob = encode_one(made, attention(seed=1)[0], 1)
    later = attention(seed=2)[0]
    chunk, blob = encode_one(made, later, 2)
    assert (key.packing, chunk.packing) == (pb.WHOLE, pb.NIBBLES)
    packed = codec.inflate(blob, chunk.packed_bytes)
    raw = differences.add(
        differences.unpack(packed, chunk.raw_bytes), codec.inflate(key_blob, key.raw_bytes)
    )
    assert codec.crc32c(raw) == chunk.crc32c
    assert raw == codec.encode(later, pb.U8_SQRT, triangle=True)


def test_another_shape_starts_a_new_group() -> None:
    small, large = attention(queries=3)[0], attention(queries=4)[0]
    assert references(encoder(), [small, small, large, large, small]) == [0, 1, 0, 3, 0]


def test_another_layout_starts_a_new_group() -> None:
    triangle, full = attention()[0], attention(causal=False)[0]
    assert references(encoder(), [triangle, full, full]) == [0, 0, 2]


def test_a_rejected_frame_starts_a_new_group_for_its_user_only() -> None:
    made = encoder()
    good, bad = attention(2), attention(2)
    bad[0] = np.nan
    made.encode(list(good), 1, [0, 0])
    made.encode(list(bad), 2, [0, 0])
    chunks, _ = made.encode(list(good), 3, [0, 0])
    assert [chunk.reference_sequence for chunk in chunks] == [0, 2]


def test_reset_starts_a_new_group() -> None:
    made = encoder()
    values = attention()[0]
    assert references(made, [values, values]) == [0, 1]
    made.reset()
    assert encode_one(made, values, 3)[0].reference_sequence == 0


@pytest.mark.parametrize("encoding", [pb.U16, pb.F16, pb.F32], ids=pb.Encoding.Name)
def test_wider_encodings_store_no_differences(encoding: pb.Encoding) -> None:
    values = attention()[0]
    assert references(encoder(encoding=encoding), [values] * 3) == [0, 0, 0]


@pytest.mark.parametrize(
    ("axis_length", "queries", "keys", "offsets"),
    [
        (0, 4, 4, (0, 0)),  # no catalogue
        (4, 4, 4, (0, 0)),
        (6, 4, 4, (2, 2)),  # the newest four
        (3, 4, 4, (-1, -1)),  # attends to padding
        (6, 1, 6, (5, 0)),
    ],
)
def test_offsets_say_which_item_stands_first(
    axis_length: int, queries: int, keys: int, offsets: tuple[int, int]
) -> None:
    chunk, _ = encode_one(encoder(), attention(queries=queries, keys=keys)[0], 1, axis_length)
    assert (chunk.query_offset, chunk.key_offset) == offsets


def test_a_chunk_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MAX_CHUNK_BYTES", 10)
    chunk, blob = encode_one(encoder(), attention()[0])
    assert "compressed bytes" in chunk.rejected_reason
    assert blob == b""


def test_a_chunk_carries_the_measures_of_what_was_captured() -> None:
    chunk, _ = encode_one(encoder(), uniform(2, 4, 4))
    found = measures_codec.unpack(chunk.measures)
    assert found["entropy_bits"].tolist() == [2, 2]
    assert found["maximum"].tolist() == [0.25, 0.25]
