"""Fine-tuning on feedback: steps on the training data and on what was said, by turns in one loss.

The training data keeps the model what it is; without it a few verdicts would turn everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from training.feedback.losses import FeedbackLoss


@dataclass(frozen=True)
class TuningConfig:
    """How long and how strongly is tuned.

    Attributes:
      steps: training steps.
      learning_rate: of Adam; a tenth of the training's is usual.
      weight: of the feedback's loss beside the data's.
    """

    steps: int = 200
    learning_rate: float = 2e-4
    weight: float = 0.3

    def __post_init__(self) -> None:
        """Refuse what cannot be tuned with."""
        if self.steps < 1:
            raise ValueError(f"steps={self.steps}: must be 1 or more")
        if not 0 < self.learning_rate < 1 or not 0 < self.weight < 1000:
            raise ValueError("learning_rate and weight must be more than 0")


def tune(
    model: Any,
    examples: Any,
    loss: FeedbackLoss,
    config: TuningConfig,
    callbacks: Sequence[keras.callbacks.Callback],
    *,
    verbose: int,
) -> dict[str, tuple[float, float]]:
    """Tune `model`; return each part of the feedback's loss before and after.

    Args:
      model: compiled, with the parent's weights and step.
      examples: the training data's batches, as of `fitting.batches`.
      loss: of what was said.
      config: how.
      callbacks: as of `fit`: one epoch of `config.steps`.
      verbose: 0 for no progress bar.
    """
    model.optimizer.learning_rate.assign(config.learning_rate)
    variables = model.trainable_variables

    @tf.function
    def step(inputs: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            data = model.compute_loss(inputs, targets, model(inputs, training=True))
            total = data + config.weight * loss()["feedback"]
        model.optimizer.apply(tape.gradient(total, variables), variables)
        return data

    before = _values(loss)
    watching = keras.callbacks.CallbackList(
        list(callbacks),
        add_progbar=verbose != 0,
        model=model,
        epochs=1,
        steps=config.steps,
        verbose=verbose,
    )
    watching.on_train_begin()
    watching.on_epoch_begin(0)
    losses = []
    for number in range(config.steps):
        watching.on_train_batch_begin(number)
        place = number % len(examples)
        if number and not place:
            examples.on_epoch_end()
        losses.append(float(step(*map(tf.constant, examples[place]))))
        watching.on_train_batch_end(number, {"loss": float(np.mean(losses))})
    watching.on_epoch_end(0, {"loss": float(np.mean(losses))})
    watching.on_train_end()
    after = _values(loss)
    return {name: (before[name], after[name]) for name in before}


def _values(loss: FeedbackLoss) -> dict[str, float]:
    return {name: float(part) for name, part in loss().items()}
