"""Which batches are steps, and under which number."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tensorboard_plugin_attn.capture.training_clock import TrainingClock


def taken(iterations: list[int], began_at: int = 0, **more: Any) -> list[int]:
    """Return the steps seen when the optimizer counts `iterations` after each batch."""
    optimizer = SimpleNamespace(iterations=began_at, **more)
    clock = TrainingClock()
    clock.begin(SimpleNamespace(optimizer=optimizer), None)
    steps = []
    for batch, optimizer.iterations in enumerate(iterations):
        if clock.tick(0, batch):
            steps.append(clock.step)
    return steps


@pytest.mark.parametrize(
    ("iterations", "settings", "expected"),
    [
        ([1, 2, 3, 4], {}, [1, 2, 3, 4]),
        ([11, 12], {"began_at": 10}, [11, 12]),
        ([10, 20, 30], {}, [10, 20, 30]),
        ([0, 1, 1, 2], {"gradient_accumulation_steps": 2}, [1, 2]),
        ([0, 0, 1, 2], {"inner_optimizer": None}, [1, 2]),
        ([0, 0, 0], {}, [1, 2, 3]),
        ([5, 5], {"began_at": 5}, [6, 7]),
    ],
    ids=[
        "each",
        "resumed",
        "several steps a batch",
        "accumulated",
        "loss scaling skips",
        "optimizer unused",
        "optimizer unused, resumed",
    ],
)
def test_steps(iterations: list[int], settings: dict[str, Any], expected: list[int]) -> None:
    assert taken(iterations, **settings) == expected


def test_a_model_without_optimizer_counts_batches_on_over_two_fits() -> None:
    clock = TrainingClock()
    for expected in (1, 2):
        clock.begin(SimpleNamespace(), None)
        assert clock.tick(0, 0)
        assert clock.step == expected


def test_the_epoch_is_fractional_only_where_its_length_is_known() -> None:
    model = SimpleNamespace(optimizer=None)
    for steps_per_epoch, expected in ((4, 2.5), (None, 2.0)):
        clock = TrainingClock()
        clock.begin(model, steps_per_epoch)
        clock.begin_epoch(2)
        clock.tick(2, 1)
        assert clock.epoch == expected
