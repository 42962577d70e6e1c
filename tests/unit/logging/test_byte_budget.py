"""A log that is too large gets sparser: evenly, marked, and never silent or over."""

from __future__ import annotations

import itertools
import logging
from pathlib import Path

import pytest

from tensorboard_plugin_attn import AttentionWriter
from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.logging.byte_budget import ByteBudget
from tests.fixtures.logs import LAYER, attention, cohort, markers_of, own_events, recommendations

SIZE = 100


def kept(budget: ByteBudget, steps: int, frame_bytes: int = SIZE) -> list[int]:
    """Return which of `steps` are written when each takes `frame_bytes`."""
    written, found = 0, []
    for step in range(steps):
        if not budget.refusal(step, written):
            written += frame_bytes
            found.append(step)
    return found


def test_over_the_budget_each_second_then_each_fourth_step_is_kept() -> None:
    found = kept(ByteBudget(8 * SIZE), 60)
    assert found[:8] == list(range(8))
    strides = [after - before for before, after in itertools.pairwise(found[7:])]
    assert strides == sorted(strides)
    assert strides[:4] == [2, 2, 4, 8]


def test_a_log_grows_by_the_logarithm_of_the_steps_after_its_budget() -> None:
    assert len(kept(ByteBudget(100 * SIZE), 100_000)) <= 250


def test_without_a_limit_everything_is_kept() -> None:
    assert kept(ByteBudget(None), 500) == list(range(500))


def test_layers_of_one_step_are_kept_or_left_out_together() -> None:
    budget, written = ByteBudget(4 * SIZE), 0
    for step in range(40):
        answers = set()
        for _ in range(3):
            answers.add(bool(budget.refusal(step, written)))
            written += 0 if True in answers else SIZE
        assert len(answers) == 1


def test_a_reason_says_what_was_reached_and_what_is_kept() -> None:
    assert ByteBudget(10 << 30).refusal(0, 10 << 30) == (
        "budget_bytes 10 GiB reached: 1 step of 2 is kept"
    )
    assert "budget_bytes 1.5 KiB" in ByteBudget(1536).refusal(0, 1536)
    assert "budget_bytes 3 bytes" in ByteBudget(3).refusal(0, 3)


def test_what_earlier_trainings_left_counts(tmp_path: Path) -> None:
    (tmp_path / "events.out.tfevents.1.host.1.1.attn").write_bytes(b"x" * 50)
    budget = ByteBudget(100)
    budget.look(tmp_path)
    assert not budget.refusal(1, 49)
    assert budget.refusal(2, 50)


def test_no_budget_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="budget_bytes=0: must be 1 or more"):
        AttentionWriter(tmp_path, budget_bytes=0)


def test_a_writer_over_its_budget_thins_attention_marks_it_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.WARNING, "tensorboard_plugin_attn"),
        AttentionWriter(tmp_path, cohort=cohort(), budget_bytes=30_000) as writer,
    ):
        for step in range(60):
            writer.attention(LAYER, attention(queries=24, seed=step), step=step, causal=True)
            if step % 10 == 0:
                writer.recommendations(recommendations(), step=step)
            assert writer.flush()
    status = writer.status()
    [path] = tmp_path.iterdir()
    steps = [event.step for event in own_events(path, f"attention/{LAYER}")]
    markers = markers_of(path)
    assert status.offered == status.written + status.thinned == 66
    assert len(steps) + status.thinned == 60
    assert 10 < len(steps) < 50
    assert {marker.reason for marker in markers} == {pb.THINNED}
    assert sum(marker.frame_count for marker in markers) == status.thinned
    assert len(markers) < 10  # ranges, not one for each step
    missing = set(range(60)) - set(steps)
    assert all(any(m.first_step <= step <= m.last_step for m in markers) for step in missing)
    assert len(own_events(path, "recommendations")) == 6
    assert [m for m in caplog.messages if "budget_bytes" in m] == [
        "attention: the log reached budget_bytes=29.3 KiB: only each 2nd step is written from now "
        "on, later fewer; what is left out is marked"
    ]
