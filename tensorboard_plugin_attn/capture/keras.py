"""`AttentionCallback`: one line in `model.fit`, and the cohort's attention is logged at every step.

It runs the model on the cohort in evaluation mode, through its own traced function, beside the
training step. It changes no weight, no layer and no random state of the training, and no problem
of the log stops the training.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.capture.captured_array import CapturedArray
from tensorboard_plugin_attn.capture.cohort import Cohort
from tensorboard_plugin_attn.capture.keras_attention import note_attention
from tensorboard_plugin_attn.capture.keras_importance import Importance
from tensorboard_plugin_attn.capture.keras_probe import Probe, Scores, check_rows
from tensorboard_plugin_attn.capture.ranking import Ranker
from tensorboard_plugin_attn.capture.recorder import (
    EVERY_STEP,
    IMPORTANCE,
    MAX_OVERHEAD,
    MODELS,
    RECOMMENDATIONS,
    Recorder,
)
from tensorboard_plugin_attn.capture.selection import Heads
from tensorboard_plugin_attn.capture.training_clock import TrainingClock
from tensorboard_plugin_attn.logging import AttentionWriter, WriterStatus
from tensorboard_plugin_attn.logging.cost import Cost
from tensorboard_plugin_attn.logging.model_budget import MODELS_BYTES
from tensorboard_plugin_attn.logging.schedule import Schedule
from tensorboard_plugin_attn.logging.writer import BUDGET_BYTES
from tensorboard_plugin_attn.portable.kinds import AnyDescription
from tensorboard_plugin_attn.privacy import Privacy

__all__ = ["AttentionCallback", "CapturedArray", "Describe", "note_attention"]

logger = logging.getLogger("tensorboard_plugin_attn")

Describe = Callable[[CapturedArray], CapturedArray]
Portable = Callable[[Any, Sequence[str]], tuple[AnyDescription, Mapping[str, NDArray[np.float32]]]]


class AttentionCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """Logs attention of a fixed cohort while a Keras 3 model trains (TensorFlow backend).

    Args:
      logdir: the run's attention directory, by convention `<run>/attention`.
      cohort: the users to follow; `cohort.inputs` is what the model is called with.
      inputs: used instead of `cohort.inputs`.
      schedule: which training steps are logged; the first and the last always are.
      max_overhead: what logging may cost, as a share of the training's own time; steps are left
        out, evenly and marked, to keep it. `None`: no limit.
      layers: names of layers to log (a part of the path is enough); `None`: all.
      heads: numbers of heads to log, from 0, or such by part of a layer's name; `None`: all.
      users: places or ids of the cohort's users to log; `None`: all.
      scores: `scores(model, inputs) -> [user, item]`: the model's scores of every item. If
        given, the best items are logged as recommendations, with `score_items` naming columns.
      score_items: item id of each column of `scores`; `None` for a column that is no item.
      top_k: how many recommendations to log.
      remove_seen: whether items of a user's history are recommended no more; `False` where items
        come again.
      recommendations_schedule: at which of the logged steps recommendations are logged too.
      importance_schedule: at which of them the importance of heads is logged too: what switching a
        head off would change in the score of the user's target. Needs `scores` and targets, and
        costs a backward pass; `None`: never.
      portable: `portable(model, layers) -> (description, tensors)`: the model as data, `layers`
        being the names its attention layers have in the log. If given, the tab can explain and
        replay recommendations (docs/guides/keras.md). Needs `scores` over the model's own items.
      models_schedule: at which of the logged steps the model is logged too.
      models_bytes: what all logged models together may take, see `AttentionWriter`.
      lengths: real history items per user, for cropping left padding; by default the number of
        history items of each cohort user, at most the width of `inputs`.
      describe: called with each layer's `CapturedArray`, returns it with what is known of it, such
        as `dataclasses.replace(layer, kind="target", query_axis="candidate", keys=[...])`: a layer
        is taken for self attention over the history unless it is told otherwise.
      privacy: see `Privacy`.
      budget_bytes: how large the log may grow before steps are thinned, see `AttentionWriter`.
      writer: used instead of a new `AttentionWriter(logdir, ...)`; closed by its owner.

    Raises:
      ValueError: no inputs, inputs for another number of users than the cohort's, settings that
        make no sense, or a Keras backend other than TensorFlow.
    """

    def __init__(
        self,
        logdir: str | os.PathLike[str],
        *,
        cohort: Cohort,
        inputs: Any = None,
        schedule: Schedule = EVERY_STEP,
        max_overhead: float | None = MAX_OVERHEAD,
        layers: Sequence[str] | None = None,
        heads: Heads | None = None,
        users: Sequence[int | str] | None = None,
        scores: Scores | None = None,
        score_items: Sequence[str | None] | None = None,
        top_k: int = 10,
        remove_seen: bool = True,
        recommendations_schedule: Schedule = RECOMMENDATIONS,
        importance_schedule: Schedule | None = IMPORTANCE,
        portable: Portable | None = None,
        models_schedule: Schedule = MODELS,
        models_bytes: int | None = MODELS_BYTES,
        lengths: Sequence[int] | None = None,
        describe: Describe | None = None,
        privacy: Privacy | None = None,
        budget_bytes: int | None = BUDGET_BYTES,
        writer: AttentionWriter | None = None,
    ) -> None:
        super().__init__()
        if keras.backend.backend() != "tensorflow":
            raise ValueError(
                f"AttentionCallback needs Keras on TensorFlow, this is {keras.backend.backend()}; "
                "use AttentionWriter.attention(...) in the training loop instead"
            )
        if scores is not None and score_items is None:
            raise ValueError("scores needs score_items: the item id of each column")
        if portable is not None and scores is None:
            raise ValueError("portable needs scores and score_items: which items the model scores")
        cohort = cohort if inputs is None else replace(cohort, inputs=inputs)
        if cohort.inputs is None:
            raise ValueError("no inputs: pass Cohort(inputs=...) or AttentionCallback(inputs=...)")
        check_rows(cohort.inputs, len(cohort.users))
        if users is not None:
            places = cohort.places(users)
            lengths = None if lengths is None else [lengths[place] for place in places]
            cohort = cohort.only(places)
        self._cohort = cohort
        self._scores = scores
        self._describe = describe
        self._portable = portable
        ranker = None
        if score_items:
            ranker = Ranker(score_items, cohort.users, top_k, remove_seen=remove_seen)
        self._targets = ranker.targets if ranker else ()
        self._recorder_settings: dict[str, Any] = {
            "schedule": schedule,
            "recommendations_schedule": recommendations_schedule,
            "importance_schedule": importance_schedule,
            "models_schedule": models_schedule,
            "max_overhead": max_overhead,
            "layers": layers,
            "heads": heads,
            "lengths": lengths,
            "ranker": ranker,
        }
        self._writer_settings: dict[str, Any] = {
            "logdir": logdir,
            "cohort": cohort,
            "privacy": privacy or Privacy(),  # one object: one pseudonym per user in every `fit`
            "budget_bytes": budget_bytes,
            "models_bytes": models_bytes,
        }
        self._owns_writer = writer is None
        self._writer = writer or AttentionWriter(**self._writer_settings)
        self._recorder = Recorder(self._writer, cohort, **self._recorder_settings)
        self._clock = TrainingClock()
        self._probe: Probe | None = None
        self._importance: Importance | None = None
        self._epoch = 0
        self._closed = False

    @property
    def writer(self) -> AttentionWriter:
        """Return the writer attention goes to."""
        return self._writer

    @property
    def cost(self) -> Cost:
        """Return what logging cost the latest `fit`."""
        return self._recorder.cost

    def status(self) -> WriterStatus:
        """Return what became of everything that was logged in the latest `fit`."""
        return self._writer.status()

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Go on counting where the optimizer stands; a second `fit` is a new attempt of the run."""
        if self._closed:
            self._writer, self._closed = AttentionWriter(**self._writer_settings), False
        self._recorder = Recorder(self._writer, self._cohort, **self._recorder_settings)
        if self._probe is not None and self._probe.model is not self.model:
            self._probe = self._importance = None
        self._clock.begin(self.model, (self.params or {}).get("steps"))
        self._recorder.begin()

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Remember the epoch."""
        self._epoch = epoch
        self._clock.begin_epoch(epoch)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log the cohort's attention if this step is on the schedule and can be afforded."""
        took_step = self._clock.tick(self._epoch, batch)
        if took_step and self._recorder.due(self._clock.step, self._clock.epoch):
            self._record()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Remember that the epoch is done."""
        self._clock.begin_epoch(epoch + 1)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Log the last step, write everything that waits, and say what it cost."""
        self._record(is_last=True)
        said = self._recorder.end(close_writer=self._owns_writer)
        self._closed = self._owns_writer
        if (self.params or {}).get("verbose") and not logger.isEnabledFor(logging.INFO):
            print(said)  # else it is in the program's own log already

    def _record(self, *, is_last: bool = False) -> None:
        snapshot = None if self._portable is None else partial(self._portable, self.model)
        self._recorder.record(
            self._clock.step, self._clock.epoch, self._run_probe, snapshot, is_last=is_last
        )

    def _run_probe(self) -> Any:
        if self._probe is None:
            self._probe = Probe(
                self.model, self._cohort.inputs, self._recorder.selection, self._scores
            )
        found, scores = self._probe.run(with_scores=self._recorder.scores_due)
        if self._scores is not None and self._recorder.importance_due:
            if self._importance is None:
                self._importance = Importance(
                    self.model, self._cohort.inputs, self._scores, self._targets
                )
            found = self._importance.added_to(found)
        if self._describe is not None:
            found = [self._describe(layer) for layer in found]
        return found, scores
