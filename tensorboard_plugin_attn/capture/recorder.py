"""`Recorder`: what every framework's callback does between a training step and the writer.

It keeps the schedule and the cost, and hands arrays over with what is true of them. It never
raises in the training loop, and knows no framework: how attention is got is the probe's business.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.capture.captured_array import CapturedArray
from tensorboard_plugin_attn.capture.cohort import Cohort
from tensorboard_plugin_attn.capture.layer_traits import LayerTraits
from tensorboard_plugin_attn.capture.overhead import Overhead
from tensorboard_plugin_attn.capture.ranking import Ranker
from tensorboard_plugin_attn.capture.replay_check import MOST_DIFFERENCE, difference
from tensorboard_plugin_attn.capture.selection import Heads, Selection
from tensorboard_plugin_attn.logging import AttentionWriter, WriterStatus
from tensorboard_plugin_attn.logging.cost import Cost
from tensorboard_plugin_attn.logging.schedule import (
    Schedule,
    every_epochs,
    every_step,
    log_spaced,
)
from tensorboard_plugin_attn.portable.description import Served
from tensorboard_plugin_attn.portable.kinds import AnyDescription

logger = logging.getLogger("tensorboard_plugin_attn")

MAX_OVERHEAD = 0.05
EVERY_STEP = every_step()
RECOMMENDATIONS = log_spaced() | every_epochs()
IMPORTANCE = log_spaced() | every_epochs()

MODELS = log_spaced(4) | every_epochs()  # a megabyte each: fewer than of recommendations

Snapshot = Callable[[Sequence[str]], tuple[AnyDescription, Mapping[str, NDArray[np.float32]]]]
Probe = Callable[[], tuple[Sequence[CapturedArray], NDArray[np.float32] | None]]


class _When(NamedTuple):
    step: int
    epoch: float | None


class Recorder:
    """Records one training: `begin`, then for each step `due` and perhaps `record`, then `end`.

    At the end, `record` the last step without asking `due`: it is logged whatever it costs.

    Args:
      writer: where attention goes.
      cohort: the users of the writer, in the order of the arrays' first axis. To log only some of
        a cohort's users, make writer and inputs from `cohort.only(users)`.
      schedule: which steps are logged; the first always is.
      recommendations_schedule: at which of them recommendations are logged too.
      importance_schedule: at which of them the importance of heads is logged too, if the probe can
        tell it and a user has a target; `None`: never.
      models_schedule: at which of them the model itself is logged too, if `record` is given a
        snapshot.
      max_overhead: what logging may cost, as a share of the training's own time; steps are left
        out, evenly and marked, to keep it. `None`: no limit.
      layers: parts of the names of layers to log; `None`: all.
      heads: numbers of heads to log, or by a part of the layer's name; `None`: all.
      lengths: real history items per user, for cropping left padding; by default the lengths of
        the cohort's histories, and `None` if one is empty.
      ranker: makes recommendations of the probe's scores, if it gives any.
      clock: seconds, growing.

    Raises:
      ValueError: `max_overhead` or `heads` make no sense.
    """

    def __init__(
        self,
        writer: AttentionWriter,
        cohort: Cohort,
        *,
        schedule: Schedule = EVERY_STEP,
        recommendations_schedule: Schedule = RECOMMENDATIONS,
        importance_schedule: Schedule | None = IMPORTANCE,
        models_schedule: Schedule = MODELS,
        max_overhead: float | None = MAX_OVERHEAD,
        layers: Sequence[str] | None = None,
        heads: Heads | None = None,
        lengths: Sequence[int] | None = None,
        ranker: Ranker | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.selection = Selection(layers, heads)
        self._writer = writer
        self._schedule = schedule
        self._recommendations_schedule = recommendations_schedule
        self._importance_schedule = importance_schedule
        self._models_schedule = models_schedule
        self._overhead = Overhead(max_overhead, clock)
        self._traits = LayerTraits(history_lengths(cohort) if lengths is None else lengths)
        self._ranker = ranker
        self._cohort = cohort
        self._scores: NDArray[np.float32] | None = None  # of the step being recorded
        self._is_replay_checked = False
        self._no_more_models = False
        self._clock = clock
        self._asked: _When | None = None
        self._ranked: _When | None = None  # when recommendations were last asked for
        self._weighed: _When | None = None  # when importance was last found
        self._copied: _When | None = None  # when the model was last logged
        self._scores_due = self._importance_due = self._model_due = True
        self._logged_step = self._scored_step = self._copied_step = self._thinned_step = -1
        self._layers: tuple[str, ...] = ()
        self._thinned_because = ""
        self._warned: set[str] = set()
        self._broken = False

    @property
    def cost(self) -> Cost:
        """Return what logging cost so far."""
        return self._overhead.cost()

    @property
    def scores_due(self) -> bool:
        """Tell whether the step being recorded wants scores: computing others is for nothing."""
        return self._ranker is not None and self._scores_due

    @property
    def importance_due(self) -> bool:
        """Tell whether the step being recorded wants importance of heads: it takes gradients."""
        return (
            self._importance_schedule is not None
            and self._importance_due
            and self._ranker is not None
            and any(target is not None for target in self._ranker.targets)
        )

    def begin(self) -> None:
        """Start the clock: the training begins."""
        self._overhead.begin()

    def due(self, step: int, epoch: float | None) -> bool:
        """Tell whether this step is to be recorded: it is on the schedule, and can be afforded.

        Args:
          step: training steps done; ask after every one, or after each of several.
          epoch: epochs done, with their fraction, if there are epochs.
        """
        if self._broken:
            return False
        try:
            return self._is_due(_When(step, epoch))
        except Exception:  # a schedule of the user's own
            self._break()
            return False

    def record(
        self,
        step: int,
        epoch: float | None,
        probe: Probe,
        snapshot: Snapshot | None = None,
        *,
        is_last: bool = False,
    ) -> None:
        """Capture and hand over. Whatever goes wrong is said once, and the training goes on.

        Args:
          step: training steps done; one that is recorded already is not recorded again.
          epoch: epochs done, if there are epochs.
          probe: runs the model on the cohort; returns its layers' attention, and scores
            `[user, item]` (or `None`) if `scores_due`.
          snapshot: called with the names of the layers, returns the model as data.
          is_last: of the training: the model is logged whatever its budget says.
        """
        again = step == self._logged_step
        scores_wanted = self.scores_due and step != self._scored_step
        model_wanted = snapshot is not None and self._wants_model(step)
        if self._broken or (again and not (scores_wanted or model_wanted)):
            return
        began_s = self._clock()
        if self._thinned_step == step:
            self._thinned_step = -1
            self._overhead.take_back()
        self._mark_thinned()
        try:
            if scores_wanted or not again:
                self._capture(_When(step, epoch), probe, began_s, only_scores=again)
            if snapshot is not None and model_wanted:
                self._try_model(_When(step, epoch), snapshot, is_last=is_last)
        except Exception:
            self._break()
            return
        if not again:
            self._overhead.logged(self._clock() - began_s)
        self._logged_step = step
        self._scores_due = self._importance_due = self._model_due = True

    def end(self, *, close_writer: bool = False) -> str:
        """Write what waits; say, and return, what it cost.

        Args:
          close_writer: close the writer, if it is the caller's to close.
        """
        self._mark_thinned()
        cost = self.cost
        status = self._writer.close() if close_writer else self._flushed()
        text = cost.describe(status.written_bytes)
        logger.info("%s", text)
        return text

    def _is_due(self, now: _When) -> bool:
        previous, self._asked = self._asked, now
        if not self._schedule.due(previous, now):
            return False
        if not self._overhead.affords():
            self._thin(now.step)
            return False
        self._scores_due = self._recommendations_schedule.due(self._ranked, now)
        self._model_due = self._models_schedule.due(self._copied, now)
        if self._importance_schedule is not None:
            self._importance_due = self._importance_schedule.due(self._weighed, now)
        return True

    def _break(self) -> None:
        """Log nothing more, and say why; to be called where an exception was caught."""
        self._broken = True
        logger.exception("attention: not logging any more; training goes on")

    def _flushed(self) -> WriterStatus:
        self._writer.flush()
        return self._writer.status()

    def _capture(self, now: _When, probe: Probe, began_s: float, *, only_scores: bool) -> None:
        found, scores = probe()
        self._scores = None if scores is None else np.asarray(scores)
        if not only_scores:
            self._write_attention(now, self.selection.apply(found), began_s)
        if scores is not None and self._ranker is not None and self._scores_due:
            self._writer.recommendations(
                self._ranker.rank(np.asarray(scores)), step=now.step, epoch=now.epoch
            )
            self._ranked, self._scored_step = now, now.step

    def _write_attention(self, now: _When, layers: Sequence[CapturedArray], began_s: float) -> None:
        if not layers and (why := self.selection.why_nothing()):
            self._warn_once(why)
        self._layers = tuple(layer.name for layer in layers)
        if any(layer.importance is not None for layer in layers):
            self._weighed = now
        cost = self._overhead.cost(self._clock() - began_s)
        for index, layer in enumerate(layers):
            attention, causal = layer.attention, layer.causal
            histories = layer.query_axis == layer.key_axis == schema.HISTORY_AXIS
            if causal is None:
                causal = histories and self._traits.is_causal(layer.name, attention)
            users, queries, keys = layer.without_padding()
            self._writer.attention(
                layer.name,
                users,
                step=now.step,
                epoch=now.epoch,
                lengths=self._traits.lengths(layer.name, attention) if histories else None,
                layer_index=index,
                causal=causal,
                kind=layer.kind,
                query_axis=layer.query_axis,
                key_axis=layer.key_axis,
                queries=queries,
                keys=keys,
                head_names=layer.head_names,
                similarity=layer.similarity,
                mode=layer.mode,
                dropout_stage=layer.dropout_stage,
                cost=cost,
                importance=layer.importance,
            )

    def _try_model(self, now: _When, snapshot: Snapshot, *, is_last: bool) -> None:
        """Log the model; if that fails, say so once and log all else."""
        try:
            self._write_model(now, snapshot, is_last=is_last)
        except Exception as error:
            self._no_more_models = True
            logger.warning("portable=: no models are logged: %s", error)

    def _write_model(self, now: _When, snapshot: Snapshot, *, is_last: bool) -> None:
        self._copied, self._copied_step = now, now.step
        if self._ranker is None:
            raise ValueError("a portable model needs a ranker, which knows its items")
        description, tensors = snapshot(self._layers)
        if not self._answers_alike(description, tensors):
            return
        self._writer.portable_model(
            description,
            tensors,
            items=self._ranker.items,
            step=now.step,
            epoch=now.epoch,
            is_last=is_last,
        )

    def _wants_model(self, step: int) -> bool:
        return self._model_due and step != self._copied_step and not self._no_more_models

    def _answers_alike(
        self, description: AnyDescription, tensors: Mapping[str, NDArray[np.float32]]
    ) -> bool:
        """Tell whether the portable model's scores are the model's; looked at once."""
        if self._is_replay_checked or self._scores is None or self._ranker is None:
            return True
        if isinstance(description, Served):
            return True
        off = difference(description, tensors, self._ranker.items, self._cohort.users, self._scores)
        self._is_replay_checked = True
        if off <= MOST_DIFFERENCE:
            return True
        self._no_more_models = True
        self._warn_once(
            f"portable=: replayed scores differ from the model's by {100 * off:.0f}% of their "
            "spread, so its description is not that of this model; no models are logged"
        )
        return False

    def _thin(self, step: int) -> None:
        """Mark a step that could not be afforded."""
        if not self._thinned_because:
            limit = 100 * (self._overhead.limit or 0)
            cost_ms = 1e3 * self.cost.step_s
            self._thinned_because = (
                f"max_overhead {limit:g}% reached: logging cost {cost_ms:.1f} ms a step"
            )
            logger.warning(
                "attention: %s, so not every step is logged; what is left out is marked "
                "(max_overhead=None logs all)",
                self._thinned_because,
            )
        self._mark_thinned()
        self._thinned_step = step  # marked later: if it is the last, it is logged all the same

    def _mark_thinned(self) -> None:
        if self._thinned_step >= 0:
            for layer in self._layers:
                self._writer.thinned(layer, step=self._thinned_step, detail=self._thinned_because)
        self._thinned_step = -1

    def _warn_once(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            logger.warning("%s", text)


def history_lengths(cohort: Cohort) -> Sequence[int] | None:
    """Return the number of history items of each user; `None` if one has none."""
    if not all(user.history for user in cohort.users):
        return None
    return [len(user.history) for user in cohort.users]
