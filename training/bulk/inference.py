"""The saved model as Beam's RunInference runs it: attention, measures and recommendations per user.

It is loaded once per process and always called with batches of one size, so that it is traced once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from apache_beam.ml.inference.base import ModelHandler

from tensorboard_plugin_attn.analysis.measures import Measures, measure
from training.bulk.checkpoint import Checkpoint
from training.bulk.partition import Group
from training.preprocessing.sequences import PADDING, pad

MEASURES = (
    "entropy_bits",
    "recency",
    "sink_share",
    "maximum",
    "effective_span",
    "head_similarity",  # not with one head
)
_ROW_SUM_ERROR = 0.01


@dataclass(frozen=True)
class Example:
    """One user as the model takes them.

    Attributes:
      group: who they are counted with.
      items: item numbers, int32, oldest first.
      unknown_items: of the history, which are not among `items`.
      member: a number of the person, for `GroupSums.members`.
    """

    group: Group
    items: np.ndarray
    unknown_items: int = 0
    member: int = 0


@dataclass(frozen=True)
class UserResult:
    """What the model does for one user.

    Attributes:
      group: who they are counted with.
      attention: by layer, float32 `[head, query, key]` without padding, newest last.
      measures: by layer, float32 `[measure, head]` in the order of `MEASURES`.
      recommended: item numbers, best first; what the user has seen is no candidate.
      scores: the model's own scores of these.
      unknown_items, member: as in the example.
    """

    group: Group
    attention: Mapping[str, np.ndarray]
    measures: Mapping[str, np.ndarray]
    recommended: np.ndarray
    scores: np.ndarray
    unknown_items: int = 0
    member: int = 0


class Forward:
    """A loaded model: item numbers in, attention of every layer and scores of every item out.

    Args:
      checkpoint: what to load.
      batch_size: rows of every call; fewer are filled up with empty histories.
    """

    def __init__(self, checkpoint: Checkpoint, batch_size: int) -> None:
        import tensorflow as tf

        from tensorboard_plugin_attn.capture.keras_attention import capturing
        from tensorboard_plugin_attn.capture.keras_probe import (
            of_this_graph,
            to_float32,
            unique_names,
        )
        from training.models.build import build

        config = checkpoint.config
        self._batch_size, self._length = batch_size, config.model.history_length
        model = build(checkpoint.item_count, config.model, config.loss)
        model.load_weights(checkpoint.weights)
        self.layers: list[str] = []

        @tf.function(
            autograph=False,
            input_signature=[tf.TensorSpec([batch_size, self._length], tf.int32)],
        )
        def forward(items: Any) -> tuple[list[Any], Any]:
            with capturing() as captured:
                scores = model.item_scores(items)
            seen = of_this_graph(captured)
            self.layers = unique_names([layer.name for layer in seen])
            return [to_float32(layer.attention) for layer in seen], tf.cast(scores, tf.float32)

        self._forward = forward

    def __call__(self, histories: Sequence[np.ndarray]) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Return attention by layer `[user, head, query, key]` and scores `[user, item]`."""
        filled = [*histories, *[np.empty(0, np.int32)] * (self._batch_size - len(histories))]
        attention, scores = self._forward(pad(filled, self._length))
        users = len(histories)
        named = zip(self.layers, attention, strict=True)
        return {name: np.asarray(each)[:users] for name, each in named}, np.asarray(scores)[:users]


class AttentionHandler(ModelHandler[Example, UserResult, Forward]):  # type: ignore[misc]
    """Runs a checkpoint on users.

    Args:
      checkpoint: what to load, in each process.
      batch_size: users of one call.
      top: how many items to recommend.
    """

    def __init__(self, checkpoint: Checkpoint, batch_size: int, top: int) -> None:
        super().__init__()
        self._checkpoint, self._batch_size, self._top = checkpoint, batch_size, top

    def load_model(self) -> Forward:
        """Return the loaded model."""
        return Forward(self._checkpoint, self._batch_size)

    def batch_elements_kwargs(self) -> Mapping[str, Any]:
        """Return how RunInference is to batch."""
        return {"min_batch_size": self._batch_size, "max_batch_size": self._batch_size}

    def run_inference(
        self,
        batch: Sequence[Example],
        model: Forward,
        inference_args: dict[str, Any] | None = None,
    ) -> Iterable[UserResult]:
        """Yield the result of each user of `batch`.

        Raises:
          ValueError: the model's attention is none: the weights are broken.
        """
        attention, scores = model([example.items for example in batch])
        for row, example in enumerate(batch):
            real = self._checkpoint.tokens(len(example.items))
            best = best_unseen(scores[row], example.items, self._top)
            cut = {name: _real(each[row], real) for name, each in attention.items()}
            yield UserResult(
                group=example.group,
                attention=cut,
                measures={name: stacked(measure(each)) for name, each in cut.items()},
                recommended=best,
                scores=scores[row, best],
                unknown_items=example.unknown_items,
                member=example.member,
            )


def _real(attention: np.ndarray, length: int) -> np.ndarray:
    """Return `attention [head, query, key]` without the padding on the left."""
    real = attention[:, -length:, -length:]
    if not (np.abs(real.sum(axis=-1) - 1) < _ROW_SUM_ERROR).all():  # false for NaN
        raise ValueError(
            "the model's attention does not sum to 1 or is not finite: these weights are broken "
            "(did the training diverge?); take an earlier checkpoint"
        )
    return np.ascontiguousarray(real)


def stacked(measures: Measures) -> np.ndarray:
    """Return `[measure, head]` in the order of `MEASURES`; one head has no similarity."""
    rows = [getattr(measures, name) for name in MEASURES]
    return np.stack([row for row in rows if len(row)])


def best_unseen(scores: np.ndarray, history: np.ndarray, top: int) -> np.ndarray:
    """Return the `top` items with the best `scores [item]`; equal ones in the order of items."""
    candidates = np.where(np.isnan(scores), -np.inf, scores)
    candidates[[PADDING, *history]] = -np.inf
    count = min(top, len(candidates))
    lowest = np.partition(candidates, -count)[-count]
    best = np.flatnonzero((candidates >= lowest) & (candidates > -np.inf))
    return best[np.argsort(-candidates[best], kind="stable")][:count].astype(np.int32)
