"""Ranking metrics on the validation items after each epoch, as scalars beside the loss."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from training.distributed import steps_of
from training.evaluate import model_scores
from training.metrics import ranking_metrics, target_ranks
from training.preprocessing.splitting import Split


class RankingEvaluation(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes HR@10, Recall@10, NDCG@10 and MRR@10 to `<run>/validation`.

    Args:
      run_directory: where the run's event files go; `None`: nothing is written.
      split: whose validation items.
      history_length: newest items the model sees.
      users: further inputs of the split's users, see `model_scores`.
      remove_seen: what a user has seen is no candidate.
    """

    def __init__(
        self,
        run_directory: Path | None,
        split: Split,
        history_length: int,
        users: Mapping[str, np.ndarray] | None = None,
        *,
        remove_seen: bool = True,
    ) -> None:
        super().__init__()
        self._remove_seen = remove_seen
        self._split, self._users = split, users
        self._history_length = history_length
        self._writer = (
            tf.summary.create_file_writer(str(run_directory / "validation"))
            if run_directory is not None
            else tf.summary.create_noop_writer()
        )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Rank every item for every user, and show the result in the progress bar's line."""
        histories = self._split.validation_histories
        scores = model_scores(self.model, histories, self._history_length, self._users)
        targets = self._split.validation
        ranks = target_ranks(scores, targets, histories, remove_seen=self._remove_seen)
        step = steps_of(self.model)
        # Keras' TensorBoard callback leaves its own `record_if(step % update_freq == 0)` in force.
        with self._writer.as_default(), tf.summary.record_if(True):
            for name, metric in ranking_metrics(ranks).items():
                tf.summary.scalar(name, metric.value, step=step)
                if logs is not None:
                    logs[f"val_{name}"] = metric.value
        self._writer.flush()

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Close the event file."""
        self._writer.close()
