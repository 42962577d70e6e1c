"""Scalars and alerts beside attention: when, what, and never at the expense of a frame."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from tensorboard.compat.proto import event_pb2

from tensorboard_plugin_attn import AttentionWriter, measures_codec
from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.analysis import measures
from tensorboard_plugin_attn.logging import health
from tensorboard_plugin_attn.logging.cohort_means import cohort_means, even_bits
from tensorboard_plugin_attn.logging.health import ALERTS_TAG, SCALARS
from tensorboard_plugin_attn.logging.records import RecordFile
from tests.fixtures.logs import LAYER, Floats, attention, cohort, own_events, read_events

USERS = 2


def sink_attention(users: int = USERS, heads: int = 2, size: int = 6) -> Floats:
    """Return attention whose head 0 looks at the first key and whose others are as usual."""
    found = attention(users, heads, size)
    found[:, 0] = 0
    found[:, 0, :, 0] = 1
    return found


def write(directory: Path, steps: Iterable[int], **settings: object) -> Path:
    with AttentionWriter(directory, cohort=cohort(USERS), **settings) as writer:  # type: ignore[arg-type]
        for step in steps:
            writer.attention(LAYER, attention(seed=step), step=step, causal=True)
            assert writer.flush()
    return Path(str(writer.status().file))


def scalars(path: Path) -> dict[int, dict[str, float]]:
    """Return `tag -> value` by step."""
    return {
        event.step: {value.tag: value.simple_value for value in event.summary.value}
        for event in read_events(path)
        if event.summary.value and event.summary.value[0].WhichOneof("value") == "simple_value"
    }


def texts(path: Path) -> dict[int, str]:
    return {
        event.step: event.summary.value[0].tensor.string_val[0].decode()
        for event in read_events(path)
        if event.summary.value and event.summary.value[0].tag == ALERTS_TAG
    }


def test_a_scalar_is_the_mean_over_the_cohort(tmp_path: Path) -> None:
    found = scalars(write(tmp_path, [1, 2]))
    assert set(found) == {1, 2}
    for step, values in found.items():
        users = [measures.measure(user) for user in attention(seed=step)]
        for name in SCALARS[:-1]:
            expected = np.mean([getattr(user, name) for user in users], axis=0)
            for head in range(2):
                tag = f"attention/{LAYER}/{name}/head_{head}"
                assert values[tag] == pytest.approx(expected[head], rel=2e-3)
        assert not [tag for tag in values if "importance" in tag]


def test_early_steps_are_dense_later_ones_one_in_twenty_and_the_last_is_there(
    tmp_path: Path,
) -> None:
    steps = sorted(scalars(write(tmp_path, range(1, 301))))
    assert steps[:12] == [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18]
    assert steps[-1] == 300
    late = [step for step in steps if step > 100][:-1]
    assert np.diff(late).tolist() == [20] * (len(late) - 1)


def test_one_event_holds_all_layers_of_a_step(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort(USERS)) as writer:
        for step in (1, 2):
            for layer in ("a", "b"):
                writer.attention(layer, attention(seed=step), step=step)
    found = scalars(Path(str(writer.status().file)))
    assert set(found) == {1, 2}
    for values in found.values():
        assert {tag.split("/")[1] for tag in values} == {"a", "b"}


def test_scalars_every_step_or_none(tmp_path: Path) -> None:
    every = write(tmp_path / "every", range(1, 40), scalars_every=1)
    assert sorted(scalars(every)) == list(range(1, 40))
    assert scalars(write(tmp_path / "none", range(1, 40), scalars=False)) == {}
    with pytest.raises(ValueError, match="scalars_every=0: must be 1 or more"):
        AttentionWriter(tmp_path / "bad", scalars_every=0)


def test_steps_with_importance_always_have_scalars(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort(USERS)) as writer:
        for step in range(1, 60):
            importance = [[1.0, 3.0], [np.nan, np.nan]] if step == 44 else None
            writer.attention(LAYER, attention(seed=step), step=step, importance=importance)
            assert writer.flush()
    found = scalars(Path(str(writer.status().file)))
    assert 43 not in found
    assert 45 not in found
    tags = [f"attention/{LAYER}/importance/head_{head}" for head in (0, 1)]
    assert [found[44][tag] for tag in tags] == [1.0, 3.0]


def test_importance_of_another_shape_is_refused_with_the_shape(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with AttentionWriter(tmp_path, cohort=cohort(USERS)) as writer:
        writer.attention(LAYER, attention(), step=1, importance=[1.0, 2.0])
    assert writer.status().rejected == 1
    assert "importance [2]: must be [user, head], [2, 2]" in caplog.text


def test_an_alert_is_told_once_when_it_begins_and_once_when_it_ends(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.INFO, logger="tensorboard_plugin_attn"),
        AttentionWriter(tmp_path, cohort=cohort(USERS)) as writer,
    ):
        for step in range(1, 41):
            values = sink_attention() if step <= 20 else attention(USERS, 2, 6)
            writer.attention(LAYER, values, step=step, causal=False)
            assert writer.flush()
    found = texts(Path(str(writer.status().file)))
    began = [step for step, text in found.items() if f"{LAYER} head 0: sink: 1.00" in text]
    ended = [step for step, text in found.items() if f"{LAYER} head 0: no longer sink" in text]
    assert began == [5]
    assert len(ended) == 1
    assert ended[0] > 20
    assert f"As of this step: {LAYER} head 0 collapsed; {LAYER} head 0 sink." in found[5]
    said = [record.message for record in caplog.records if ": sink: " in record.message]
    sentence = "sink: 1.00 of its attention on the first key over the last 5 steps"
    assert said == [f"step 5: {LAYER} head 0: {sentence}"]


def test_heads_are_called_by_their_names(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort(USERS)) as writer:
        for step in range(1, 7):
            writer.attention(LAYER, sink_attention(), step=step, head_names=("first", "rest"))
    [text] = texts(Path(str(writer.status().file))).values()
    assert f"* {LAYER} first: sink" in text


def test_alerts_can_be_switched_off(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort(USERS), alerts=False) as writer:
        for step in range(1, 10):
            writer.attention(LAYER, sink_attention(), step=step)
    path = Path(str(writer.status().file))
    assert texts(path) == {}
    assert scalars(path)


def test_a_layer_called_alerts_keeps_its_tag(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort(USERS)) as writer:
        for step in range(1, 10):
            writer.attention("alerts", sink_attention(), step=step)
    assert len(own_events(Path(str(writer.status().file)), ALERTS_TAG)) == 9


def test_nothing_is_counted_as_an_entry(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort(USERS)) as writer:
        for step in range(1, 10):
            writer.attention(LAYER, sink_attention(), step=step)
    status = writer.status()
    path = Path(str(status.file))
    assert (status.offered, status.written) == (9, 9)
    assert status.written_bytes + len_of_first_record(path) == path.stat().st_size


def len_of_first_record(path: Path) -> int:
    return 16 + len(read_events(path)[0].SerializeToString())


def test_an_error_here_loses_no_frame_and_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(health, "_reading", broken)
    path = write(tmp_path, range(1, 10))
    assert len(own_events(path, f"attention/{LAYER}")) == 9
    assert caplog.text.count("no scalars and alerts any more") == 1


def test_scalars_a_full_disk_refused_are_in_the_next_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tensorboard_plugin_attn.logging.sink.FIRST_RETRY_S", 0.0)
    append = RecordFile.append
    full = [True]

    def fail_scalars(file: RecordFile, event: event_pb2.Event) -> int:
        if full and event.summary.value and event.summary.value[0].HasField("simple_value"):
            full.clear()
            raise OSError(errno.ENOSPC, "No space left on device")
        return append(file, event)

    monkeypatch.setattr(RecordFile, "append", fail_scalars)
    with AttentionWriter(tmp_path, cohort=cohort(USERS)) as writer:
        writer._sink._retry_s = 0.0
        for step in (1, 2, 3):
            writer.attention(LAYER, attention(seed=step), step=step)
            assert writer.flush()
    status = writer.status()
    assert (status.written, status.failed) == (3, 0)  # what goes to a new file at once
    assert sorted(scalars(Path(str(status.file)))) == [1, 2, 3]


def test_scalars_in_a_file_that_held_nothing_else_are_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tensorboard_plugin_attn.logging.sink.FIRST_RETRY_S", 0.0)
    append = RecordFile.append

    def fail_step_2(file: RecordFile, event: event_pb2.Event) -> int:
        if event.step == 2 and event.summary.value[0].tag == f"attention/{LAYER}":
            raise OSError(errno.ENOSPC, "No space left on device")
        return append(file, event)

    monkeypatch.setattr(RecordFile, "append", fail_step_2)
    with AttentionWriter(tmp_path, cohort=cohort(USERS)) as writer:
        writer._sink._retry_s = 0.0
        for step in (1, 2, 3):
            if step == 2:  # what comes next begins a file, which is taken away again
                Path(str(writer.status().file)).unlink()
            writer.attention(LAYER, attention(seed=step), step=step)
            assert writer.flush()
    status = writer.status()
    assert (status.written, status.failed) == (2, 1)
    assert sorted(scalars(Path(str(status.file)))) == [1, 3]


def chunk(entropy: list[float], queries: int = 4, keys: int = 4) -> pb.Chunk:
    none = np.zeros(len(entropy), np.float32)
    measured = dict.fromkeys(measures_codec.STORED, none) | {"entropy_bits": np.array(entropy)}
    stored = measures_codec.pack(measured) if entropy else None
    return pb.Chunk(query_length=queries, key_length=keys, measures=stored)


def test_rejected_users_are_left_out_of_means() -> None:
    chunks = [chunk([1.0, 2.0]), pb.Chunk(rejected_reason="NaN"), chunk([3.0, 2.0], 8, 8)]
    means = cohort_means(chunks, ("entropy_bits", "importance"))
    assert {name: values.tolist() for name, values in means.items()} == {"entropy_bits": [2, 2]}
    assert even_bits(chunks, causal=False) == 2.5
    with pytest.raises(ValueError, match="no user"):
        even_bits([pb.Chunk(rejected_reason="NaN")], causal=False)
