"""What logging cost, in figures and words."""

from __future__ import annotations

import pytest

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.logging.cost import Cost

COST = Cost(training_s=13.0, logging_s=3.0, logged_steps=101, thinned_steps=19, tracing_s=2.5)


def test_overhead_is_what_logging_adds_to_the_training_without_it() -> None:
    assert COST.overhead == pytest.approx(0.5 / 10)
    assert COST.step_s == pytest.approx(0.005)


def test_before_anything_was_measured_nothing_was_spent() -> None:
    assert (Cost().overhead, Cost().step_s) == (0, 0)


def test_of_one_step_alone_its_own_cost_is_told() -> None:
    only = Cost(training_s=5, logging_s=2, logged_steps=1, tracing_s=2)
    assert (only.overhead, only.step_s) == (0, 2)


def test_it_is_said_in_a_line() -> None:
    assert COST.describe(4_200_000) == (
        "attention: logged 101 of 120 steps, cost 5.0 ms a step = 5.0% of training "
        "(and 2.5 s once to trace the model), 4.2 MB"
    )


def test_the_message_holds_what_frames_hold() -> None:
    assert COST.message() == pb.Cost(
        training_s=13.0, logging_s=3.0, logged_steps=101, thinned_steps=19
    )
