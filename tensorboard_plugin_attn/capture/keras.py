"""`AttentionCallback`: one line in `model.fit`, and the cohort's attention is logged at every step.

It runs the model on the cohort in evaluation mode, through its own traced function, beside the
training step. It changes no weight, no layer and no random state of the training, and no problem
of the log stops the training.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.capture.cohort import Cohort
from tensorboard_plugin_attn.capture.keras_attention import CapturedLayer, capturing
from tensorboard_plugin_attn.capture.ranking import Ranker
from tensorboard_plugin_attn.logging import AttentionWriter, WriterStatus
from tensorboard_plugin_attn.privacy import Privacy

logger = logging.getLogger("tensorboard_plugin_attn")

Scores = Callable[[Any, Any], Any]

_FUTURE = 1e-6  # attention on later keys below this everywhere: the layer is causal
NOTHING_CAPTURED = (
    "AttentionCallback: the model called no Keras MultiHeadAttention or GroupQueryAttention, so "
    "there is no attention to log. If it has an attention class of its own, log its post-softmax "
    "weights with AttentionWriter.attention(...); docs/guides/keras.md shows an adapter."
)


@dataclass(frozen=True)
class ProbeCost:
    """What logging cost so far, in seconds of the training's own time."""

    probe_s: float
    steps: int


class AttentionCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """Logs attention of a fixed cohort while a Keras 3 model trains (TensorFlow backend).

    Args:
      logdir: the run's attention directory, by convention `<run>/attention`.
      cohort: the users to follow; `cohort.inputs` is what the model is called with.
      inputs: used instead of `cohort.inputs`.
      every_steps: log each so many training steps; the first and the last are always logged.
      layers: names of layers to log (a part of the path is enough); `None`: all.
      scores: `scores(model, inputs) -> [user, item]`: the model's scores of every item. If
        given, the best items are logged as recommendations, with `score_items` naming columns.
      score_items: item id of each column of `scores`; `None` for a column that is no item.
      top_k: how many recommendations to log.
      lengths: real history items per user, for cropping left padding; by default the number of
        history items of each cohort user, at most the width of `inputs`.
      privacy: see `Privacy`.
      writer: used instead of a new `AttentionWriter(logdir, ...)`; closed by its owner.

    Raises:
      ValueError: no inputs, or a Keras backend other than TensorFlow.
    """

    def __init__(
        self,
        logdir: str | os.PathLike[str],
        *,
        cohort: Cohort,
        inputs: Any = None,
        every_steps: int = 1,
        layers: Sequence[str] | None = None,
        scores: Scores | None = None,
        score_items: Sequence[str | None] | None = None,
        top_k: int = 10,
        lengths: Sequence[int] | None = None,
        privacy: Privacy | None = None,
        writer: AttentionWriter | None = None,
    ) -> None:
        super().__init__()
        if keras.backend.backend() != "tensorflow":
            raise ValueError(
                f"AttentionCallback needs Keras on TensorFlow, this is {keras.backend.backend()}; "
                "use AttentionWriter.attention(...) in the training loop instead"
            )
        self._inputs = cohort.inputs if inputs is None else inputs
        if self._inputs is None:
            raise ValueError("no inputs: pass Cohort(inputs=...) or AttentionCallback(inputs=...)")
        if every_steps < 1:
            raise ValueError(f"every_steps={every_steps}: must be 1 or more")
        if scores is not None and score_items is None:
            raise ValueError("scores needs score_items: the item id of each column")
        self._cohort = cohort
        self._every_steps = every_steps
        self._layers = layers
        self._scores = scores
        self._ranker = Ranker(score_items, cohort.users, top_k) if score_items else None
        self._lengths = lengths
        self._writer = writer or AttentionWriter(logdir, cohort=cohort, privacy=privacy)
        self._owns_writer = writer is None
        self._probe: _Probe | None = None
        self._causal: dict[str, bool] = {}
        self._attends_to_padding: dict[str, bool] = {}
        self._step = 0
        self._logged_step = -1
        self._epoch = 0
        self._probe_s = 0.0
        self._steps_logged = 0
        self._broken = False

    @property
    def writer(self) -> AttentionWriter:
        """Return the writer attention goes to."""
        return self._writer

    @property
    def cost(self) -> ProbeCost:
        """Return how long the training waited for logging."""
        return ProbeCost(self._probe_s, self._steps_logged)

    def status(self) -> WriterStatus:
        """Return what became of everything that was logged."""
        return self._writer.status()

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Go on counting where the optimizer stands, so that a resumed training fits on."""
        self._step = _iterations(self.model)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Remember the epoch."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log the cohort's attention if this step is on the schedule."""
        self._step += 1
        if self._step == 1 or self._step % self._every_steps == 0:
            self._log(batch)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Log the last step and write everything that waits."""
        if self._step > self._logged_step:
            self._log(None)
        if self._owns_writer:
            self._writer.close()

    def _log(self, batch: int | None) -> None:
        """Capture and hand over; whatever goes wrong is said once and the training goes on."""
        if self._broken:
            return
        began_s = time.perf_counter()
        try:
            self._capture_and_write(self._epoch_at(batch))
        except Exception:
            self._broken = True
            logger.exception("AttentionCallback: not logging any more; training goes on")
        self._probe_s += time.perf_counter() - began_s
        self._logged_step = self._step
        self._steps_logged += 1

    def _epoch_at(self, batch: int | None) -> float:
        steps = (self.params or {}).get("steps")
        if batch is None or not steps:
            return float(self._epoch + 1)
        return self._epoch + (batch + 1) / float(steps)

    def _capture_and_write(self, epoch: float) -> None:
        if self._probe is None:
            self._probe = _Probe(self.model, self._inputs, self._layers, self._scores)
        found, scores = self._probe.run()
        if not found and self._steps_logged == 0:
            logger.warning(NOTHING_CAPTURED)
        for index, (name, attention) in enumerate(found):
            self._writer.attention(
                name,
                attention,
                step=self._step,
                epoch=epoch,
                lengths=self._lengths_of(name, attention),
                layer_index=index,
                causal=self._is_causal(name, attention),
            )
        if scores is not None and self._ranker is not None:
            recommended = self._ranker.rank(scores)
            self._writer.recommendations(recommended, step=self._step, epoch=epoch)

    def _lengths_of(self, name: str, attention: NDArray[np.float32]) -> Sequence[int] | None:
        """Return where to crop; nowhere if the layer, as first seen, attends to padding."""
        lengths = self._history_lengths()
        if lengths is None:
            return None
        if name not in self._attends_to_padding:
            outside = padding_share(attention, lengths)
            self._attends_to_padding[name] = outside > schema.ROW_SUM_TOLERANCE
            if self._attends_to_padding[name]:
                logger.warning(
                    "%s gives up to %.0f%% of its attention to padding (it does not mask it): "
                    "padding is logged too",
                    name,
                    100 * outside,
                )
        return None if self._attends_to_padding[name] else lengths

    def _history_lengths(self) -> Sequence[int] | None:
        if self._lengths is not None:
            return self._lengths
        if not all(user.history for user in self._cohort.users):
            return None
        return [len(user.history) for user in self._cohort.users]

    def _is_causal(self, name: str, attention: NDArray[np.float32]) -> bool:
        """Tell whether no query of the layer attends to a later key, as first seen."""
        if name not in self._causal:
            queries, keys = attention.shape[-2:]
            future = np.triu_indices(queries, 1)
            square = queries == keys and queries > 1
            self._causal[name] = bool(
                square and (attention[..., future[0], future[1]] <= _FUTURE).all()
            )
        return self._causal[name]


def padding_share(attention: NDArray[np.float32], lengths: Sequence[int]) -> float:
    """Return the largest share any real query gives to padding keys on the left.

    Args:
      attention: `[user, head, query, key]`, left-padded.
      lengths: real positions per user.
    """
    shares = [
        1.0 - user[:, -length:, -length:].sum(axis=-1).min()
        for user, length in zip(attention, lengths, strict=True)
    ]
    return float(max(shares))


class _Probe:
    """The model's forward pass over the cohort, traced once with capture switched on."""

    def __init__(
        self, model: Any, inputs: Any, layers: Sequence[str] | None, scores: Scores | None
    ) -> None:
        import tensorflow as tf

        self._names: list[str] = []
        self._inputs = tf.nest.map_structure(tf.convert_to_tensor, inputs)

        @tf.function(autograph=False)  # type: ignore[untyped-decorator]
        def forward(inputs: Any) -> tuple[list[Any], Any]:
            with capturing() as captured:
                scored = model(inputs, training=False) if scores is None else scores(model, inputs)
            kept = [layer for layer in captured if _wanted(layer, layers)]
            self._names[:] = _unique([layer.name for layer in kept])
            attention = [tf.cast(layer.attention, tf.float32) for layer in kept]
            return attention, (None if scores is None else scored)

        self._forward = forward

    def run(self) -> tuple[list[tuple[str, NDArray[np.float32]]], NDArray[np.float32] | None]:
        """Return `(name, attention [user, head, query, key])` per layer, and the scores."""
        attention, scores = self._forward(self._inputs)
        arrays = [np.asarray(layer) for layer in attention]
        return (
            list(zip(self._names, arrays, strict=True)),
            None if scores is None else np.asarray(scores),
        )


def _wanted(layer: CapturedLayer, layers: Sequence[str] | None) -> bool:
    return layer.attention is not None and (
        layers is None or any(part in layer.name for part in layers)
    )


def _unique(names: list[str]) -> list[str]:
    """Return `names`, those that stand there before numbered: a layer may be called twice."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return unique


def _iterations(model: Any) -> int:
    optimizer = getattr(model, "optimizer", None)
    iterations = getattr(optimizer, "iterations", None)
    return 0 if iterations is None else int(iterations)
