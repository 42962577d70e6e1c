"""`AttentionCallback` for Hugging Face: `Trainer(callbacks=[AttentionCallback(cohort=cohort)])`.

It is `watch` told by the trainer which step it is. It stops no training: what goes wrong is said.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from tensorboard_plugin_attn.capture.cohort import Cohort
from tensorboard_plugin_attn.capture.torch import Watch, watch

logger = logging.getLogger("tensorboard_plugin_attn")


class AttentionCallback(TrainerCallback):  # type: ignore[misc]
    """Logs attention of a fixed cohort while `transformers.Trainer` trains.

    Args:
      logdir: the run's attention directory; `None`: `attention` in the trainer's `output_dir`.
      cohort: the users to follow; `cohort.inputs` is what the model is called with, such as
        `{"input_ids": ..., "attention_mask": ...}`.
      settings: all other settings of `watch`, except `optimizer`.

    Attributes:
      watching: the `Watch` of the training, once it began.
    """

    def __init__(
        self, logdir: str | os.PathLike[str] | None = None, *, cohort: Cohort, **settings: Any
    ) -> None:
        self._logdir = logdir
        self._cohort = cohort
        self._settings = settings
        self.watching: Watch | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Begin watching the trainer's model."""
        logdir = Path(args.output_dir) / "attention" if self._logdir is None else self._logdir
        try:
            self.watching = watch(kwargs["model"], logdir, cohort=self._cohort, **self._settings)
        except Exception:
            logger.exception("attention: not logging; training goes on")

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Log if this step is on the schedule."""
        if self.watching is not None:
            self.watching.step(state.global_step, state.epoch)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Log the last step and write everything that waits."""
        if self.watching is not None:
            self.watching.remove()
