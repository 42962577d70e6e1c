"""What every framework's callback relies on: schedule, cost, and a training that always goes on."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_attn import AttentionWriter, Cohort, User, schedule
from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.capture.captured_array import CapturedArray
from tensorboard_plugin_attn.capture.ranking import Ranker
from tensorboard_plugin_attn.capture.recorder import Recorder
from tests.fixtures.logs import attention, cohort, header_of, markers_of, own_events

ITEMS = ["i0", "i1", "i2", "i3", "i4", "i5"]


class Training:
    """A training whose clock moves as it is told to, with a recorder in it."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        self.now_s = 0.0
        self.writer = AttentionWriter(directory, cohort=cohort())
        self.recorder = Recorder(
            self.writer, cohort(), clock=lambda: self.now_s, **{"max_overhead": None, **settings}
        )
        self.probed = 0
        self.scored = 0
        self.logging_s = 0.001
        self.layers: Callable[[int], Sequence[CapturedArray]] = lambda step: [
            CapturedArray("layer", attention(seed=step))
        ]

    def probe(self) -> tuple[Sequence[CapturedArray], np.ndarray | None]:
        self.probed += 1
        self.now_s += self.logging_s
        scores = None
        if self.recorder.scores_due:
            self.scored += 1
            scores = np.random.default_rng(self.probed).random((2, len(ITEMS)), np.float32)
        return self.layers(self.probed), scores

    def run(self, steps: int, *, step_s: float = 0.010, steps_per_epoch: int = 10) -> str:
        self.recorder.begin()
        for step in range(1, steps + 1):
            self.now_s += step_s
            epoch = step / steps_per_epoch
            if self.recorder.due(step, epoch):
                self.recorder.record(step, epoch, self.probe)
            self.writer.flush()
        self.recorder.record(steps, steps / steps_per_epoch, self.probe)
        return self.recorder.end(close_writer=True)


@pytest.fixture
def training(tmp_path: Path) -> Iterator[Callable[..., Training]]:
    made: list[Training] = []

    def make(**settings: Any) -> Training:
        made.append(Training(tmp_path, **settings))
        return made[-1]

    yield make
    for each in made:
        each.writer.close()


def logged_steps(directory: Path, tag: str = "attention/layer") -> list[int]:
    [path] = directory.iterdir()
    return [event.step for event in own_events(path, tag)]


def metadata(directory: Path, tag: str = "attention/layer") -> pb.StreamMetadata:
    [path] = directory.iterdir()
    content = own_events(path, tag)[0].summary.value[0].metadata.plugin_data.content
    return pb.StreamMetadata.FromString(content)


def test_every_step_is_logged_once_unless_said_otherwise(
    training: Callable[..., Training], tmp_path: Path
) -> None:
    training().run(7)
    assert logged_steps(tmp_path) == [1, 2, 3, 4, 5, 6, 7]


def test_a_schedule_is_kept_and_the_last_step_logged_beside(
    training: Callable[..., Training], tmp_path: Path
) -> None:
    training(schedule=schedule.every_steps(5) | schedule.every_epochs()).run(23)
    assert logged_steps(tmp_path) == [1, 5, 10, 15, 20, 23]


def test_recommendations_come_on_their_own_schedule_and_at_the_end(
    training: Callable[..., Training], tmp_path: Path
) -> None:
    it = training(
        ranker=Ranker(ITEMS, cohort().users, 3), recommendations_schedule=schedule.every_epochs()
    )
    it.run(23)
    assert logged_steps(tmp_path, "recommendations") == [1, 10, 20, 23]
    assert it.scored == 4
    assert logged_steps(tmp_path) == list(range(1, 24))  # the last is not logged twice


def test_a_point_of_recommendations_that_is_no_logged_step_is_made_up_for(
    training: Callable[..., Training], tmp_path: Path
) -> None:
    training(
        ranker=Ranker(ITEMS, cohort().users, 3),
        schedule=schedule.every_steps(4),
        recommendations_schedule=schedule.at_steps([6, 7]),
    ).run(16)
    assert logged_steps(tmp_path, "recommendations") == [1, 8, 16]


