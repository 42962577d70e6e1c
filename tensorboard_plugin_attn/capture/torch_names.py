"""Which module is running: the path of the innermost one whose `forward` is under way.

It attaches hooks to every module for the time of one `with` block, and follows only the thread
that opened it: a model that another thread runs meanwhile is not mixed in.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn


class ModuleStack:
    """The modules of `model` that are being called, outermost first."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._paths = {id(module): path for path, module in model.named_modules()}
        self._calling: list[nn.Module] = []
        self._thread = threading.get_ident()

    @property
    def is_this_thread(self) -> bool:
        """Tell whether the caller's thread is the one that is followed."""
        return threading.get_ident() == self._thread

    def innermost(self) -> str:
        """Return the path of the module that is running, its parent's if it is a bare softmax."""
        calling = [module for module in self._calling if not isinstance(module, nn.Softmax)]
        return self.path(calling[-1] if calling else self._model)

    def path(self, module: nn.Module) -> str:
        """Return the path of `module` in the model; its class if it is the model, or none of it."""
        path = self._paths.get(id(module), "")
        parts = [part for part in path.split(".") if part and part != "_orig_mod"]
        return ".".join(parts) or type(unwrapped(module)).__name__

    @contextmanager
    def following(self) -> Iterator[None]:
        """Follow calls of the model's modules."""
        handles: list[Any] = []
        try:
            for module in self._model.modules():
                handles.append(module.register_forward_pre_hook(self._enter))
                handles.append(module.register_forward_hook(self._leave, always_call=True))
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _enter(self, module: nn.Module, args: Any) -> None:
        if self.is_this_thread:
            self._calling.append(module)

    def _leave(self, module: nn.Module, args: Any, output: Any) -> None:
        if self.is_this_thread and module in self._calling:
            while self._calling.pop() is not module:
                pass


def unwrapped(model: nn.Module) -> nn.Module:
    """Return the model inside `DistributedDataParallel`, `DataParallel` or `torch.compile`."""
    wrapped = (nn.parallel.DistributedDataParallel, nn.DataParallel)
    while True:
        if isinstance(model, wrapped):
            model = model.module
        elif isinstance(inner := model.__dict__.get("_modules", {}).get("_orig_mod"), nn.Module):
            model = inner
        else:
            return model
