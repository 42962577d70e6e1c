"""A model ready to be fitted, its examples, and the fit: on one device or over replicas."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from training import distributed
from training.batches import CandidateBatches, MaskedBatches, WindowBatches
from training.config import RunConfig
from training.models.build import build
from training.optimizer import DenseAdam
from training.task import Task


def compiled(task: Task, config: RunConfig) -> Any:
    """Return a built and compiled model with fresh weights."""
    model = build(
        task.interactions.item_count,
        config.model,
        config.loss,
        spec=task.spec,
        item_codes=task.items,
    )
    model.objective.draw_by(
        np.bincount(
            np.concatenate(task.split.training_sequences), minlength=task.interactions.item_count
        )
    )
    optimizer = DenseAdam(
        config.fit.learning_rate,
        beta_2=0.98,
        gradient_accumulation_steps=config.fit.accumulate if config.fit.accumulate > 1 else None,
    )
    model.compile(optimizer=optimizer)
    model.optimizer.build(model.trainable_variables)
    return model


def batches(model: Any, task: Task, config: RunConfig) -> Any:
    """Return the training examples the model wants."""
    sequences, fit = task.split.training_sequences, config.fit
    arguments = (sequences, config.model.history_length, fit.batch_size, fit.seed)
    if config.model.architecture == "bert4rec":
        return MaskedBatches(*arguments, mask_token=model.mask_token, share=fit.mask_share)
    if config.model.architecture == "feature_attention":
        return CandidateBatches(
            *arguments,
            per_user=fit.examples_per_user,
            negatives=config.loss.negatives,
            probabilities=model.objective.probabilities,
            users=task.learners,
            said=task.said,
        )
    return WindowBatches(*arguments)


def fit(
    model: Any,
    task: Task,
    config: RunConfig,
    callbacks: list[Any],
    *,
    done: int,
    strategy: Any | None,
    verbose: int,
) -> None:
    """Train `model` to the end of `config`.

    Args:
      model: of `compiled`.
      task: its data.
      config: what is trained.
      callbacks: of Keras.
      done: epochs it has behind it.
      strategy: see `distributed.strategy_of`.
      verbose: 0 for no progress bar.
    """
    examples = batches(model, task, config)
    for _ in range(done):  # epochs follow from the seed: replay those that are done
        examples.on_epoch_end()
    options: dict[str, Any] = {
        "epochs": config.fit.epochs,
        "initial_epoch": done,
        "callbacks": callbacks,
        "verbose": verbose,
    }
    if strategy is None:
        model.fit(examples, shuffle=False, **options)  # they are shuffled already, by their seed
    else:
        distributed.fit(model, examples, strategy, **options)


@contextmanager
def precision(name: str) -> Iterator[None]:
    """Set Keras' dtype policy for the models made in the block."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
