"""Steps are what the optimizer did."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import torch
from torch import nn

from tensorboard_plugin_attn.capture.torch_steps import StepCount, steps_done


def trained(optimizer: torch.optim.Optimizer, steps: int) -> None:
    for _ in range(steps):
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = torch.ones_like(parameter)
        optimizer.step()


def adam() -> torch.optim.Optimizer:
    return torch.optim.Adam(nn.Linear(2, 2).parameters())


def test_the_optimizer_counts_until_it_is_let_go() -> None:
    optimizer, seen = adam(), []
    count = StepCount(optimizer, steps_per_epoch=4)
    count.attach(lambda: seen.append((count.step, count.epoch)))
    trained(optimizer, 2)
    count.detach()
    trained(optimizer, 2)
    assert seen == [(1, 0.25), (2, 0.5)]


def test_a_resumed_training_counts_on() -> None:
    before = adam()
    trained(before, 5)
    resumed = adam()
    count = StepCount(resumed)
    count.attach(lambda: None)
    resumed.load_state_dict(before.state_dict())
    trained(resumed, 2)
    assert count.step == steps_done(resumed) == 7


def test_an_optimizer_that_keeps_no_count_starts_at_1() -> None:
    optimizer = torch.optim.SGD(nn.Linear(2, 2).parameters())
    count = StepCount(optimizer)
    count.attach(lambda: None)
    trained(optimizer, 3)
    assert count.step == 3


def test_steps_a_gradient_scaler_skips_are_none() -> None:
    layer = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    count = StepCount(optimizer)
    count.attach(lambda: None)
    for scale in (1.0, float("inf"), 1.0):
        optimizer.zero_grad()
        scaler.scale(scale * layer(torch.ones(1, 2)).sum()).backward()
        scaler.step(optimizer)
        scaler.update()
    assert count.step == 2


def test_an_optimizer_in_a_wrapper_is_found() -> None:
    class Wrapper:
        def __init__(self, optimizer: Any) -> None:
            self.optimizer = optimizer

    optimizer = adam()
    count = StepCount(Wrapper(Wrapper(optimizer)))
    count.attach(lambda: None)
    trained(optimizer, 1)
    assert count.step == 1


# PyTorch 2.13 itself, when it traces an optimizer
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_a_compiled_optimizer_counts_too() -> None:
    optimizer = adam()
    count = StepCount(optimizer)
    step = torch.compile(optimizer.step, backend="eager")
    count.attach(lambda: None)
    for parameter in optimizer.param_groups[0]["params"]:
        parameter.grad = torch.ones_like(parameter)
    step()
    step()
    assert count.step == 2


def test_what_is_no_optimizer_is_refused() -> None:
    with pytest.raises(ValueError, match=r"optimizer=Linear .* call step\(\)"):
        StepCount(nn.Linear(2, 2))


def test_without_an_optimizer_the_loop_counts() -> None:
    count = StepCount(None, steps_per_epoch=10)
    assert count.epoch == 0
    assert count.advance(None, None)
    assert (count.step, count.epoch) == (1, 0.1)
    assert count.advance(7, 0.5)
    assert (count.step, count.epoch) == (7, 0.5)
    assert StepCount(None).epoch is None


def test_with_an_optimizer_the_loop_tells_only_the_epoch(
    caplog: pytest.LogCaptureFixture,
) -> None:
    count = StepCount(adam())
    with caplog.at_level(logging.WARNING, "tensorboard_plugin_attn"):
        assert not count.advance(None, 2.5)
        assert caplog.messages == []
        assert not count.advance(3, None)
        assert not count.advance(4, None)
    assert (count.step, count.epoch) == (0, 2.5)
    assert caplog.messages == ["watch: the optimizer counts the steps; step(step=...) is not used"]
