"""Chunks to arrays, or why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec
from tensorboard_plugin_attn.logging.frames import FrameEncoder, LayerDescription
from tensorboard_plugin_attn.reading.attention import (
    UserAttention,
    is_attention,
    read_user,
)
from tensorboard_plugin_attn.reading.chunks import AbsentChunkError, ChunkReader
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.runs import Runs
from tests.fixtures.logs import LAYER, attention, event_path, frame_event, write_events


def read(directory: Path, step: int, user: int = 0) -> UserAttention:
    runs = Runs(EventIndex(str(directory)))
    runs.refresh()
    with runs.locked() as known:
        run = known["."]
        stream = run.layers[LAYER]
        frame = stream.at(run.attempts, step)
    assert frame is not None
    return read_user(ChunkReader(runs, stream, user), frame)


def test_every_step_reads_back_within_its_bound_whole_or_difference(tmp_path: Path) -> None:
    encoder = FrameEncoder(LayerDescription(LAYER, 0, 2, causal=True))
    write_events(event_path(tmp_path), [frame_event(s, encoder=encoder) for s in range(1, 5)])
    for step in range(1, 5):
        found = read(tmp_path, step, user=1)
        codes = codec.quantise(found.attention, pb.U8_SQRT)
        error = np.abs(found.attention - attention(seed=step)[1])
        assert (error <= codec.error_bound(codes, pb.U8_SQRT) + 1e-6).all()
        assert found.triangle
        assert (found.chunk.reference_sequence != 0) == (step > 1)


def spoilt(**fields: object) -> object:
    def change(chunk: pb.Chunk) -> None:
        for name, value in fields.items():
            setattr(chunk, name, value)

    return change


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"rejected_reason": "nan"}, "rejected"),
        ({"encoding": 99}, "newer_format"),
        ({"layout": 99}, "newer_format"),
        ({"layout": pb.REDUCED}, "reduced"),
        ({"crc32c": 1}, "corrupt"),
        ({"raw_bytes": 7}, "corrupt"),
        ({"raw_bytes": 1 << 31}, "corrupt"),
        ({"query_length": 3}, "corrupt"),
        ({"query_length": 1 << 31, "key_length": 1 << 31}, "corrupt"),
        ({"reference_sequence": 77}, "corrupt"),
    ],
)
def test_what_cannot_be_computed_with_says_why(
    tmp_path: Path, fields: dict[str, object], reason: str
) -> None:
    write_events(event_path(tmp_path), [frame_event(1, chunk=spoilt(**fields))])
    with pytest.raises(AbsentChunkError) as caught:
        read(tmp_path, 1)
    assert caught.value.reason == reason


def test_a_user_that_the_step_does_not_have_is_not_logged(tmp_path: Path) -> None:
    write_events(event_path(tmp_path), [frame_event(1)])
    with pytest.raises(AbsentChunkError) as caught:
        read(tmp_path, 1, user=2)
    assert caught.value.reason == "not_logged"


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1, 1.1])
def test_cells_that_no_softmax_gives_are_no_attention(value: float) -> None:
    cells = np.full((1, 2, 2), 0.5, np.float32)
    assert is_attention(cells)
    cells[0, 1, 1] = value
    assert not is_attention(cells)
    assert not is_attention(np.zeros((1, 0, 0), np.float32))
