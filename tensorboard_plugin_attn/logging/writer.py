"""`AttentionWriter`: hand it arrays in a training loop; it copies them and gets out of the way.

Encoding and writing happen in one background thread. No fault of the disk, of the data or of the
thread raises or blocks in the training step; whatever is not written is counted and marked. It is
longer than other files because each method says what it takes: this is what people read.
"""

from __future__ import annotations

import logging
import math
import os
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.capture.cohort import Cohort
from tensorboard_plugin_attn.logging import events
from tensorboard_plugin_attn.logging.arguments import (
    described,
    importance_of,
    named_cohort,
    prepared,
)
from tensorboard_plugin_attn.logging.byte_budget import ByteBudget
from tensorboard_plugin_attn.logging.cost import Cost
from tensorboard_plugin_attn.logging.entries import (
    AttentionEntry,
    Entry,
    ModelEntry,
    Moment,
    RecommendationsEntry,
    UserRecommendations,
)
from tensorboard_plugin_attn.logging.frames import LayerDescription
from tensorboard_plugin_attn.logging.health import Health, HealthOptions
from tensorboard_plugin_attn.logging.losses import Losses
from tensorboard_plugin_attn.logging.model_budget import MODELS_BYTES, ModelBudget
from tensorboard_plugin_attn.logging.queue import DropOldestQueue, QueueLimits
from tensorboard_plugin_attn.logging.sink import Sink
from tensorboard_plugin_attn.logging.status import Counts, WriterStatus
from tensorboard_plugin_attn.logging.writer_thread import EXIT_TIMEOUT_S, WriterThread
from tensorboard_plugin_attn.portable import weights
from tensorboard_plugin_attn.portable.kinds import AnyDescription
from tensorboard_plugin_attn.privacy import Privacy

logger = logging.getLogger("tensorboard_plugin_attn")

BUDGET_BYTES = 10 << 30
MAX_WARNINGS = 1000

_NOBODY = Cohort()

_writers: weakref.WeakSet[AttentionWriter] = weakref.WeakSet()


