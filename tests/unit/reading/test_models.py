"""A portable model is read back as it was written, or refused: never executed, never guessed at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.logging import events
from tensorboard_plugin_attn.portable import weights
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.models import StoredModel, UnusableModelError, read_model
from tensorboard_plugin_attn.reading.runs import Runs
from tests.fixtures.logs import event_path, write_events
from tests.fixtures.portable_logs import VOCABULARY, write_models
from tests.fixtures.portable_models import description, portable_model, tensors

DATA = weights.to_bytes(tensors(description()))


def only_model(directory: Path) -> StoredModel:
    runs = Runs(EventIndex(directory), 0.0)
    runs.refresh()
    with runs.locked() as known:
        [run] = known.values()
        assert run.models is not None
        [frame] = run.models.timeline(run.attempts)
    return read_model(runs, frame)


def model_event(blobs: list[bytes]) -> object:
    header = pb.FrameHeader(
        format_version=1, attempt=pb.Attempt(id="a"), sequence=1, step=1, wall_time_s=1.0
    )
    return events.blob_event(
        schema.MODEL_TAG, blobs, header, events.stream_metadata(pb.PORTABLE_MODEL)
    )


def write(directory: Path, blobs: list[bytes]) -> Path:
    return write_events(event_path(directory), [model_event(blobs)])  # type: ignore[list-item]


def test_what_was_written_is_read_and_its_items_are_named(tmp_path: Path) -> None:
    write_models(tmp_path, [7])
    stored = only_model(tmp_path)
    expected = portable_model(seed=7)
    assert stored.model.description == expected.description
    for name, array in expected.tensors.items():
        np.testing.assert_array_equal(stored.model.tensors[name], array)
    runs = Runs(EventIndex(tmp_path), 0.0)
    runs.refresh()
    catalogue = runs.catalogue(".")
    [attempt] = {frame.attempt for frame in runs._runs["."].catalogues}
    axis = catalogue.axis(attempt, stored.vocabulary_axis)
    assert axis is not None
    assert [catalogue.items[number].id for number in axis] == VOCABULARY[1:]


def test_weights_in_pieces_are_put_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "MAX_WEIGHTS_PIECE_BYTES", 1000)
    blobs = events.model_blobs(description().to_json(), DATA, 1)
    assert len(blobs) == 1 + -(-len(DATA) // 1000)
    write(tmp_path, blobs)
    np.testing.assert_array_equal(
        only_model(tmp_path).model.tensors["items"], tensors(description())["items"]
    )


def message(**changes: object) -> bytes:
    fields = {
        "description": description().to_json(),
        "weights_bytes": len(DATA),
        "weights_crc32c": codec.crc32c(DATA),
    }
    return pb.PortableModel(**fields | changes).SerializeToString()  # type: ignore[arg-type]


DIVERGED = weights.to_bytes(
    {name: np.full_like(array, np.inf) for name, array in tensors(description()).items()}
)


@pytest.mark.parametrize(
    "blobs",
    [
        [],
        [b"\xff\xff"],
        [b""],
        [message()],
        [message(), DATA[:-4]],
        [message(), DATA[:-4] + bytes(4)],
        [message(weights_bytes=1 << 60), DATA],
        [message(description=b"{}"), DATA],
        [message(description=b'{"version": 99}'), DATA],
        [message(description=description(layers=1, attention_layers=["a"]).to_json()), DATA],
        [message(weights_bytes=len(DIVERGED), weights_crc32c=codec.crc32c(DIVERGED)), DIVERGED],
        [message(weights_bytes=4, weights_crc32c=codec.crc32c(b"\x80\x04N.")), b"\x80\x04N."],
    ],
)
def test_what_is_not_a_model_is_refused(tmp_path: Path, blobs: list[bytes]) -> None:
    write(tmp_path, blobs)
    with pytest.raises(UnusableModelError):
        only_model(tmp_path)
