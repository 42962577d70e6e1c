"""What is kept of long sequences, against plain definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, reduction, schema
from tensorboard_plugin_attn.codec import CorruptChunkError
from tensorboard_plugin_attn.reduction import Plan


def attention(heads: int, queries: int, keys: int, seed: int = 0) -> np.ndarray:
    cells = np.random.default_rng(seed).exponential(size=(heads, queries, keys)) ** 3
    return (cells / cells.sum(-1, keepdims=True)).astype(np.float32)


plans = st.builds(
    lambda heads, queries, keys, rows, tiles, top: Plan(
        heads,
        queries,
        keys,
        min(rows, queries),
        (min(tiles[0], queries), min(tiles[1], keys)),
        min(top, keys),
    ),
    st.integers(1, 3),
    st.integers(1, 23),
    st.integers(1, 23),
    st.integers(1, 3),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.integers(1, 5),
)


@given(kept=plans)
def test_every_part_is_what_its_definition_says(kept: Plan) -> None:
    whole = attention(kept.heads, kept.queries, kept.keys)
    found = reduction.reduce(whole, kept)
    assert np.array_equal(found.exact, whole[:, kept.queries - kept.exact_rows :])
    for head in range(kept.heads):
        for i in range(kept.overview[0]):
            for j in range(kept.overview[1]):
                rows = slice(*(t * kept.queries // kept.overview[0] for t in (i, i + 1)))
                columns = slice(*(t * kept.keys // kept.overview[1] for t in (j, j + 1)))
                tile = whole[head, rows, columns]
                assert found.mean[head, i, j] == pytest.approx(tile.mean(), rel=1e-5, abs=1e-7)
                assert found.maximum[head, i, j] == tile.max()
        for query in range(kept.queries):
            row = whole[head, query]
            assert found.top[head, query].tolist() == sorted(row, reverse=True)[: kept.top_k]
            assert np.array_equal(row[found.top_keys[head, query]], found.top[head, query])


@pytest.mark.parametrize("encoding", sorted(codec.DTYPES), ids=pb.Encoding.Name)
@given(kept=plans)
def test_what_was_encoded_comes_back_within_the_encodings_error(
    encoding: pb.Encoding, kept: Plan
) -> None:
    made = reduction.reduce(attention(kept.heads, kept.queries, kept.keys), kept)
    raw = reduction.encode(made, encoding)
    assert len(raw) == kept.raw_bytes(encoding)
    found = reduction.decode(raw, kept, encoding)
    assert np.array_equal(found.top_keys, made.top_keys)
    for name in ("exact", "mean", "maximum", "top"):
        before, after = getattr(made, name), getattr(found, name)
        bound = codec.error_bound(codec.quantise(before, encoding), encoding)
        assert (np.abs(after.astype(np.float64) - before) <= bound + 4 * 2.0**-24).all()


@pytest.mark.parametrize("encoding", sorted(codec.DTYPES), ids=pb.Encoding.Name)
@pytest.mark.parametrize("shape", [(1, 1100, 1100), (8, 4096, 4096), (2, 8192, 8192), (4, 1, 8192)])
def test_the_plan_of_a_long_sequence_fits_a_chunk(
    encoding: pb.Encoding, shape: tuple[int, int, int]
) -> None:
    kept = reduction.plan(*shape, encoding)
    assert kept.raw_bytes(encoding) <= schema.MAX_CHUNK_BYTES
    assert kept.exact_rows == 1
    assert 1 <= kept.top_k <= reduction.TOP_K
    assert all(1 <= side <= reduction.OVERVIEW_SIDE for side in kept.overview)
    assert kept.message() == pb.Reduction(
        exact_rows=1,
        overview_queries=kept.overview[0],
        overview_keys=kept.overview[1],
        top_k=kept.top_k,
    )


def test_a_usual_long_sequence_keeps_four_cells_a_row_and_a_full_overview() -> None:
    kept = reduction.plan(2, 1024, 1024)
    assert (kept.top_k, kept.overview) == (4, (256, 256))


@given(kept=plans, cut=st.integers(1, 10))
def test_bytes_of_another_length_are_corrupt(kept: Plan, cut: int) -> None:
    raw = reduction.encode(
        reduction.reduce(attention(kept.heads, kept.queries, kept.keys), kept), pb.U8_SQRT
    )
    with pytest.raises(CorruptChunkError, match="do not hold"):
        reduction.decode(raw[:-cut], kept, pb.U8_SQRT)


def test_a_key_that_is_none_is_corrupt() -> None:
    kept = Plan(1, 2, 3, 1, (1, 1), 1)
    raw = reduction.encode(reduction.reduce(attention(1, 2, 3), kept), pb.U8_SQRT)
    with pytest.raises(CorruptChunkError, match="key 3 of 3"):
        reduction.decode(raw[:-2] + b"\x03\x00", kept, pb.U8_SQRT)


@given(length=st.integers(1, 200), tiles=st.integers(1, 200))
def test_tiles_cover_an_axis_once(length: int, tiles: int) -> None:
    tiles = min(tiles, length)
    found = reduction.edges(length, tiles).tolist()
    assert found[0] == 0
    assert found == sorted(set(found))
    assert max(np.diff([*found, length])) <= math.ceil(length / tiles)
