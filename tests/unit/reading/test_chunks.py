"""Chunks of one user followed to what they refer to, and decoded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.logging.frames import FrameEncoder, LayerDescription
from tensorboard_plugin_attn.reading.chunks import AbsentChunkError, ChunkReader
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import FrameInfo
from tests.fixtures.logs import LAYER, attention, event_path, frame_event, write_events


def opened(directory: Path, user: int = 0) -> tuple[ChunkReader, dict[int, FrameInfo]]:
    """Return a reader of the log's only layer, and its frames by step."""
    runs = Runs(EventIndex(directory))
    runs.refresh()
    with runs.locked() as known:
        run = known["."]
        stream = run.layers[LAYER]
        frames = {frame.step: frame for frame in stream.timeline(run.attempts)}
    return ChunkReader(runs, stream, user), frames


def logged(directory: Path, steps: int, **more: Callable[[pb.Chunk], None]) -> None:
    encoder = FrameEncoder(LayerDescription(LAYER, 0, 2, causal=True))
    write_events(
        event_path(directory),
        [frame_event(step, encoder=encoder, **more) for step in range(1, steps + 1)],
    )


def test_every_frame_of_two_groups_decodes_to_what_was_logged(tmp_path: Path) -> None:
    logged(tmp_path, 70)
    reader, frames = opened(tmp_path)
    for step, frame in frames.items():
        expected = attention(seed=step)[0]
        bound = codec.error_bound(codec.quantise(expected, pb.U8_SQRT), pb.U8_SQRT)
        assert (np.abs(reader.attention(frame) - expected) <= bound + 1e-7).all()


def test_a_chain_ends_where_the_caller_knows_the_rest(tmp_path: Path) -> None:
    logged(tmp_path, 9)
    reader, frames = opened(tmp_path)
    last, earlier = reader.read(frames[9]), reader.read(frames[7])
    whole = reader.chain(last)
    assert [chunk.frame.step for chunk in whole] == list(range(9, 0, -1))
    known = reader.chain(last, lambda name: name == earlier.name)
    assert [chunk.frame.step for chunk in known] == [9, 8]
    assert reader.chain(last, lambda name: True) == []


@pytest.mark.parametrize("reference", [3, 4, 1000])
def test_a_reference_to_itself_a_later_or_a_missing_frame_is_corrupt(
    tmp_path: Path, reference: int
) -> None:
    def refer(chunk: pb.Chunk) -> None:
        chunk.reference_sequence = reference

    events = [frame_event(1), frame_event(2), frame_event(3, chunk=refer), frame_event(4)]
    write_events(event_path(tmp_path), events)
    reader, frames = opened(tmp_path)
    with pytest.raises(codec.CorruptChunkError, match="missing"):
        reader.attention(frames[3])


def test_a_chain_without_end_is_corrupt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MAX_REFERENCES", 5)
    logged(tmp_path, 9)
    reader, frames = opened(tmp_path)
    assert reader.attention(frames[6]).shape == (2, 4, 4)
    with pytest.raises(codec.CorruptChunkError, match="too many"):
        reader.attention(frames[7])


def test_a_user_the_step_does_not_have_is_not_logged(tmp_path: Path) -> None:
    logged(tmp_path, 1)
    reader, frames = opened(tmp_path, user=7)
    with pytest.raises((AbsentChunkError, codec.CorruptChunkError), match="users"):
        reader.read(frames[1])


def test_what_was_rejected_says_why(tmp_path: Path) -> None:
    def reject(chunk: pb.Chunk) -> None:
        chunk.CopyFrom(pb.Chunk(rejected_reason="1 of 32 cells are NaN or infinite"))

    write_events(event_path(tmp_path), [frame_event(1, chunk=reject)])
    reader, frames = opened(tmp_path)
    with pytest.raises(AbsentChunkError, match="NaN") as raised:
        reader.attention(frames[1])
    assert raised.value.reason == "rejected"
