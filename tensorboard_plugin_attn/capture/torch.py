"""`watch`: one line in a PyTorch training, and the cohort's attention is logged as it trains.

It runs the model on the cohort in evaluation mode beside the training step. It changes no
parameter, buffer, training flag or random state, and no problem of the log stops the training.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tensorboard_plugin_attn.capture import torch_inputs
from tensorboard_plugin_attn.capture.captured_array import CapturedArray
from tensorboard_plugin_attn.capture.cohort import Cohort
from tensorboard_plugin_attn.capture.padding import PaddingSide
from tensorboard_plugin_attn.capture.ranking import Ranker
from tensorboard_plugin_attn.capture.recorder import (
    EVERY_STEP,
    MAX_OVERHEAD,
    MODELS,
    RECOMMENDATIONS,
    Recorder,
    Snapshot,
    history_lengths,
)
from tensorboard_plugin_attn.capture.selection import Heads
from tensorboard_plugin_attn.capture.torch_attention import capturing, note_attention
from tensorboard_plugin_attn.capture.torch_probe import Probe, Scores
from tensorboard_plugin_attn.capture.torch_steps import StepCount
from tensorboard_plugin_attn.logging import AttentionWriter, WriterStatus
from tensorboard_plugin_attn.logging.cost import Cost
from tensorboard_plugin_attn.logging.schedule import Schedule
from tensorboard_plugin_attn.logging.writer import BUDGET_BYTES
from tensorboard_plugin_attn.portable.kinds import AnyDescription
from tensorboard_plugin_attn.privacy import Privacy

__all__ = ["Watch", "capturing", "note_attention", "watch"]

logger = logging.getLogger("tensorboard_plugin_attn")

Portable = Callable[[Any, Sequence[str]], tuple[AnyDescription, Mapping[str, NDArray[np.float32]]]]

_SHARDED = ("FullyShardedDataParallel", "FSDPModule", "DeepSpeedEngine")


def watch(
    model: nn.Module,
    log: str | os.PathLike[str] | AttentionWriter | Any,
    *,
    cohort: Cohort,
    optimizer: torch.optim.Optimizer | None = None,
    inputs: Any = None,
    schedule: Schedule = EVERY_STEP,
    max_overhead: float | None = MAX_OVERHEAD,
    layers: Sequence[str] | None = None,
    heads: Heads | None = None,
    users: Sequence[int | str] | None = None,
    scores: Scores | None = None,
    score_items: Sequence[str | None] | None = None,
    top_k: int = 10,
    recommendations_schedule: Schedule = RECOMMENDATIONS,
    portable: Portable | None = None,
    models_schedule: Schedule = MODELS,
    call: torch_inputs.Call | None = None,
    lengths: Sequence[int] | None = None,
    padding: str | None = None,
    steps_per_epoch: int | None = None,
    all_ranks: bool = False,
    privacy: Privacy | None = None,
    budget_bytes: int | None = BUDGET_BYTES,
) -> Watch:
    """Log attention of a fixed cohort while `model` trains.

    Args:
      model: wrapped by `DistributedDataParallel`, `DataParallel` or `torch.compile`, or bare.
      log: the run's attention directory, by convention `<run>/attention`; a `SummaryWriter`, for
        `attention` in its directory; or an `AttentionWriter`, closed by its owner.
      cohort: the users to follow; `cohort.inputs` is what the model is called with: a mapping as
        keywords, a list or tuple as arguments, else one array.
      optimizer: counts the steps: nothing else need be called. Without it, call `step` yourself
        after each training step; no hook of a module tells when one is done.
      inputs: used instead of `cohort.inputs`.
      schedule: which steps are logged; the first and the last always are.
      max_overhead: what logging may cost, as a share of the training's own time; steps are left
        out to keep it, and marked. `None`: no limit.
      layers: parts of the paths of modules to log; `None`: all.
      heads: numbers of heads to log, or by a part of the module's path; `None`: all.
      users: log only these users of the cohort: their places in it, or their ids.
      scores: `scores(model, inputs) -> [user, item]`: the model's scores of every item. If
        given, the best items are logged as recommendations, with `score_items` naming columns.
      score_items: item id of each column of `scores`; `None` for a column that is no item.
      top_k: how many recommendations to log.
      recommendations_schedule: at which of the logged steps; by default fewer.
      portable: `portable(model, layers) -> (description, arrays)`: the model as data, `layers`
        being the names its attention has in the log, so that the tab can explain and replay it
        (docs/guides/keras.md). Needs `scores`.
      models_schedule: at which of the logged steps the model is logged too.
      call: `call(model, inputs)`, if the model is to be called in another way. It runs outside
        autocast, in the parameters' own precision; enter autocast in it to see that.
      lengths: real history items per user, for cropping padding; by default the number of
        history items of each cohort user.
      padding: `"left"` or `"right"`; `None` finds it out from the inputs.
      steps_per_epoch: makes epochs of steps, if `step` is not told any.
      all_ranks: log from every process of a distributed training, each in a directory
        `worker_003` of its own; else from rank 0 only.
      privacy: see `Privacy`.
      budget_bytes: see `AttentionWriter`.

    Raises:
      ValueError: no inputs, inputs for another number of users than the cohort's, `scores` without
        `score_items`, or a model whose parameters are sharded.
    """
    if scores is not None and score_items is None:
        raise ValueError("scores needs score_items: the item id of each column")
    if portable is not None and scores is None:
        raise ValueError("portable needs scores and score_items: which items the model scores")
    cohort = cohort if inputs is None else replace(cohort, inputs=inputs)
    if cohort.inputs is None:
        raise ValueError("no inputs: pass Cohort(inputs=...) or watch(inputs=...)")
    _refuse_sharded(model)
    torch_inputs.check_rows(cohort.inputs, len(cohort.users))
    if users is not None:
        places = cohort.places(users)
        lengths = None if lengths is None else [lengths[place] for place in places]
        cohort = cohort.only(places)
    lengths = history_lengths(cohort) if lengths is None else lengths
    probe = Probe(
        model, cohort.inputs, call=call, scores=scores, padding=PaddingSide(lengths, padding)
    )
    count = StepCount(optimizer, steps_per_epoch)
    rank = _rank()
    if rank and not all_ranks:
        return Watch(probe, None, None, count, owns_writer=False)
    writer = _writer(log, cohort, rank, privacy=privacy, budget_bytes=budget_bytes)
    recorder = Recorder(
        writer,
        cohort,
        schedule=schedule,
        recommendations_schedule=recommendations_schedule,
        models_schedule=models_schedule,
        max_overhead=max_overhead,
        layers=layers,
        heads=heads,
        lengths=lengths,
        ranker=Ranker(score_items, cohort.users, top_k) if scores and score_items else None,
    )
    snapshot = None if portable is None else partial(portable, model)
    return Watch(probe, writer, recorder, count, snapshot, owns_writer=writer is not log)


class Watch:
    """A model being watched; made by `watch`. Use as a context manager or call `remove`."""

    def __init__(
        self,
        probe: Probe,
        writer: AttentionWriter | None,
        recorder: Recorder | None,
        count: StepCount,
        snapshot: Snapshot | None = None,
        *,
        owns_writer: bool,
    ) -> None:
        self._probe = probe
        self._writer = writer
        self._recorder = recorder
        self._count = count
        self._snapshot = snapshot
        self._owns_writer = owns_writer
        self._removed = False
        self._warned: set[str] = set()
        if recorder is not None:
            recorder.begin()
        count.attach(self._log_if_due)

    @property
    def writer(self) -> AttentionWriter | None:
        """Return the writer attention goes to; `None` in a process that logs nothing."""
        return self._writer

    @property
    def cost(self) -> Cost | None:
        """Return what logging cost so far; `None` in a process that logs nothing."""
        return None if self._recorder is None else self._recorder.cost

    def status(self) -> WriterStatus | None:
        """Return what became of everything logged; `None` in a process that logs nothing."""
        return None if self._writer is None else self._writer.status()

    def step(self, step: int | None = None, epoch: float | None = None) -> None:
        """Say that a training step is done; logs attention if this step is on the schedule.

        Call it after `optimizer.step()`, in every process. With `watch(optimizer=...)` the
        optimizer says so, and this only remembers `epoch`.

        Args:
          step: training steps done, as in your scalars; by default one more than before.
          epoch: epochs done, with their fraction.
        """
        try:
            if self._count.advance(step, epoch):
                self._log_if_due()
        except Exception as error:  # whatever was handed in, the training goes on
            self._warn_once(f"watch: step({step!r}) was not logged: {error}")

    def remove(self) -> None:
        """Log the last step, write everything that waits, and let go of the model."""
        if self._removed:
            return
        self._removed = True
        self._count.detach()
        if self._recorder is None:
            return
        if self._count.step > 0:
            self._recorder.record(
                self._count.step, self._count.epoch, self._captured, self._snapshot, is_last=True
            )
        self._recorder.end(close_writer=self._owns_writer)

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.remove()

    def _log_if_due(self) -> None:
        recorder, count = self._recorder, self._count
        if recorder is not None and not self._removed and recorder.due(count.step, count.epoch):
            recorder.record(count.step, count.epoch, self._captured, self._snapshot)

    def _captured(self) -> tuple[list[CapturedArray], NDArray[np.float32] | None]:
        assert self._recorder is not None  # noqa: S101
        found, scores = self._probe.run(
            self._recorder.selection.wants, with_scores=self._recorder.scores_due
        )
        if why := self._probe.why_nothing():
            self._warn_once(why)
        return [_described(name, attention) for name, attention in found], scores

    def _warn_once(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            logger.warning("%s", text)


def _described(name: str, attention: NDArray[np.float32]) -> CapturedArray:
    """Return what the Recorder takes; queries that are not the history's items have no titles."""
    queries, keys = attention.shape[-2:]
    if 1 < queries != keys:
        return CapturedArray(name, attention, kind="cross", query_axis="query")
    return CapturedArray(name, attention)


def _refuse_sharded(model: nn.Module) -> None:
    """Refuse a model that one process alone cannot run.

    Raises:
      ValueError: parameters are sharded over processes.
    """
    names = {kind.__name__ for module in model.modules() for kind in type(module).__mro__}
    sharding = sorted(names.intersection(_SHARDED))
    if any(hasattr(parameter, "ds_id") for parameter in model.parameters()):
        sharding.append("DeepSpeed ZeRO-3")
    if sharding:
        raise ValueError(
            f"{sharding[0]} shards parameters over processes: one process alone cannot run the "
            "model; gather attention in all of them with capturing(model), and log it with "
            "AttentionWriter.attention(...)"
        )


def _writer(log: Any, cohort: Cohort, rank: int, **settings: Any) -> AttentionWriter:
    if isinstance(log, AttentionWriter):
        return log
    inside = getattr(log, "log_dir", None)  # torch.utils.tensorboard.SummaryWriter
    directory = Path(log) if inside is None else Path(inside) / "attention"
    if rank:
        directory = directory / f"worker_{rank:03d}"
    return AttentionWriter(directory, cohort=cohort, worker=rank, **settings)


def _rank() -> int:
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return int(distributed.get_rank())
    return 0
