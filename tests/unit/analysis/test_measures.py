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


def cosine(one: list[list[float]], other: list[list[float]]) -> float:
    pairs = [
        (a, b)
        for first, second in zip(one, other, strict=True)
        for a, b in zip(first, second, strict=True)
    ]
    lengths = math.sqrt(sum(a * a for a, _ in pairs)) * math.sqrt(sum(b * b for _, b in pairs))
    return sum(a * b for a, b in pairs) / lengths


def head_similarities_of(heads: list[list[list[float]]]) -> list[float]:
    if len(heads) == 1:
        return []
    return [
        max(cosine(head, other) for place, other in enumerate(heads) if place != number)
        for number, head in enumerate(heads)
    ]


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


@given(values=some_attention)
def test_head_similarity_is_what_its_definition_says(values: Floats) -> None:
    found = measures.measure(values).head_similarity
    assert found.dtype == np.float32
    expected = head_similarities_of(values.astype(float).tolist())
    assert found.tolist() == pytest.approx(expected, rel=1e-5)


@given(values=some_attention)
def test_the_functions_give_what_measure_gives(values: Floats) -> None:
    together = measures.measure(values)
    for name in ("entropy_bits", "recency", "sink_share", "head_similarity"):
        alone = getattr(measures, name)(values)
        assert alone.tolist() == getattr(together, name).tolist(), name


def test_a_head_and_its_copy_are_alike_and_heads_on_other_keys_are_not() -> None:
    heads = np.zeros((3, 4, 4), np.float32)
    heads[:2, :, 0] = 1
    heads[2, :, 3] = 1
    assert measures.head_similarity(heads).tolist() == [1, 1, 0]


def test_one_head_is_similar_to_none() -> None:
    assert measures.head_similarity(attention(1, 1, 4)[0]).size == 0


def test_one_item_is_one_key() -> None:
    found = measures.measure(np.ones((2, 1, 1), np.float32))
    assert found.entropy_bits.tolist() == found.recency.tolist() == [0, 0]
    assert found.sink_share.tolist() == found.maximum.tolist() == [1, 1]
    assert found.effective_span.tolist() == found.head_similarity.tolist() == [1, 1]


@given(values=some_attention)
def test_cells_that_are_not_applicable_add_nothing(values: Floats) -> None:
    heads, queries, keys = values.shape
    padded = np.zeros((heads, queries, keys + 3), np.float32)
    padded[:, :, :keys] = values
    found, expected = measures.measure(padded), measures.measure(values)
    for name in ("entropy_bits", "sink_share", "maximum", "effective_span", "head_similarity"):
        assert getattr(found, name).tolist() == pytest.approx(
            getattr(expected, name).tolist(), rel=1e-5, abs=1e-6
        )


def test_long_attention_loses_no_digits() -> None:
    """Sums over a million cells in float32: what they may lose is bounded."""
    values = attention(1, 2, 700)[0]
    exact = values.astype(np.float64)
    bits = -(exact * np.log2(np.maximum(exact, 1e-12))).sum(axis=2).mean(axis=1)
    back = (np.arange(700) - exact @ np.arange(700)).mean(axis=1)
    assert measures.entropy_bits(values) == pytest.approx(bits, rel=1e-5)
    assert measures.recency(values) == pytest.approx(back, rel=1e-5)


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
