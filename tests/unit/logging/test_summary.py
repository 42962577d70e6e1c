"""Attention through summary writers that are there already."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tensorboard_plugin_attn import Privacy, summary
from tensorboard_plugin_attn.logging.records import RecordFile
from tests.fixtures.logs import KEY, LAYER, attention, cohort, event_files, own_events
from tests.fixtures.tab import Tab

RUN = "run"
TAG = f"attention/{LAYER}"


def shown(logdir: Path, step: int, user: int = 0) -> np.ndarray:
    """Return what the tab shows of `user` at `step`."""
    found = Tab(logdir).frames(run=RUN, layer=LAYER, user=user, steps=str(step))
    assert found.absent == {}
    return found.attention(found.header["frames"][0])


def steps_of(logdir: Path) -> list[int]:
    """Return the steps the tab lists."""
    steps: list[int] = Tab(logdir).json("/timeline", run=RUN, layer=LAYER)["steps"]
    return steps


def test_eager_with_the_default_writer_and_step(tmp_path: Path) -> None:
    with tf.summary.create_file_writer(str(tmp_path / RUN)).as_default() as writer:
        tf.summary.experimental.set_step(7)
        assert bool(summary.attention(LAYER, attention(seed=7), causal=True))
        assert bool(summary.attention(LAYER, attention(seed=9), step=9, causal=True))
        writer.flush()
    tf.summary.experimental.set_step(None)
    assert steps_of(tmp_path) == [7, 9]
    np.testing.assert_allclose(shown(tmp_path, 9, 1), attention(seed=9)[1], atol=0.004)


def test_inside_a_graph_with_a_step_of_the_graph(tmp_path: Path) -> None:
    @tf.function
    def train_step(weights: tf.Tensor, step: tf.Tensor) -> None:
        summary.attention(LAYER, weights, step=step, precision="exact")

    with tf.summary.create_file_writer(str(tmp_path / RUN)).as_default() as writer:
        for step in range(3, 6):
            train_step(tf.constant(attention(seed=step)), tf.constant(step, tf.int64))
        writer.flush()
    assert steps_of(tmp_path) == [3, 4, 5]
    np.testing.assert_array_equal(shown(tmp_path, 4), attention(seed=4)[0])


def test_without_a_default_writer_nothing_is_written(tmp_path: Path) -> None:
    assert not bool(summary.attention(LAYER, attention(), step=1))
    assert list(tmp_path.iterdir()) == []


def test_no_step_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="set_step first"):
        summary.attention(LAYER, attention())


def test_a_shape_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must be \[user, head, query, key\]"):
        summary.attention(LAYER, np.ones((2, 3, 3), np.float32), step=1)


def test_catalogue_names_users_and_items_but_no_raw_id(tmp_path: Path) -> None:
    with tf.summary.create_file_writer(str(tmp_path / RUN)).as_default() as writer:
        summary.catalogue(cohort(), privacy=Privacy(key=KEY))
        summary.attention(LAYER, attention(), step=1, causal=True)
        writer.flush()
    catalogue = Tab(tmp_path).json("/catalogue", run=RUN)
    assert [user["id"][:2] for user in catalogue["users"]] == ["u-", "u-"]
    assert catalogue["items"][0]["label"] == "Item 0"
    for file in event_files(tmp_path):
        assert b"user-" not in file.read_bytes()


def test_proto_goes_into_any_event_of_ones_own(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / RUN)
    for step in (2, 4):
        event = own_event(
            summary.attention_pb(LAYER, attention(seed=step), step, causal=True), step
        )
        file.append(event)
    file.close()
    assert steps_of(tmp_path) == [2, 4]
    np.testing.assert_allclose(shown(tmp_path, 4), attention(seed=4)[0], atol=0.004)
    [first, second] = own_events(event_files(tmp_path)[0], TAG)
    assert first.summary.value[0].metadata.plugin_data.plugin_name == "attn"
    assert second.summary.value[0].metadata.plugin_data.content


def own_event(value: object, step: int) -> object:
    """Return an event of `step` with this summary."""
    from tensorboard.compat.proto import event_pb2

    return event_pb2.Event(wall_time=1.0 + step, step=step, summary=value)


def test_proto_marks_what_is_no_attention_and_crops_padding() -> None:
    weights = attention(queries=5)
    weights[1, 0, 4, 0] = np.nan
    made = summary.attention_pb(LAYER, weights, 1, lengths=[5, 5])
    assert b"NaN" in made.value[0].tensor.string_val[0]
    assert made.value[0].tensor.string_val[2] == b""


def test_proto_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="no users"):
        summary.attention_pb(LAYER, [], 1)
