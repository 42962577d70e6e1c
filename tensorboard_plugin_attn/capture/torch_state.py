"""Leaves a model and its training exactly as they were, whatever a forward pass does meanwhile.

Kept are each module's training flag, every buffer, and the random states of Python, NumPy and
PyTorch. No gradient is recorded, and autocast is off: the parameters' own precision is used.
What a model stores elsewhere (a list it appends to) is its own affair.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import torch
from torch import Tensor, nn


class Stillness:
    """Runs blocks in which `model` is in evaluation mode, and after which nothing has changed.

    The first block copies every buffer, later ones only those that were seen to change.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._changing: set[tuple[int, str]] | None = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Be still: evaluation mode, no gradients, no autocast, random states kept."""
        kinds = {device.type for device in _devices(self._model)} | {"cpu"}
        with ExitStack() as stack:
            stack.enter_context(_random_states(self._model))
            stack.enter_context(torch.no_grad())  # not inference mode: what it caches is trained on
            for kind in kinds:
                if torch.amp.is_autocast_available(kind):
                    stack.enter_context(torch.autocast(kind, enabled=False, cache_enabled=False))
            stack.enter_context(self._buffers())
            stack.enter_context(_evaluating(self._model))
            yield

    @contextmanager
    def _buffers(self) -> Iterator[None]:
        first = self._changing is None
        changing = self._changing or set()
        before = [
            (
                module,
                name,
                buffer,
                _version(buffer),
                _copy(buffer, first, (id(module), name), changing),
            )
            for module in self._model.modules()
            for name, buffer in module._buffers.items()
            if buffer is not None
        ]
        try:
            yield
        finally:
            for module, name, buffer, version, copy in before:
                if _version(buffer) != version:
                    changing.add((id(module), name))
                    if copy is not None:
                        buffer.copy_(copy)
                module._buffers[name] = buffer
            self._changing = changing


def _copy(
    buffer: Tensor, first: bool, key: tuple[int, str], changing: set[tuple[int, str]]
) -> Tensor | None:
    return buffer.clone() if first or key in changing else None


def _version(buffer: Tensor) -> int:
    """Return a number that every change in place makes larger."""
    return 0 if buffer.is_inference() else buffer._version


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Set each module's flag and nothing else: `eval()` of some modules rewrites weights."""
    before = [(module, module.training) for module in model.modules()]
    try:
        for module, training in before:
            if training:
                module.training = False
        yield
    finally:
        for module, training in before:
            module.training = training


@contextmanager
def _random_states(model: nn.Module) -> Iterator[None]:
    python, numpy = random.getstate(), np.random.get_state()
    devices = [device for device in _devices(model) if device.type != "cpu"]
    kind = devices[0].type if devices else "cuda"
    numbers = [device.index or 0 for device in devices if device.type == kind]
    try:
        with torch.random.fork_rng(devices=numbers, device_type=kind):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def _devices(model: nn.Module) -> list[torch.device]:
    """Return the devices of the model's parameters and buffers, the first parameter's first."""
    tensors = [*model.parameters(), *model.buffers()]
    return list(dict.fromkeys(tensor.device for tensor in tensors))
