"""Where a Keras training stands: the optimizer's own step, and how far into which epoch.

Counting batches is not enough: one batch event can stand for several steps
(`steps_per_execution`), and several batches can make one step (gradient accumulation). It reads
the model's optimizer and nothing else, and imports no framework.
"""

from __future__ import annotations

from typing import Any


class TrainingClock:
    """Tells the step and epoch of a training.

    Attributes:
      step: the optimizer's step after the last batch; batches where the optimizer does not count.
      epoch: epochs done, with the fraction of the current one if its length is known.
    """

    def __init__(self) -> None:
        self.step = 0
        self.epoch = 0.0
        self._steps_per_epoch: int | None = None
        self._optimizer: Any = None
        self._began_at = 0

    def begin(self, model: Any, steps_per_epoch: int | None) -> None:
        """Start where the optimizer stands, so that a resumed training counts on."""
        self._optimizer = getattr(model, "optimizer", None)
        self._steps_per_epoch = steps_per_epoch
        self._began_at = self.step = self._iterations()

    def begin_epoch(self, epoch: int) -> None:
        """Remember that `epoch` epochs are done."""
        self.epoch = float(epoch)

    def tick(self, epoch: int, batch: int) -> bool:
        """Count up to the end of `batch`; return whether a step was taken."""
        if self._steps_per_epoch:
            self.epoch = epoch + (batch + 1) / self._steps_per_epoch
        before, self.step = self.step, self._next_step()
        return self.step > before  # if not, gradients are being accumulated: no change

    def _next_step(self) -> int:
        iterations = self._iterations()
        if iterations > self._began_at or _may_skip_batches(self._optimizer):
            return iterations
        return self.step + 1  # a training loop of the user's own, past this optimizer

    def _iterations(self) -> int:
        iterations = getattr(self._optimizer, "iterations", None)
        return self.step if iterations is None else _as_int(iterations)


def _as_int(number: Any) -> int:
    """Return `number`; a variable that is mirrored over replicas has no `int()` but a value."""
    try:
        return int(number)
    except TypeError:
        return int(number.numpy())


def _may_skip_batches(optimizer: Any) -> bool:
    """Tell whether a batch may leave the weights as they are (accumulation, loss scaling)."""
    return bool(getattr(optimizer, "gradient_accumulation_steps", None)) or hasattr(
        optimizer, "inner_optimizer"
    )
