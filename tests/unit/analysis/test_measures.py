"""Measures against their definitions, written as loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn.analysis import measures
from tests.fixtures.logs import Floats, attention

some_attention = st.builds(
    lambda heads, queries, extra, seed, causal: attention(
        1, heads, queries, queries + extra, seed=seed, causal=causal
    )[0],
    heads=st.integers(1, 3),
    queries=st.integers(1, 7),
    extra=st.integers(0, 5),
    seed=st.integers(0, 1000),
    causal=st.booleans(),
)


def entropy_of(head: list[list[float]]) -> float:
    rows = [-sum(weight * math.log2(weight) for weight in row if weight > 0) for row in head]
    return sum(rows) / len(rows)


def recency_of(head: list[list[float]]) -> float:
    queries, keys = len(head), len(head[0])
    distances = [
        sum(weight * (query + keys - queries - key) for key, weight in enumerate(row))
        for query, row in enumerate(head)
    ]
    return sum(distances) / queries


def sink_share_of(head: list[list[float]]) -> float:
    return sum(row[0] for row in head) / len(head)


def maximum_of(head: list[list[float]]) -> float:
    return max(max(row) for row in head)


def effective_span_of(head: list[list[float]]) -> float:
    return 2 ** entropy_of(head)


DEFINITIONS = {
    "entropy_bits": entropy_of,
    "recency": recency_of,
    "sink_share": sink_share_of,
    "maximum": maximum_of,
    "effective_span": effective_span_of,
}


@pytest.mark.parametrize("name", DEFINITIONS)
@given(values=some_attention)
def test_a_measure_is_what_its_definition_says(name: str, values: Floats) -> None:
    found = getattr(measures.measure(values), name)
    expected = [DEFINITIONS[name](head) for head in values.astype(float).tolist()]
    assert found.dtype == np.float32
    assert found.tolist() == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "uniform", "newest", "oldest"),
    [
        ("entropy_bits", 2.0, 0.0, 0.0),
        ("recency", 0.0, -1.5, 1.5),
        ("sink_share", 0.25, 0.0, 1.0),
        ("maximum", 0.25, 1.0, 1.0),
        ("effective_span", 4.0, 1.0, 1.0),
    ],
)
def test_extreme_attention_has_extreme_measures(
    name: str, uniform: float, newest: float, oldest: float
) -> None:
    heads = np.zeros((3, 4, 4), np.float32)
    heads[0] = 0.25
    heads[1, :, 3] = 1
    heads[2, :, 0] = 1
    assert getattr(measures.measure(heads), name).tolist() == pytest.approx(
        [uniform, newest, oldest], abs=1e-6
    )


def test_entropy_is_never_negative_zero_or_less() -> None:
    one_key = np.zeros((1, 5, 3), np.float32)
    one_key[:, :, 1] = 1
    assert math.copysign(1, measures.entropy_bits(one_key)[0]) == 1


def test_with_fewer_queries_than_keys_the_queries_are_the_newest() -> None:
    last = np.zeros((1, 1, 6), np.float32)
    last[0, 0, 5] = 1
    assert measures.recency(last).tolist() == [0]


def test_measuring_changes_nothing() -> None:
    values = attention()[0]
    before = values.copy()
    measures.measure(values)
    assert np.array_equal(values, before)
