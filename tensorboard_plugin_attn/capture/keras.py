"""`AttentionCallback`: one line in `model.fit`, and the cohort's attention is logged at every step.

It runs the model on the cohort in evaluation mode, through its own traced function, beside the
training step. It changes no weight, no layer and no random state of the training, and no problem
of the log stops the training.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from tensorboard_plugin_attn.capture.cohort import Cohort
from tensorboard_plugin_attn.capture.keras_probe import Probe, Scores
from tensorboard_plugin_attn.capture.layer_traits import LayerTraits
from tensorboard_plugin_attn.capture.ranking import Ranker
from tensorboard_plugin_attn.capture.training_clock import TrainingClock
from tensorboard_plugin_attn.logging import AttentionWriter, WriterStatus
from tensorboard_plugin_attn.privacy import Privacy

logger = logging.getLogger("tensorboard_plugin_attn")


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
      ValueError: no inputs, inputs for another number of users than the cohort's, or a Keras
        backend other than TensorFlow.
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
        _check_rows(self._inputs, len(cohort.users))
        if every_steps < 1:
            raise ValueError(f"every_steps={every_steps}: must be 1 or more")
        if scores is not None and score_items is None:
            raise ValueError("scores needs score_items: the item id of each column")
        self._logdir = logdir
        self._cohort = cohort
        self._layers = layers
        self._scores = scores
        self._ranker = Ranker(score_items, cohort.users, top_k) if score_items else None
        self._lengths = _history_lengths(cohort) if lengths is None else lengths
        self._privacy = privacy or Privacy()  # one object: one pseudonym per user in every `fit`
        self._writer = writer or self._new_writer()
        self._owns_writer = writer is None
        self._clock = TrainingClock(every_steps)
        self._traits = LayerTraits(self._lengths)
        self._probe: Probe | None = None
        self._closed = False
        self._epoch = 0
        self._logged_step = -1
        self._probe_s = 0.0
        self._steps_logged = 0
        self._broken = False
        self._warned: set[str] = set()

    @property
    def writer(self) -> AttentionWriter:
        """Return the writer attention goes to."""
        return self._writer

    @property
    def cost(self) -> ProbeCost:
        """Return how long the training waited for logging."""
        return ProbeCost(self._probe_s, self._steps_logged)

    def status(self) -> WriterStatus:
        """Return what became of everything that was logged in the latest `fit`."""
        return self._writer.status()

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Go on counting where the optimizer stands; a second `fit` is a new attempt of the run."""
        if self._closed:
            self._writer, self._closed = self._new_writer(), False
        if self._probe is not None and self._probe.model is not self.model:
            self._probe, self._traits = None, LayerTraits(self._lengths)
        self._broken = False
        self._logged_step = -1
        self._clock.begin(self.model, (self.params or {}).get("steps"))

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Remember the epoch."""
        self._epoch = epoch
        self._clock.begin_epoch(epoch)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log the cohort's attention if this step is on the schedule."""
        if self._clock.tick(self._epoch, batch):
            self._log()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Remember that the epoch is done."""
        self._clock.begin_epoch(epoch + 1)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Log the last step and write everything that waits."""
        if self._clock.step > self._logged_step:
            self._log()
        if self._owns_writer:
            self._writer.close()
            self._closed = True

    def _new_writer(self) -> AttentionWriter:
        return AttentionWriter(self._logdir, cohort=self._cohort, privacy=self._privacy)

    def _log(self) -> None:
        """Capture and hand over; whatever goes wrong is said once and the training goes on."""
        if self._broken:
            return
        began_s = time.perf_counter()
        try:
            self._capture_and_write()
        except Exception:
            self._broken = True
            logger.exception("AttentionCallback: not logging any more; training goes on")
        self._probe_s += time.perf_counter() - began_s
        self._logged_step = self._clock.step
        self._steps_logged += 1

    def _capture_and_write(self) -> None:
        if self._probe is None:
            self._probe = Probe(self.model, self._inputs, self._layers, self._scores)
        found, scores = self._probe.run()
        if not found:
            self._warn_once(self._probe.why_nothing())
        step, epoch = self._clock.step, self._clock.epoch
        for index, (name, attention) in enumerate(found):
            self._writer.attention(
                name,
                attention,
                step=step,
                epoch=epoch,
                lengths=self._traits.lengths(name, attention),
                layer_index=index,
                causal=self._traits.is_causal(name, attention),
            )
        if scores is not None and self._ranker is not None:
            self._writer.recommendations(self._ranker.rank(scores), step=step, epoch=epoch)

    def _warn_once(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            logger.warning("%s", text)


def _check_rows(inputs: Any, users: int) -> None:
    """Refuse inputs that cannot be aligned with the cohort.

    Raises:
      ValueError: no array in `inputs` has a row for each user.
    """
    arrays = keras.tree.flatten(inputs)
    shapes: list[tuple[int, ...]] = [tuple(getattr(array, "shape", ())) for array in arrays]
    rows = sorted({int(shape[0]) for shape in shapes if shape})
    if users not in rows:
        raise ValueError(
            f"inputs with {' or '.join(map(str, rows)) or 'no'} rows for a cohort of {users} "
            "users: give arrays with one row per user, in the users' order"
        )


def _history_lengths(cohort: Cohort) -> Sequence[int] | None:
    if not all(user.history for user in cohort.users):
        return None
    return [len(user.history) for user in cohort.users]
