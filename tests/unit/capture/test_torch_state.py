"""A forward pass inside `Stillness` leaves nothing behind, whatever the model does."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tensorboard_plugin_attn.capture.torch_state import Stillness


class Restless(nn.Module):
    """Changes all it can: random states, statistics, a counter, a buffer it replaces."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.frozen = nn.Dropout(0.5)
        self.register_buffer("count", torch.zeros(()))
        self.register_buffer("table", torch.zeros(2))
        self.modes: list[bool] = []

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        self.table = torch.ones(5)
        self.modes.append(self.training or self.norm.training)
        random.random()
        np.random.rand()
        torch.rand(3)
        self.norm.training = True  # a module that trains itself
        return self.norm(x)


def states(model: nn.Module) -> list[Any]:
    return [
        {name: buffer.clone() for name, buffer in model.named_buffers()},
        [module.training for module in model.modules()],
        random.getstate(),
        str(np.random.get_state()),
        torch.get_rng_state(),
        [torch.is_grad_enabled(), torch.is_autocast_enabled("cpu")],
        torch.is_autocast_cache_enabled(),
    ]


def assert_same(one: Any, other: Any) -> None:
    if isinstance(one, Tensor):
        assert torch.equal(one, other)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            assert_same(one[name], other[name])
    elif isinstance(one, list):
        for mine, its in zip(one, other, strict=True):
            assert_same(mine, its)
    else:
        assert one == other


@pytest.mark.parametrize("fails", [True, False])
def test_nothing_has_changed_after_each_of_several_passes(fails: bool) -> None:
    model = Restless().train()
    model.frozen.eval()
    stillness = Stillness(model)
    identities = {name: id(buffer) for name, buffer in model.named_buffers()}
    for _ in range(3):
        before = states(model)
        try:
            with stillness.kept():
                model(torch.randn(4, 3))
                if fails:
                    raise RuntimeError
        except RuntimeError:
            assert fails
        assert_same(before[:2], states(model)[:2])
    assert {name: id(buffer) for name, buffer in model.named_buffers()} == identities
    assert model.modes == [False] * 3


def test_a_large_buffer_that_changes_is_restored_every_time() -> None:
    class Remembers(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("last", torch.zeros(1 << 15))
            self.register_buffer("table", torch.ones(1 << 15))

        def forward(self) -> None:
            self.last += self.table

    model = Remembers()
    stillness = Stillness(model)
    for _ in range(3):
        with stillness.kept():
            model()
            assert model.last.sum() == 1 << 15
        assert not model.last.any()


def test_random_states_are_what_they_were() -> None:
    model = Restless()
    stillness, x = Stillness(model), torch.randn(4, 3)
    before = states(model)
    with stillness.kept():
        model(x)
    assert_same(before, states(model))


def test_inside_there_are_no_gradients_and_no_autocast() -> None:
    layer = nn.Linear(3, 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        with Stillness(layer).kept():
            still = layer(torch.ones(1, 3))
        trained = layer(torch.ones(1, 3))
    assert (still.dtype, still.requires_grad) == (torch.float32, False)
    assert (trained.dtype, trained.requires_grad) == (torch.bfloat16, True)


def test_an_autocast_of_the_models_own_does_not_cost_the_training_its_gradient() -> None:
    """Autocast keeps the parameters it cast: cast without gradient, they would train no more."""

    class Casts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x: Tensor) -> Tensor:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                return self.layer(x)

    model = Casts()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        with Stillness(model).kept():
            model(torch.ones(1, 3))
        model(torch.ones(1, 3)).sum().backward()
    assert model.layer.weight.grad is not None


def test_what_the_model_caches_meanwhile_can_be_trained_on() -> None:
    class Caches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3))
            self.cached: Tensor | None = None

        def forward(self, x: Tensor) -> Tensor:
            if self.cached is None:
                self.cached = torch.arange(3.0)
            return x * self.weight * self.cached

    model = Caches()
    with Stillness(model).kept():
        model(torch.ones(3))
    model(torch.ones(3)).sum().backward()
    assert torch.equal(model.weight.grad, torch.arange(3.0))  # type: ignore[arg-type]


def test_modules_that_rewrite_weights_when_they_change_mode_are_not_asked_to() -> None:
    class Merges(nn.Linear):
        def train(self, mode: bool = True) -> Merges:
            raise AssertionError("train() was called")

    layer = Merges(2, 2)
    with Stillness(layer).kept():
        assert not layer.training
    assert layer.training
