"""Attention through summary writers that are there already."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tensorboard_plugin_attn import Privacy, summary
from tensorboard_plugin_attn.logging.records import RecordFile
from tests.fixtures.logs import KEY, LAYER, attention, cohort, event_files, own_events, read_events
from tests.fixtures.providers import ONCE, python_loader, tensorboard_flags
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


def test_frames_of_a_graph_are_differences_within_groups(tmp_path: Path) -> None:
    @tf.function
    def train_step(weights: tf.Tensor, step: tf.Tensor) -> None:
        with tf.summary.record_if(step != 2):  # what is not recorded is no reference either
            summary.attention(LAYER, weights, step=step, causal=True)

    with tf.summary.create_file_writer(str(tmp_path / RUN)).as_default() as writer:
        for step in range(70):
            train_step(tf.constant(attention(seed=step)), tf.constant(step, tf.int64))
        writer.flush()
    found = Tab(tmp_path).frames(run=RUN, layer=LAYER, user=1, steps="0-69")
    chunks, frames = found.header["chunks"], found.header["frames"]
    alone = [frame["step"] for frame in frames if chunks[frame["chunk"]]["reference"] is None]
    assert (len(frames), alone) == (69, [0, 65])
    for frame in found.header["frames"]:
        cells = attention(seed=frame["step"])[1]
        np.testing.assert_allclose(found.attention(frame), cells, atol=0.004)


def test_without_a_default_writer_nothing_is_written(tmp_path: Path) -> None:
    assert not bool(summary.attention(LAYER, attention(), step=1))
    assert list(tmp_path.iterdir()) == []


def test_no_step_is_an_error_as_in_tf_summary(tmp_path: Path) -> None:
    assert not bool(summary.attention(LAYER, attention()))  # no writer: nothing to say
    with (
        tf.summary.create_file_writer(str(tmp_path / RUN)).as_default(),
        pytest.raises(ValueError, match="No step set"),
    ):
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


FIELDS = ["age", "city", "hour"]


def axis_of(logdir: Path, step: int, axis: str = "key_axis", layer: str = LAYER) -> list[str]:
    """Return the labels the tab finds for the first user's axis."""
    tab = Tab(logdir)
    found = tab.frames(run=RUN, layer=layer, user=0, steps=str(step))
    (frame,) = found.header["frames"]
    asked = {"attempt": frame["attempt"], "axes": str(frame[axis])}
    body = tab.json("/catalogue", run=RUN, **asked)
    names = {item["index"]: item["label"] for item in body["items"]}
    return [names[index] for index in body["axes"][0]["items"]]


def catalogue_events(logdir: Path) -> int:
    """Return how many catalogue events the run has."""
    tags = [
        value.tag
        for file in event_files(logdir)
        for e in own_events(file)
        for value in e.summary.value
    ]
    return sum(tag.startswith("catalogue") for tag in tags)


