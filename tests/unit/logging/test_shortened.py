"""Long sequences: reduced where they are handed in, readable, and said to be reduced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_attn import AttentionWriter, schema
from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.analysis import measures
from tensorboard_plugin_attn.logging.shortened import is_too_long, shorten
from tensorboard_plugin_attn.reading.chunks import AbsentChunkError, ChunkReader
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.runs import Runs
from tests.fixtures.tab import Tab

LONG = 1100


def attention(heads: int = 1, length: int = LONG) -> np.ndarray:
    cells = np.tril(np.random.default_rng(0).exponential(size=(heads, length, length)) ** 3)
    return (cells / cells.sum(-1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize(
    ("shape", "too_long"),
    [((1, 1024, 1024), False), ((1, 1025, 1024), True), ((8, 1, 8192), False), ((3, 9), False)],
)
def test_what_has_more_cells_than_a_chunk_may_hold_is_too_long(
    shape: tuple[int, ...], too_long: bool
) -> None:
    assert is_too_long(shape) is too_long


def test_measures_are_those_of_all_cells() -> None:
    whole = attention(heads=3)
    found = shorten(whole, pb.U8_SQRT)
    assert found.measures is not None
    expected = measures.measure(whole)
    for name, values in vars(expected).items():
        assert getattr(found.measures, name) == pytest.approx(values, rel=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_the_row_that_predicts_comes_back_exactly_placed(tmp_path: Path, dtype: type) -> None:
    whole = attention()
    with AttentionWriter(tmp_path) as writer:
        writer.attention("long", [whole.astype(dtype)], step=1, causal=True)
    assert writer.status().written == 1
    runs = Runs(EventIndex(tmp_path))
    runs.refresh()
    with runs.locked() as known:
        run = known["."]
        stream = run.layers["long"]
        frame = stream.timeline(run.attempts)[0]
    reader = ChunkReader(runs, stream, 0)
    stored = reader.read(frame)
    assert (stored.chunk.query_length, stored.chunk.key_length) == (LONG, LONG)
    found = reader.reduced(stored)
    assert found.exact[0, 0] == pytest.approx(whole[0, -1], abs=0.004)
    assert found.mean.shape == (1, 256, 256)
    with pytest.raises(AbsentChunkError, match="reduced"):
        reader.attention(frame)


def test_the_wire_says_what_was_kept(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path) as writer:
        writer.attention("long", [attention()], step=1)
    (frame,) = Tab(tmp_path).frames(run=".", layer="long", user=0, steps="1").header["frames"]
    assert frame["layout"] == "REDUCED"
    assert frame["reduction"] == {
        "exact_rows": 1,
        "overview_queries": 256,
        "overview_keys": 256,
        "top_k": 4,
    }


def test_one_users_bad_long_attention_is_refused_with_its_reason(tmp_path: Path) -> None:
    bad = attention()
    bad[0, 5, 2] = np.nan
    with AttentionWriter(tmp_path) as writer:
        writer.attention("long", [attention(), bad], step=1)
    assert writer.status().written == 1
    answer = Tab(tmp_path).frames(run=".", layer="long", user=1, steps="1")
    assert answer.absent == {1: "rejected"}


def test_what_is_over_the_dimensions_limit_is_refused(tmp_path: Path) -> None:
    wide = np.full((1, 200, schema.MAX_DIMENSION + 1), 1 / (schema.MAX_DIMENSION + 1), np.float32)
    with AttentionWriter(tmp_path) as writer:
        writer.attention("long", [wide], step=1)
    assert writer.status().rejected == 1
