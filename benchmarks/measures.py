"""All measures of one record of 160 000 cells: our single passes against formula by formula.

The record is that of `encode`: 8 users x 8 heads x 50 x 50 of real attention. The reference is the
definitions of docs/glossary.md in NumPy, one after the other; the third takes entropy from the
stored codes through a table of 256, as one might to save the logarithms, with the rest as ours.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks import workload
from benchmarks.result import Bar, Result
from benchmarks.runner import Contender, interleave, seconds
from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec
from tensorboard_plugin_attn.analysis import measures

OURS, FORMULAS, TABLE = "measure", "formula by formula", "entropy through a table of codes"
User = NDArray[np.float32]  # [head, query, key]


def run(quick: bool) -> Result:
    """Measure milliseconds per record."""
    steps, runs = (4, 20) if quick else (16, 200)
    work = workload.build(full_histories=True)
    records = [np.concatenate(layers, axis=1) for layers in workload.captured_training(work, steps)]
    coded = [
        [np.frombuffer(codec.encode(user, pb.U8_SQRT, triangle=True), np.uint8) for user in record]
        for record in records
    ]
    turns = itertools.cycle(zip(records, coded, strict=True))
    contenders = [
        Contender(OURS, lambda: _time(turns, lambda user, _: measures.measure(user))),
        Contender(FORMULAS, lambda: _time(turns, lambda user, _: _by_formula(user))),
        Contender(TABLE, lambda: _time(turns, _through_table)),
    ]
    costs = interleave(contenders, runs, warm_ups=3)
    return Result(
        name="measures",
        what=f"measures of one record of {records[0].size} cells",
        unit="ms",
        costs={name: [1e3 * cost for cost in values] for name, values in costs.items()},
        ours=OURS,
        reference=FORMULAS,
        bar=Bar(0.5, "at most", "0.2 ms"),
        figure="value",
    )


def _time(
    turns: itertools.cycle[tuple[NDArray[np.float32], list[NDArray[np.uint8]]]],
    work: Callable[[User, NDArray[np.uint8]], object],
) -> float:
    record, codes = next(turns)
    pairs = list(zip(record, codes, strict=True))
    return seconds(lambda: [work(user, code) for user, code in pairs])()


def _by_formula(attention: User) -> list[User]:
    heads, queries, keys = attention.shape
    logs = np.log2(np.maximum(attention, np.float32(1e-12)))
    entropy = -(attention * logs).sum(axis=2).mean(axis=1)
    places = np.arange(queries) + keys - queries
    recency = (places - (attention * np.arange(keys, dtype=np.float32)).sum(axis=2)).mean(axis=1)
    flat = attention.reshape(heads, -1)
    unit = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    alike = np.einsum("ac,bc->ab", unit, unit) - 2 * np.eye(heads, dtype=np.float32)
    sink, largest = attention[:, :, 0].mean(axis=1), attention.max(axis=(1, 2))
    return [entropy, recency, sink, largest, np.exp2(entropy), alike.max(axis=1)]


_SHARES = (np.arange(256, dtype=np.float32) / 255) ** 2
_BITS = -_SHARES * np.log2(np.maximum(_SHARES, np.float32(1e-12)))


def _through_table(attention: User, codes: NDArray[np.uint8]) -> list[User]:
    heads, queries, _ = attention.shape
    entropy = _BITS.take(codes.reshape(heads, -1)).sum(axis=1) / queries
    share = measures._share_of_keys(attention)
    alike = measures.head_similarity(attention)
    largest = attention.reshape(heads, -1).max(axis=1)
    recency = measures._recency(share, queries)
    return [entropy, recency, share[:, 0], largest, np.exp2(entropy), alike]