def test_max_overhead_is_kept_counted_marked_and_said_once(
    training: Callable[..., Training], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    it = training(max_overhead=0.05)
    it.logging_s = 0.004
    with caplog.at_level(logging.INFO, "tensorboard_plugin_attn"):
        said = it.run(1000)
    steps, cost = logged_steps(tmp_path), it.recorder.cost
    assert cost.overhead <= 0.0504  # the last step is logged whatever it costs
    gaps = [after - before for before, after in itertools.pairwise(steps[3:-1])]
    assert set(gaps) <= {7, 8, 9}
    assert cost.logged_steps == len(steps)
    assert cost.logged_steps + cost.thinned_steps == 1000
    [path] = tmp_path.iterdir()
    markers = markers_of(path)
    assert {(m.reason, m.layer, m.detail) for m in markers} == {
        (pb.THINNED, "layer", "max_overhead 5% reached: logging cost 4.0 ms a step")
    }
    assert sum(marker.frame_count for marker in markers) == cost.thinned_steps
    assert len(markers) < 20
    missing = set(range(1, 1001)) - set(steps)
    assert all(any(m.first_step <= step <= m.last_step for m in markers) for step in missing)
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert warnings == [
        "attention: max_overhead 5% reached: logging cost 4.0 ms a step, so not every step is "
        "logged; what is left out is marked (max_overhead=None logs all)"
    ]
    assert said == caplog.messages[-1]
    assert said.startswith(
        f"attention: logged {len(steps)} of 1000 steps, cost 4.0 ms a step = 4.8% of training"
    )
    assert f"{it.writer.status().written_bytes / 1e6:.1f} MB" in said


def test_frames_tell_what_logging_cost_until_then(
    training: Callable[..., Training], tmp_path: Path
) -> None:
    training(max_overhead=0.05).run(40)
    [path] = tmp_path.iterdir()
    costs = [header_of(event).cost for event in own_events(path, "attention/layer")]
    assert (costs[0].logged_steps, costs[0].thinned_steps) == (1, 0)
    assert (costs[0].training_s, costs[0].logging_s) == pytest.approx((0.011, 0.001))
    assert [cost.logged_steps for cost in costs] == list(range(1, len(costs) + 1))
    assert costs[-1].thinned_steps + costs[-1].logged_steps == 40
    assert costs[-1].training_s == pytest.approx(40 * 0.010 + len(costs) * 0.001)


def test_what_a_layer_is_stands_in_its_description(
    training: Callable[..., Training], tmp_path: Path
) -> None:
    it = training()
    it.layers = lambda step: [
        CapturedArray(
            "layer",
            attention(queries=3, keys=5),
            kind="target",
            query_axis="candidates",
            key_axis="features",
            similarity="bilinear",
            dropout_stage="after_dropout",
            mode="training",
            head_names=("one", "two"),
        )
    ]
    it.run(1)
    told = metadata(tmp_path)
    assert (told.kind, told.similarity) == (pb.TARGET, pb.BILINEAR)
    assert (told.query_axis, told.key_axis) == ("candidates", "features")
    assert (told.dropout_stage, told.mode) == (pb.AFTER_DROPOUT, pb.TRAINING)
    assert list(told.head_names) == ["one", "two"]
    [path] = tmp_path.iterdir()
    [event] = own_events(path, "attention/layer")
    chunk = header_of(event).chunks[0]
    assert (chunk.query_length, chunk.key_length) == (3, 5)  # axes of their own are not cropped


@pytest.mark.parametrize(("given", "expected"), [(None, True), (True, True), (False, False)])
def test_whether_a_layer_is_causal_is_found_out_unless_it_is_known(
    training: Callable[..., Training], tmp_path: Path, given: bool | None, expected: bool
) -> None:
    it = training()
    it.layers = lambda step: [CapturedArray("layer", attention(seed=step), causal=given)]
    it.run(2)
    assert metadata(tmp_path).causal is expected


def test_layers_and_heads_can_be_chosen(training: Callable[..., Training], tmp_path: Path) -> None:
    it = training(layers=["layer"], heads=[1])
    it.layers = lambda step: [
        CapturedArray("other", attention()),
        CapturedArray("layer", attention(heads=4)),
    ]
    it.run(2)
    assert (metadata(tmp_path).head_count, list(metadata(tmp_path).head_names)) == (1, ["head 1"])
    assert logged_steps(tmp_path, "attention/other") == []


def test_an_error_of_the_probe_is_said_once_and_ends_the_logging_only(
    training: Callable[..., Training], caplog: pytest.LogCaptureFixture
) -> None:
    it = training()

    def broken(step: int) -> Sequence[CapturedArray]:
        raise RuntimeError("out of memory")

    it.layers = broken
    with caplog.at_level(logging.WARNING, "tensorboard_plugin_attn"):
        it.run(5)
    assert it.probed == 1
    assert it.recorder.cost.logged_steps == 0
    assert caplog.messages == ["attention: not logging any more; training goes on"]
    assert "out of memory" in caplog.text


def test_an_error_of_a_schedule_of_ones_own_ends_the_logging_only(
    training: Callable[..., Training], caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(schedule.Schedule):
        def due(self, previous: object, now: object) -> bool:
            raise ZeroDivisionError

    it = training(schedule=Broken())
    with caplog.at_level(logging.WARNING, "tensorboard_plugin_attn"):
        it.run(5)
    assert it.probed == 0
    assert caplog.messages == ["attention: not logging any more; training goes on"]


def test_nothing_a_probe_returns_raises(
    training: Callable[..., Training], caplog: pytest.LogCaptureFixture
) -> None:
    wrong: list[Any] = [None, [None], [CapturedArray("l", np.zeros((1, 1, 1, 1), np.float32))]]
    with caplog.at_level(logging.CRITICAL, "tensorboard_plugin_attn"):
        for layers in wrong:
            it = training(lengths=[4, 4])
            it.layers = lambda step, layers=layers: layers
            it.run(3)
            assert it.writer.status().written == 0


def test_a_training_of_no_steps_costs_nothing(training: Callable[..., Training]) -> None:
    recorder = training().recorder
    assert recorder.end().startswith("attention: logged 0 of 0 steps, cost 0.0 ms a step = 0.0%")


def test_padding_is_cropped_by_the_lengths_of_the_histories(tmp_path: Path) -> None:
    people = Cohort(users=(User("a", ["1", "2"]), User("b", ["1", "2", "3"])))
    padded = np.zeros((2, 1, 4, 4), np.float32)
    for row, length in enumerate((2, 3)):
        padded[row, :, -length:, -length:] = attention(1, 1, length)
    with AttentionWriter(tmp_path, cohort=people) as writer:
        recorder = Recorder(writer, people)
        recorder.begin()
        recorder.record(1, None, lambda: ([CapturedArray("layer", padded)], None))
    [path] = tmp_path.iterdir()
    [event] = own_events(path, "attention/layer")
    assert [chunk.query_length for chunk in header_of(event).chunks] == [2, 3]
