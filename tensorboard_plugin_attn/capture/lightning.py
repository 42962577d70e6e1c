"""`AttentionCallback` for Lightning: `Trainer(callbacks=[AttentionCallback(cohort=cohort)])`.

It is `watch` told by the trainer which step it is. It works with `lightning` and with
`pytorch_lightning`, and stops no training: what goes wrong is said.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from tensorboard_plugin_attn.capture.cohort import Cohort
from tensorboard_plugin_attn.capture.torch import Watch, watch

try:
    from lightning.pytorch.callbacks import Callback
except ImportError:  # the older name of the same
    from pytorch_lightning.callbacks import Callback

logger = logging.getLogger("tensorboard_plugin_attn")


class AttentionCallback(Callback):  # type: ignore[misc]
    """Logs attention of a fixed cohort while a `LightningModule` trains.

    Args:
      logdir: the run's attention directory; `None`: `attention` in the logger's directory.
      cohort: the users to follow; `cohort.inputs` is what the module is called with.
      settings: all other settings of `watch`, except `optimizer`. `call=` says how to call the
        module if its `forward` is not the model's.

    Attributes:
      watching: the `Watch` of the training, once it began.
    """

    def __init__(
        self, logdir: str | os.PathLike[str] | None = None, *, cohort: Cohort, **settings: Any
    ) -> None:
        super().__init__()
        self._logdir = logdir
        self._cohort = cohort
        self._settings = settings
        self.watching: Watch | None = None
        self._step = 0

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Begin: the log is in the logger's directory, or in `logdir`."""
        self._step = trainer.global_step
        inside = trainer.log_dir or trainer.default_root_dir  # asked in every process, as it must
        logdir = Path(inside) / "attention" if self._logdir is None else self._logdir
        try:
            self.watching = watch(pl_module, logdir, cohort=self._cohort, **self._settings)
        except Exception:
            logger.exception("attention: not logging; training goes on")

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Log if this batch made a step that is on the schedule."""
        if self.watching is not None and trainer.global_step > self._step:
            self._step = trainer.global_step
            epoch = float(trainer.current_epoch)
            if isinstance(trainer.num_training_batches, int) and trainer.num_training_batches:
                epoch += (batch_idx + 1) / trainer.num_training_batches
            self.watching.step(self._step, epoch)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Log the last step and write everything that waits."""
        self._finish()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Write what there is: the training ends early."""
        self._finish()

    def _finish(self) -> None:
        if self.watching is not None:
            self.watching.remove()
