"""All 50 exact deletions of one user: our NumPy replay against Keras, on the same weights.

What `/evidence` computes for each user: every history item really taken out, every item scored
again. Keras gets the 50 shortened histories as one batch, in a graph traced before. The first
contender is the whole of it, from edits to scores; BLAS takes the threads it takes by default.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from benchmarks import workload
from benchmarks.result import Bar, Result
from benchmarks.runner import Contender, interleave, seconds
from tensorboard_plugin_attn.portable.edits import Edit
from tensorboard_plugin_attn.portable.sequence_model import SequenceModel
from training.models.portable import portable
from training.preprocessing.sequences import pad

OURS, KERAS = "NumPy replay", "Keras, traced, one batch"
LENGTH = workload.MODEL.history_length


def run(quick: bool) -> Result:
    """Measure milliseconds for all deletions of a user."""
    model, histories = prepared()
    replay = replayed(model)
    edits = [Edit(deleted=frozenset({place})) for place in range(LENGTH)]
    keras = keras_scores(model)
    turns = itertools.cycle(histories)
    shortened = itertools.cycle([_shortened(history) for history in histories])
    costs = interleave(
        [
            Contender(OURS, _milliseconds(lambda: replay.predict(next(turns), edits))),
            Contender(KERAS, _milliseconds(lambda: keras(next(shortened)))),
        ],
        runs=5 if quick else 100,
        warm_ups=3,
    )
    return Result(
        name="explain",
        what=f"{LENGTH} deletions, {model.item_count - 1} items scored after each; d64, 2 layers "
        "x 4 heads",
        unit="ms",
        costs=costs,
        ours=OURS,
        reference=KERAS,
        bar=Bar(75.0, "at most", "24 ms"),
        figure="value",
    )


def prepared() -> tuple[workload.SASRec, list[list[int]]]:
    """Return a model and full histories of users, as item numbers."""
    work = workload.build(full_histories=True)
    work.model(work.cohort.inputs[:1])
    return work.model, [row.tolist() for row in work.cohort.inputs]


def replayed(model: workload.SASRec) -> SequenceModel:
    """Return the portable model of `model`."""
    return SequenceModel(*portable(model, ["block_0/attention", "block_1/attention"]))


def keras_scores(model: workload.SASRec) -> Callable[[np.ndarray], np.ndarray]:
    """Return Keras' own scores of a batch of padded histories, traced."""
    traced = tf.function(model.item_scores, autograph=False)
    return lambda items: np.asarray(traced(tf.constant(items)))


def _shortened(history: Sequence[int]) -> np.ndarray:
    rows = [[*history[:place], *history[place + 1 :]] for place in range(len(history))]
    return pad([np.array(row, np.int32) for row in rows], LENGTH)


def _milliseconds(work: Callable[[], object]) -> Callable[[], float]:
    timed = seconds(work)
    return lambda: 1e3 * timed()