def test_labels_are_written_once_per_writer_whether_eager_or_not(tmp_path: Path) -> None:
    def field_step(weights: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        return summary.attention(
            LAYER, weights, step=step, kind="field", queries=FIELDS, keys=FIELDS
        )

    for name, function in (("eager", field_step), ("graph", tf.function(field_step))):
        with tf.summary.create_file_writer(str(tmp_path / name / RUN)).as_default() as writer:
            for step in range(4):
                cells = tf.constant(attention(queries=3, seed=step))
                assert bool(function(cells, tf.constant(step, tf.int64)))
            writer.flush()
        assert steps_of(tmp_path / name) == [0, 1, 2, 3]
        assert axis_of(tmp_path / name, 3) == FIELDS
        assert catalogue_events(tmp_path / name) == 1


def test_labels_may_be_tensors_that_change_with_every_step(tmp_path: Path) -> None:
    @tf.function
    def target_step(weights: tf.Tensor, items: tf.Tensor, step: tf.Tensor) -> None:
        summary.attention(LAYER, weights, step=step, kind="target", queries=items)

    with tf.summary.create_file_writer(str(tmp_path / RUN)).as_default() as writer:
        summary.catalogue(cohort(), privacy=Privacy(key=KEY))
        for step, items in enumerate((["i5", "i4", "x"], ["i0", "i1", "i2"])):
            target_step(
                tf.constant(attention(queries=3, keys=4)),
                tf.constant([items, items]),
                tf.constant(step, tf.int64),
            )
        writer.flush()
    assert axis_of(tmp_path, 0, "query_axis") == ["Item 5", "Item 4", "x"]
    assert axis_of(tmp_path, 1, "query_axis") == ["Item 0", "Item 1", "Item 2"]
    assert Tab(tmp_path).json("/runs")["runs"][0]["layers"][0]["kind"] == "target"


@pytest.mark.parametrize("graph", [False, True])
def test_record_if_decides_and_what_was_not_recorded_was_not_told(
    tmp_path: Path, graph: bool
) -> None:
    def step_of(step: tf.Tensor) -> tf.Tensor:
        cells = tf.constant(attention(queries=3))
        with tf.summary.record_if(step % 2 == 1):
            return summary.attention(LAYER, cells, step=step, kind="field", keys=FIELDS)

    function = tf.function(step_of) if graph else step_of
    with tf.summary.create_file_writer(str(tmp_path / RUN)).as_default() as writer:
        written = [bool(function(tf.constant(step, tf.int64))) for step in range(4)]
        writer.flush()
    assert written == [False, True, False, True]
    assert steps_of(tmp_path) == [1, 3]
    assert axis_of(tmp_path, 1) == FIELDS


def test_name_scopes_are_part_of_the_layers_name(tmp_path: Path) -> None:
    with (
        tf.summary.create_file_writer(str(tmp_path / RUN)).as_default() as writer,
        tf.name_scope("encoder"),
        tf.name_scope("block_0"),
    ):
        tf.summary.scalar("loss", 0.5, step=1)
        summary.attention("attention", attention(), step=1, keys=list("abcd"))
        writer.flush()
    (file,) = event_files(tmp_path)
    assert [event.summary.value[0].tag for event in read_events(file) if event.summary.value] == [
        "encoder/block_0/loss",
        "catalogue/encoder/block_0/attention",
        "attention/encoder/block_0/attention",
    ]
    (layer,) = Tab(tmp_path).json("/runs")["runs"][0]["layers"]
    assert layer["name"] == "encoder/block_0/attention"
    assert axis_of(tmp_path, 1, layer=layer["name"]) == list("abcd")


def test_users_of_a_subset_and_of_different_lengths(tmp_path: Path) -> None:
    cells = [attention(1, queries=n)[0] for n in (2, 3)]
    with tf.summary.create_file_writer(str(tmp_path / RUN)).as_default() as writer:
        summary.attention(LAYER, cells, step=1, users=["anna", "boris"], precision="exact")
        summary.attention(LAYER, cells[:1], step=2, users=["boris"], precision="exact")
        with pytest.raises(ValueError, match="'clara': not in the cohort"):
            summary.attention(LAYER, cells[:1], step=3, users=["clara"])
        writer.flush()
    np.testing.assert_array_equal(shown(tmp_path, 1, 1), cells[1])
    np.testing.assert_array_equal(shown(tmp_path, 2, 1), cells[0])
    absent = Tab(tmp_path).frames(run=RUN, layer=LAYER, user=0, steps="2").absent
    assert absent == {2: "not_logged"}
    users = Tab(tmp_path).json("/catalogue", run=RUN)["users"]
    assert [user["id"][:2] for user in users] == ["u-", "u-"]
    for file in event_files(tmp_path):
        assert b"anna" not in file.read_bytes()


def test_sixteen_bit_tensors_are_attention(tmp_path: Path) -> None:
    with tf.summary.create_file_writer(str(tmp_path / RUN)).as_default() as writer:
        for step, dtype in enumerate((tf.bfloat16, tf.float16, tf.float64)):
            summary.attention(LAYER, tf.cast(attention(), dtype), step=step, causal=True)
        writer.flush()
    for step in range(3):
        np.testing.assert_allclose(shown(tmp_path, step), attention()[0], atol=0.008)


def test_what_turns_out_wrong_at_run_time_is_rejected_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    @tf.function
    def train_step(items: tf.Tensor, step: tf.Tensor) -> None:
        summary.attention(LAYER, tf.constant(attention()), step=step, queries=items)

    with tf.summary.create_file_writer(str(tmp_path / RUN)).as_default() as writer:
        train_step(tf.constant(["too", "few"]), tf.constant(1, tf.int64))
        writer.flush()
    assert "queries: 2 labels for the 4 places" in caplog.text
    found = Tab(tmp_path).frames(run=RUN, layer=LAYER, user=1, steps="1")
    assert found.absent == {1: "rejected"}


def test_history_longer_than_the_frame_is_aligned_at_its_newest_item(tmp_path: Path) -> None:
    with tf.summary.create_file_writer(str(tmp_path / RUN)).as_default() as writer:
        summary.catalogue(cohort(history=4))
        summary.attention(LAYER, attention(queries=3), step=1)
        writer.flush()
    (frame,) = Tab(tmp_path).frames(run=RUN, layer=LAYER, user=0, steps="1").header["frames"]
    assert (frame["query_offset"], frame["key_offset"]) == (1, 1)


def test_protos_bring_their_users_titles_and_labels(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / RUN)
    file.append(own_event(summary.catalogue_pb(cohort(), privacy=Privacy(key=KEY)), 0))
    for step in (1, 2):
        made = summary.attention_pb(
            LAYER, attention(1, queries=2, keys=4), step, kind="target",
            queries=["i4", f"new-{step}"], users=["user-1"],
        )  # fmt: skip
        file.append(own_event(made, step))
    file.close()
    assert len(Tab(tmp_path).json("/catalogue", run=RUN)["users"]) == 2
    tab = Tab(tmp_path)
    for step in (1, 2):
        found = tab.frames(run=RUN, layer=LAYER, user=1, steps=str(step))
        (frame,) = found.header["frames"]
        assert frame["key_axis"] is None
        asked = {"attempt": frame["attempt"], "axes": str(frame["query_axis"])}
        body = tab.json("/catalogue", run=RUN, **asked)
        assert sorted(item["label"] for item in body["items"]) == ["Item 4", f"new-{step}"]


def test_a_remote_log_directory_is_written_and_read_through_the_provider() -> None:
    logdir = "ram://attn"
    with tf.summary.create_file_writer(f"{logdir}/{RUN}").as_default() as writer:
        summary.catalogue(cohort(), privacy=Privacy(key=KEY))
        for step in range(1, 4):
            summary.attention(
                LAYER, attention(queries=3, seed=step), step=step, kind="field", keys=FIELDS
            )
        writer.flush()
    flags = tensorboard_flags(logdir, "--attn_reader=provider", *ONCE)
    with python_loader(flags) as provider:
        tab = Tab(Path(logdir), flags, provider)
        found = tab.frames(run=RUN, layer=LAYER, user=1, steps="1-3")
        assert found.steps == [1, 2, 3]
        frame = found.header["frames"][2]
        np.testing.assert_allclose(
            found.attention(frame), attention(queries=3, seed=3)[1], atol=0.004
        )
        asked = {"attempt": frame["attempt"], "axes": str(frame["key_axis"])}
        body = tab.json("/catalogue", run=RUN, **asked)
        assert [item["label"] for item in body["items"]] == FIELDS
        assert len(tab.json("/catalogue", run=RUN)["users"]) == 2
        tab.plugin._runs.store._pool.shutdown()
