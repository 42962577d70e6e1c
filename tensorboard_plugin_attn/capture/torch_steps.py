"""Which training step it is: told by the optimizer's own hook, or by the training loop.

With an optimizer, a step is what it did: batches that only accumulate gradients, and steps a
gradient scaler skipped, are none. It reads the optimizer's state and changes nothing of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import torch

logger = logging.getLogger("tensorboard_plugin_attn")


class StepCount:
    """Counts steps.

    Args:
      optimizer: whose steps are counted; `None`: those that `advance` is told.
      steps_per_epoch: makes epochs of steps, where none are told.

    Raises:
      ValueError: the optimizer is none.

    Attributes:
      step: training steps done; a resumed training counts on where the optimizer's state stands.
    """

    def __init__(self, optimizer: Any, steps_per_epoch: int | None = None) -> None:
        self.step = 0
        self._optimizer = _innermost(optimizer)
        self._steps_per_epoch = steps_per_epoch
        self._epoch: float | None = None
        self._handle: Any = None
        self._warned = False

    @property
    def epoch(self) -> float | None:
        """Return epochs done, as last told, or as many as the steps make; `None` if unknown."""
        if self._epoch is None and self._steps_per_epoch:
            return self.step / self._steps_per_epoch
        return self._epoch

    def attach(self, then: Callable[[], None]) -> None:
        """Call `then` after every step of the optimizer, if there is one."""
        if self._optimizer is None:
            return

        def stepped(optimizer: Any, args: Any, kwargs: Any) -> None:
            self.step = self.step + 1 if self.step else max(1, steps_done(optimizer))
            then()

        hook = torch.compiler.disable(stepped)  # a compiled optimizer must not trace into this
        self._handle = self._optimizer.register_step_post_hook(hook)

    def detach(self) -> None:
        """Leave the optimizer alone."""
        if self._handle is not None:
            self._handle.remove()
            self._handle = None

    def advance(self, step: int | None, epoch: float | None) -> bool:
        """Count a step that the training loop says is done; tell whether it was counted here."""
        if epoch is not None:
            self._epoch = float(epoch)
        if self._optimizer is None:
            self.step = self.step + 1 if step is None else int(step)
            return True
        if step is not None and not self._warned:
            self._warned = True
            logger.warning("watch: the optimizer counts the steps; step(step=...) is not used")
        return False


def steps_done(optimizer: Any) -> int:
    """Return how many steps the optimizer's state says were done; 0 if it does not say."""
    steps = [state.get("step", 0) for state in optimizer.state.values() if hasattr(state, "get")]
    return int(max(map(float, steps), default=0))


def _innermost(optimizer: Any) -> Any:
    """Return the optimizer inside wrappers such as Accelerate's and Lightning's.

    Raises:
      ValueError: there is something, and it does not say when it has done a step.
    """
    while (inner := getattr(optimizer, "optimizer", None)) is not None:
        optimizer = inner
    if optimizer is not None and not hasattr(optimizer, "register_step_post_hook"):
        raise ValueError(
            f"optimizer={type(optimizer).__name__} is no torch.optim.Optimizer: leave it out, and "
            "call step() after each training step"
        )
    return optimizer