class AttentionWriter:
    """Writes one run's attention; use as a context manager or call `close`.

    Args:
      logdir: the run's directory; by convention `<run>/attention` beside Keras' `<run>/train`.
        Only one writer may write to a directory: give each worker its own.
      cohort: the users whose attention is logged, in the order of the arrays' first axis. One
        without users gives titles of items; users are then who the first call says.
      worker: number of this process in a distributed training; kept in every frame.
      privacy: what of a person may be written; by default no raw id and no attribute.
      precision: `"u8"` (square-root scale, error ≤ 0.004), `"u16"`, `"f16"` or `"exact"`.
      queue_limits: how much may wait for the disk before the oldest is dropped.
      budget_bytes: how large the directory's log may grow before steps are thinned: every 2nd is
        kept, and half as many again for each further eighth of the budget. `None`: no limit.
      models_bytes: how much portable models may take in all: they get sparser as it fills, and the
        last is always written. `None`: no limit.
      scalars: also write measures, as means over the cohort, as ordinary scalars
        `attention/<layer>/<measure>/head_<h>`.
      scalars_every: at most one in so many logged steps has scalars; more at the start. Steps with
        importance, the first and the last have them always.
      alerts: also write `attention/alerts` for the Text tab when a head collapses, becomes
        uniform, dead, a sink or a duplicate, or changes suddenly, and when that ends.
      strict: raise `OSError` here if the directory cannot be written, instead of warning.
    """

    def __init__(
        self,
        logdir: str | os.PathLike[str],
        *,
        cohort: Cohort | None = None,
        worker: int = 0,
        privacy: Privacy | None = None,
        precision: str = "u8",
        queue_limits: QueueLimits | None = None,
        budget_bytes: int | None = BUDGET_BYTES,
        models_bytes: int | None = MODELS_BYTES,
        scalars: bool = True,
        scalars_every: int = 20,
        alerts: bool = True,
        strict: bool = False,
    ) -> None:
        self._directory = Path(logdir)
        self._cohort = cohort
        self._worker = worker
        self._privacy = privacy or Privacy()
        self._encoding = codec.precision(precision)
        self._limits = queue_limits or QueueLimits()
        self._budget_bytes = budget_bytes
        self._models_bytes = models_bytes
        self._health = HealthOptions(scalars, scalars_every, alerts)
        self._warned: set[str] = set()
        self._has_unnamed_users = False
        self._closed = False
        self._warn_of_a_second_writer()
        self._start(open_now=strict)
        if cohort is not None and self._privacy.random:
            logger.info(
                "no pseudonym key: users get random pseudonyms, which differ in the next run "
                "(pass privacy=Privacy(key=...) to compare the same users between runs)"
            )
        _writers.add(self)

    def _start(self, *, open_now: bool = False) -> None:
        """Make queue, sink and thread: at construction, and again in a forked child."""
        cohort = self._cohort or _NOBODY
        self._counts = Counts()
        self._queue: DropOldestQueue[Entry] = DropOldestQueue(self._limits)
        self._losses = Losses()
        self._sink = Sink(
            directory=self._directory,
            catalogue=events.CatalogueBuilder(cohort, self._privacy),
            counts=self._counts,
            losses=self._losses,
            worker=self._worker,
            encoding=self._encoding,
            budget=ByteBudget(self._budget_bytes),
            model_budget=ModelBudget(self._models_bytes),
            health=Health(self._health),
        )
        if open_now:
            self._sink.open()
        self._thread = WriterThread(self._queue, self._sink)
        # A writer that is forgotten without `close`: the thread writes what waits, and ends.
        self._forgotten = weakref.finalize(self, self._queue.close)
        self._forgotten.atexit = False

    def attention(
        self,
        layer: str,
        attention: NDArray[np.generic] | Sequence[ArrayLike],
        *,
        step: int,
        epoch: float | None = None,
        lengths: Sequence[int] | None = None,
        layer_index: int = 0,
        causal: bool = False,
        kind: str = "self",
        query_axis: str | None = None,
        key_axis: str | None = None,
        queries: Sequence[object] | None = None,
        keys: Sequence[object] | None = None,
        users: Sequence[str] | None = None,
        head_names: Sequence[str] = (),
        similarity: str = "scaled_dot_product",
        mode: str = "evaluation",
        dropout_stage: str = "before_dropout",
        cost: Cost | None = None,
        importance: NDArray[np.generic] | Sequence[ArrayLike] | None = None,
    ) -> None:
        """Log one layer's attention at one step. Copies, queues and returns.

        Args:
          layer: the layer's name; one stream per name.
          attention: post-softmax weights `[user, head, query, key]`, or one
            `[head, query, key]` per user, each row summing to 1. Anything `np.asarray` takes, of
            any float type.
          step: training step, as in TensorBoard's scalars. Logging a step twice keeps the last.
          epoch: fractional epoch, if there is one.
          lengths: number of real history items per user: crops left padding from both axes of
            self attention, else from the axes called `"history"`.
          layer_index: position of the layer in the model, for sorting.
          causal: queries attend to themselves and earlier keys only; halves the size.
          kind: `"self"`; `"cross"` (over another sequence); `"target"` (candidates over the
            history, as in DIN); `"field"` (feature fields over feature fields, as in AutoInt).
          query_axis: what a query is, in a word; by `kind` `"history"`, `"candidate"` or
            `"field"`. `"history"` is the cohort's.
          key_axis: what a key is; by `kind` `"history"`, `"source"` or `"field"`.
          queries: what the queries are: item ids (or names, such as of fields) that all users
            share, or one list per user, each as long as the query axis after cropping. `None`:
            the user's own axis of that name. `cohort.items` has their titles.
          keys: what the keys are, likewise.
          users: ids along the first axis, if these are not all users of the cohort in its order.
            Users that are left out are not logged at this step. Without a cohort the first call
            says who is followed, under pseudonyms.
          head_names: names of heads, if they have any.
          similarity: `"scaled_dot_product"` or `"bilinear"`.
          mode: whether the model ran in `"evaluation"` or `"training"` mode.
          dropout_stage: `"before_dropout"` or `"after_dropout"`.
          cost: what logging cost so far, where a callback measures it.
          importance: `[user, head]`, if gradients were taken at this step: what switching a head
            off would change in the target's score, to first order. NaN for a user without one.
        """
        try:
            description = described(
                layer,
                kind=kind,
                query_axis=query_axis,
                key_axis=key_axis,
                index=layer_index,
                head_count=0,
                causal=causal,
                head_names=tuple(head_names),
                similarity=similarity,
                mode=mode,
                dropout_stage=dropout_stage,
            )
            cohort = self._cohort_of(users)
            made = prepared(
                description,
                attention,
                cohort=cohort,
                encoding=self._encoding,
                lengths=lengths,
                users=users,
                queries=queries,
                keys=keys,
            )
            events.layer_metadata(made.layer, len(made.users))
            moment = _moment(step, epoch)
            entry = AttentionEntry(
                made.layer,
                made.users,
                moment,
                cost,
                made.queries,
                made.keys,
                importance_of(importance, made),
            )
        except Exception as error:  # whatever was handed in, the training goes on
            self._refuse(layer, step, error)
            return
        self._follow(cohort)
        self._offer(entry)

    def recommendations(
        self,
        recommendations: Sequence[UserRecommendations],
        *,
        step: int,
        epoch: float | None = None,
    ) -> None:
        """Log what the model would recommend to each user of the cohort at one step."""
        try:
            users = tuple(recommendations)
            self._check_users(len(users))
            entry = RecommendationsEntry(users, _moment(step, epoch))
            _ = entry.size_bytes  # raises here if these are not recommendations
        except Exception as error:  # whatever was handed in, the training goes on
            self._refuse(None, step, error)
            return
        self._offer(entry)

    def portable_model(
        self,
        description: AnyDescription,
        tensors: Mapping[str, NDArray[np.float32]],
        *,
        items: Sequence[str | None],
        step: int,
        epoch: float | None = None,
        is_last: bool = False,
    ) -> None:
        """Log the model of one step as data, so that the tab can explain and replay it.

        Args:
          description: what the model is; `Served` for one that the operator serves elsewhere.
          tensors: its weights, float32; copied here.
          items: item id of each of the model's items; the first is padding.
          step: training step.
          epoch: fractional epoch, if there is one.
          is_last: of the training: written whatever `models_bytes` says.
        """
        try:
            if len(items) != description.item_count:
                raise ValueError(f"{len(items)} items, but it describes {description.item_count}")
            vocabulary = tuple("" if item is None else item for item in items[1:])
            description.check(tensors)
            entry = ModelEntry(
                description.to_json(),
                weights.to_bytes(tensors),
                vocabulary,
                _moment(step, epoch),
                is_last,
            )
        except Exception as error:  # whatever was handed in, the training goes on
            self._refuse(schema.MODEL_TAG, step, error)
            return
        self._offer(entry)

    def thinned(self, layer: str, *, step: int, detail: str) -> None:
        """Mark a step of `layer` as left out on purpose; `detail` says why, to who looks at it."""
        try:
            self._losses.add_step(pb.THINNED, layer, _moment(step, None).step, detail)
        except Exception as error:  # whatever was handed in, the training goes on
            self._warn_once(f"{layer}: not marked as thinned: {error}")

    def flush(self, timeout_s: float = EXIT_TIMEOUT_S) -> bool:
        """Wait until everything offered is written, or counted as lost; return whether it is."""
        return self._thread.flush(timeout_s)

    def close(self, timeout_s: float = EXIT_TIMEOUT_S) -> WriterStatus:
        """Write what waits and close the file; gives up after `timeout_s` and says so."""
        self._closed = True
        self._thread.close(timeout_s)
        return self.status()

    def status(self) -> WriterStatus:
        """Return what became of everything offered so far."""
        return self._sink.status()

    def __enter__(self) -> AttentionWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _cohort_of(self, users: Sequence[str] | None) -> Cohort:
        """Return the writer's cohort, or who `users` of the first call makes it."""
        known = self._cohort or _NOBODY
        if known.users or users is None:
            return known
        if self._has_unnamed_users:
            raise ValueError("users=: earlier calls named nobody; name them from the first call on")
        return named_cohort(known, users)

    def _follow(self, cohort: Cohort) -> None:
        """Remember who is followed, once a call said it."""
        self._has_unnamed_users = not cohort.users
        if cohort.users and (self._cohort is None or not self._cohort.users):
            self._cohort = self._sink.cohort = cohort

    def _check_users(self, count: int) -> None:
        known = len(self._cohort.users) if self._cohort else 0
        expected = known or count
        if count != expected:
            raise ValueError(f"{count} users, but the cohort has {expected}")
        if count == 0:
            raise ValueError("no users")

    def _warn_of_a_second_writer(self) -> None:
        mine = self._directory.absolute()
        if any(mine == other._directory.absolute() for other in _writers if not other._closed):
            self._warn_once(
                f"a second writer for {mine}: give each one of its own, or the attempt that began "
                "last hides the other's steps"
            )

    def _warn_once(self, text: str) -> None:
        if text not in self._warned and len(self._warned) < MAX_WARNINGS:
            self._warned.add(text)
            with suppress(Exception):  # a handler of the user's that raises
                logger.warning("%s", text)

    def _refuse(self, layer: str | None, step: int, error: Exception) -> None:
        """Count an entry that cannot be logged at all, and say so once per reason.

        Args:
          layer: the layer's name; `None` for recommendations.
          error: why. What goes into the log has no ids of users in it.
        """
        why = str(error)
        self._counts.add("offered")
        self._counts.add("rejected")
        with suppress(Exception):  # what is no step cannot be marked
            self._warn_once(f"{layer or 'recommendations'}: not logged: {why}")
            moment = _moment(step, None)
            refused: Entry = RecommendationsEntry((), moment)
            if layer is not None:
                description = LayerDescription(name=layer, index=0, head_count=0, causal=False)
                refused = AttentionEntry(description, (), moment)
            self._losses.add(pb.REJECTED, refused, getattr(error, "in_log", why))

    def _offer(self, entry: Entry) -> None:
        """Queue `entry`. Whatever happens here, an interrupt by the user too, it is counted."""
        self._thread.ensure_alive()
        self._counts.add("offered")
        try:
            dropped = self._queue.offer(entry)
        except BaseException as error:
            self._drop([entry], "it could not be queued")
            if not isinstance(error, Exception):
                raise
            return
        if not dropped:
            return
        if self._closed:
            self._warn_once("the writer is closed: what is logged now is dropped")
            self._drop(dropped, "the writer was closed")
        else:
            self._warn_once("the writer cannot keep up: oldest entries are dropped, and marked")
            self._drop(dropped, "the writer's queue was full")

    def _drop(self, entries: Sequence[Entry], why: str) -> None:
        for entry in entries:
            self._counts.add("dropped")
            with suppress(Exception):
                self._losses.add(pb.DROPPED, entry, why)


def _moment(step: int, epoch: float | None) -> Moment:
    if not 0 <= int(step) < 1 << 63:
        raise ValueError("a step must be 0 or more, and fit 63 bits")
    fraction = None if epoch is None else float(epoch)
    if fraction is not None and not math.isfinite(fraction):
        fraction = None
    now_s = time.time()  # no number: TensorBoard's data server would give up the whole file
    return Moment(int(step), fraction, now_s if math.isfinite(now_s) else 0.0)


def _restart_all() -> None:
    """Give a forked child writers of its own, in runs of their own.

    In the same run the child would count as a newer attempt and hide its parent's later steps.
    The parent's locks are left alone: its thread may have held them.
    """
    for writer in list(_writers):
        writer._forgotten.detach()
        writer._directory = writer._directory / f"fork_{os.getpid()}"
        writer._start()
        if writer._closed:
            writer._queue.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_restart_all)
