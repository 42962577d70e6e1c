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

_SMALL_BYTES = 1 << 16  # statistics and counters, which change; masks and tables are larger


class Stillness:
    """Runs blocks in which `model` is in evaluation mode, and after which nothing has changed.

    Buffers are copied before each block, large ones only if the first block changed them.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._still: set[tuple[int, str]] = set()  # large buffers that did not change

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Be still: evaluation mode, no gradients, no autocast, random states kept."""
        devices = _devices(self._model)
        with ExitStack() as stack:
            stack.enter_context(_random_states(devices))
            stack.enter_context(torch.no_grad())  # not inference mode: what it caches is trained on
            for kind in {device.type for device in devices} | {"cpu"}:
                if torch.amp.is_autocast_available(kind):
                    stack.enter_context(torch.autocast(kind, enabled=False, cache_enabled=False))
            stack.enter_context(self._buffers())
            stack.enter_context(_evaluating(self._model))
            yield

    @contextmanager
    def _buffers(self) -> Iterator[None]:
        before = [
            (module, name, buffer, self._copy(module, name, buffer))
            for module in self._model.modules()
            for name, buffer in module._buffers.items()
            if buffer is not None
        ]
        try:
            yield
        finally:
            for module, name, buffer, copy in before:
                module._buffers[name] = buffer
                if copy is not None and not torch.equal(buffer, copy):
                    buffer.copy_(copy)
                elif buffer.nbytes > _SMALL_BYTES:
                    self._still.add((id(module), name))

    def _copy(self, module: nn.Module, name: str, buffer: Tensor) -> Tensor | None:
        return None if (id(module), name) in self._still else buffer.clone()


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
def _random_states(devices: list[torch.device]) -> Iterator[None]:
    python, numpy = random.getstate(), np.random.get_state()
    others = [device for device in devices if device.type != "cpu"]
    kind = others[0].type if others else "cuda"
    numbers = [device.index or 0 for device in others if device.type == kind]
    try:
        with torch.random.fork_rng(devices=numbers, device_type=kind):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def _devices(model: nn.Module) -> list[torch.device]:
    """Return the devices of the model's parameters, the first parameter's first."""
    return list(dict.fromkeys(parameter.device for parameter in model.parameters()))
