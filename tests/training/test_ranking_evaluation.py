"""Metrics are written at the end of every epoch, whatever Keras' TensorBoard callback records."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from training.callbacks import ranking_evaluation
from training.callbacks.ranking_evaluation import RankingEvaluation
from training.preprocessing.splitting import Split


def test_metrics_are_written_where_keras_records_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking_evaluation, "model_scores", lambda *_: np.zeros((1, 3)))
    monkeypatch.setattr(ranking_evaluation, "target_ranks", lambda *_, **__: np.array([2]))
    split = cast(Split, SimpleNamespace(validation_histories=[[1]], validation=[2]))
    callback = RankingEvaluation(tmp_path, split, history_length=2)
    callback.set_model(cast(Any, SimpleNamespace(optimizer=SimpleNamespace(iterations=32))))
    # As at step 32 under `keras.callbacks.TensorBoard(update_freq=10)`.
    with tf.summary.record_if(False):
        callback.on_epoch_end(0, {})
    callback.on_train_end()
    files = [str(file) for file in tmp_path.rglob("*.v2")]
    events = [event for file in files for event in EventFileLoader(file).Load()]
    tags = {(value.tag, event.step) for event in events for value in event.summary.value}
    assert ("NDCG@10", 32) in tags
