"""A dragged weight to a re-ranked list: our route in a real TensorBoard against Keras' forward.

Ours is everything but the drawing: the request, the model of that step run again before and after
the change, attention, ranks, JSON, and the client's parsing of it. Every request is another edit,
so none comes from a cache. A round is 50 of them; its figure is the 95th percentile. Keras does the
forward pass with the same weight, traced, and nothing else.
"""

from __future__ import annotations

import gc
import itertools
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import tensorflow as tf

from benchmarks import explain, workload
from benchmarks.result import Bar, Result
from benchmarks.runner import Contender, interleave
from benchmarks.tensorboard_server import TensorBoard
from tensorboard_plugin_attn import AttentionWriter
from training.models.portable import portable

OURS, KERAS = "/whatif over HTTP", "Keras, traced: the forward pass alone"
EDITS = 50
STEP = 100
RUN = "run/attention"
LAYERS = ["block_0/attention", "block_1/attention"]


def run(quick: bool) -> Result:
    """Measure milliseconds from the request to the parsed answer."""
    work = workload.build(full_histories=True)
    work.model(work.cohort.inputs[:1])
    with tempfile.TemporaryDirectory() as directory:
        logdir = Path(directory)
        write_log(logdir / RUN, work)
        with TensorBoard(logdir) as server:
            ask = asker(server)
            server.wait_for(lambda _: "recommendations" in ask(1.0), 120.0)
            gc.freeze()  # else this process collects all of TensorFlow's objects in between: 0.3 s
            costs = interleave(
                [
                    Contender(OURS, percentile(ask)),
                    Contender(KERAS, percentile(_keras(work))),
                ],
                runs=2 if quick else 20,
            )
    return Result(
        name="whatif",
        what=f"95th percentile of {EDITS} edits of one user's weights, "
        f"{work.interactions.item_count - 1} items",
        unit="ms",
        costs=costs,
        ours=OURS,
        reference=KERAS,
        bar=Bar(100.0, "at most", "33 ms, drawing included"),
        figure="value",
    )


def write_log(directory: Path, work: workload.Workload) -> None:
    """Write attention and model of `work` at one step."""
    attention = workload.Probe(work).arrays()
    description, tensors = portable(work.model, LAYERS)
    with AttentionWriter(directory, cohort=work.cohort) as writer:
        for index, (layer, values) in enumerate(zip(LAYERS, attention, strict=True)):
            writer.attention(layer, values, step=STEP, layer_index=index, causal=True)
        items = [None, *work.interactions.item_ids[1:]]
        writer.portable_model(description, tensors, items=items, step=STEP)


def asker(server: TensorBoard) -> Callable[[float], dict[str, object]]:
    """Return what asks for another edit each time it is given a weight."""
    places = itertools.cycle(range(explain.LENGTH))

    def ask(weight: float) -> dict[str, object]:
        edit = f"{next(places)}:{weight:.6f}"
        query = {"run": RUN, "user": 0, "steps": STEP, "weights": edit}
        status, body = server.get(f"/data/plugin/attn/whatif?{urlencode(query)}")
        answer: dict[str, object] = json.loads(body)
        if status not in (200, 404):  # 404 while the log is read for the first time
            raise RuntimeError(f"HTTP {status}: {answer}")
        return answer

    return ask


def _keras(work: workload.Workload) -> Callable[[float], object]:
    traced = tf.function(work.model.item_scores, autograph=False)
    items = tf.constant(work.cohort.inputs[:1])

    def forward(weight: float) -> object:
        log_weight = np.zeros((1, explain.LENGTH), np.float32)
        log_weight[0, 3] = np.log(weight)
        return np.asarray(traced(items, tf.constant(log_weight)))

    return forward


def percentile(work: Callable[[float], object]) -> Callable[[], float]:
    """Return one round: the 95th percentile of `EDITS` calls of `work`."""
    random = np.random.default_rng(0)

    def once() -> float:
        times = []
        for weight in random.uniform(0.05, 4.0, EDITS).tolist():
            began_s = time.perf_counter()
            work(weight)
            times.append(1e3 * (time.perf_counter() - began_s))
        return float(np.percentile(times, 95))

    return once
