"""`AttentionWriter`: hand it arrays in a training loop; it copies them and gets out of the way.

Encoding and writing happen in one background thread. No fault of the disk, of the data or of the
thread raises or blocks in the training step; whatever is not written is counted and marked.
"""

from __future__ import annotations

import logging
import math
import os
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec
from tensorboard_plugin_attn.capture.cohort import Cohort
from tensorboard_plugin_attn.logging import events
from tensorboard_plugin_attn.logging.entries import (
    AttentionEntry,
    Entry,
    Moment,
    RecommendationsEntry,
    UserRecommendations,
)
from tensorboard_plugin_attn.logging.frames import LayerDescription
from tensorboard_plugin_attn.logging.losses import Losses
from tensorboard_plugin_attn.logging.queue import DropOldestQueue, QueueLimits
from tensorboard_plugin_attn.logging.sink import Sink
from tensorboard_plugin_attn.logging.status import Counts, WriterStatus
from tensorboard_plugin_attn.logging.writer_thread import EXIT_TIMEOUT_S, WriterThread
from tensorboard_plugin_attn.privacy import Privacy

logger = logging.getLogger("tensorboard_plugin_attn")

MAX_WARNINGS = 1000

_writers: weakref.WeakSet[AttentionWriter] = weakref.WeakSet()


class AttentionWriter:
    """Writes one run's attention; use as a context manager or call `close`.

    Args:
      logdir: the run's directory; by convention `<run>/attention` beside Keras' `<run>/train`.
        Only one writer may write to a directory: give each worker its own.
      cohort: the users whose attention is logged, in the order of the arrays' first axis.
      worker: number of this process in a distributed training; kept in every frame.
      privacy: what of a person may be written; by default no raw id and no attribute.
      precision: `"u8"` (square-root scale, error ≤ 0.004), `"u16"`, `"f16"` or `"exact"`.
      queue_limits: how much may wait for the disk before the oldest is dropped.
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
        strict: bool = False,
    ) -> None:
        self._directory = Path(logdir)
        self._cohort = cohort
        self._worker = worker
        self._privacy = privacy or Privacy()
        self._encoding = codec.precision(precision)
        self._limits = queue_limits or QueueLimits()
        self._warned: set[str] = set()
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
        cohort = self._cohort or Cohort(users=())
        self._counts = Counts()
        self._queue: DropOldestQueue[Entry] = DropOldestQueue(self._limits)
        self._losses = Losses()
        self._sink = Sink(
            directory=self._directory,
            catalogue=events.CatalogueBuilder(cohort, self._privacy),
            axis_lengths=[len(user.history) for user in cohort.users],
            counts=self._counts,
            losses=self._losses,
            worker=self._worker,
            encoding=self._encoding,
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
        query_axis: str = "history",
        key_axis: str = "history",
        head_names: Sequence[str] = (),
        similarity: str = "scaled_dot_product",
        mode: str = "evaluation",
        dropout_stage: str = "before_dropout",
    ) -> None:
        """Log one layer's attention at one step. Copies, queues and returns.

        Args:
          layer: the layer's name; one stream per name.
          attention: post-softmax weights `[user, head, query, key]`, or one
            `[head, query, key]` per user, each row summing to 1. Any float type.
          step: training step, as in TensorBoard's scalars. Logging a step twice keeps the last.
          epoch: fractional epoch, if there is one.
          lengths: number of real history items per user: crops left padding from both axes.
          layer_index: position of the layer in the model, for sorting.
          causal: queries attend to themselves and earlier keys only; halves the size.
          kind: `"self"`, `"cross"`, `"target"` or `"field"`.
          query_axis: name of the catalogue axis the queries are.
          key_axis: name of the catalogue axis the keys are.
          head_names: names of heads, if they have any.
          similarity: `"scaled_dot_product"` or `"bilinear"`.
          mode: whether the model ran in `"evaluation"` or `"training"` mode.
          dropout_stage: `"before_dropout"` or `"after_dropout"`.
        """
        try:
            users = crop([np.asarray(user) for user in attention], lengths)
            description = LayerDescription(
                name=layer,
                index=layer_index,
                head_count=users[0].shape[0] if users and users[0].ndim else 0,
                causal=causal,
                kind=kind,
                query_axis=query_axis,
                key_axis=key_axis,
                head_names=tuple(head_names),
                similarity=similarity,
                mode=mode,
                dropout_stage=dropout_stage,
            )
            events.layer_metadata(description, len(users))
            self._check_users(len(users))
            entry = AttentionEntry(description, users, _moment(step, epoch))
        except Exception as error:  # whatever was handed in, the training goes on
            self._refuse(layer, step, str(error))
            return
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
            self._refuse(None, step, str(error))
            return
        self._offer(entry)

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

    def _check_users(self, count: int) -> None:
        expected = len(self._cohort.users) if self._cohort else count
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

    def _refuse(self, layer: str | None, step: int, why: str) -> None:
        """Count an entry that cannot be logged at all, and say so once per reason.

        Args:
          layer: the layer's name; `None` for recommendations.
        """
        self._counts.add("offered")
        self._counts.add("rejected")
        with suppress(Exception):  # what is no step cannot be marked
            self._warn_once(f"{layer or 'recommendations'}: not logged: {why}")
            moment = _moment(step, None)
            refused: Entry = RecommendationsEntry((), moment)
            if layer is not None:
                description = LayerDescription(name=layer, index=0, head_count=0, causal=False)
                refused = AttentionEntry(description, (), moment)
            self._losses.add(pb.REJECTED, refused, why)

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


def crop(
    users: Sequence[NDArray[np.generic]], lengths: Sequence[int] | None
) -> tuple[NDArray[np.float32], ...]:
    """Return the writer's own float32 copies of `users`, without left padding.

    Args:
      users: attention `[head, query, key]` per user.
      lengths: real items per user, or `None` to keep all. A query axis shorter than its length
        is kept whole.

    Raises:
      ValueError: `lengths` does not fit.
    """
    if lengths is None:
        return tuple(np.array(user, np.float32) for user in users)
    if len(lengths) != len(users):
        raise ValueError(f"{len(lengths)} lengths for {len(users)} users")
    if bad := [length for length in lengths if length < 1]:
        raise ValueError(f"lengths must be at least 1, found {bad[0]}")
    return tuple(
        np.array(user[:, -length:, -length:], np.float32)
        for user, length in zip(users, lengths, strict=True)
    )


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
