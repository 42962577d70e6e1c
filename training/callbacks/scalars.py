"""The loss while training, for TensorBoard's Scalars, by the optimizer's own step.

Keras' TensorBoard callback counts batches from 0 in every process; a resumed training would write
over its first part, and with gradient accumulation it would not fit the attention's steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from training.distributed import steps_of

EVERY_STEPS = 10


class Scalars(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes `loss` and `learning_rate` to `<run>/train`.

    Args:
      run_directory: where the run's event files go.
    """

    def __init__(self, run_directory: Path) -> None:
        super().__init__()
        self._writer = tf.summary.create_file_writer(str(run_directory / "train"))
        self._written = -EVERY_STEPS

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Write the mean loss of the epoch so far, every tenth step."""
        step = steps_of(self.model)
        if step - self._written >= EVERY_STEPS:
            self._write(step, "batch_loss", logs)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Write the epoch's mean loss."""
        self._write(steps_of(self.model), "epoch_loss", logs)
        self._writer.flush()

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Close the event file."""
        self._writer.close()

    def _write(self, step: int, name: str, logs: Mapping[str, Any] | None) -> None:
        self._written = step
        with self._writer.as_default():
            if logs and "loss" in logs:
                tf.summary.scalar(name, float(logs["loss"]), step=step)
            rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
            tf.summary.scalar("learning_rate", rate, step=step)
