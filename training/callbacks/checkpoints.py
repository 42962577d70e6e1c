"""A checkpoint after each epoch, and the end of a training that gets no better.

It reads `val_NDCG@10` from the epoch's logs, so `RankingEvaluation` comes before it.
"""

from __future__ import annotations

from typing import Any

import keras

from training.run_directory import Progress, RunDirectory


class Checkpoints(keras.callbacks.Callback):  # type: ignore[misc]
    """Saves the model after each epoch, knows the best, and stops early.

    Args:
      directory: of the run.
      patience: epochs without a better NDCG@10 before stopping; `None`: never.
      writes: whether this process writes; one of several does.
    """

    def __init__(
        self, directory: RunDirectory, patience: int | None = None, *, writes: bool = True
    ) -> None:
        super().__init__()
        self.progress = directory.progress()
        self._directory, self._patience, self._writes = directory, patience, writes

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save, and stop if there was no better epoch for too long."""
        ndcg = float((logs or {}).get("val_NDCG@10", -1.0))
        best_epoch, best = self.progress.best_epoch, self.progress.best_ndcg
        if ndcg > best or best_epoch == 0:
            best_epoch, best = epoch + 1, ndcg
        self.progress = Progress(epoch + 1, best_epoch, best)
        if self._writes:
            self._directory.save(self.model, self.progress)
        if self._patience is not None and epoch + 1 - best_epoch >= self._patience:
            self.model.stop_training = True
