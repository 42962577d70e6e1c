"""Divergence and overlap against their definitions, written as loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn.analysis.divergence import (
    Heads,
    head_distances,
    jensen_shannon_bits,
    normalised,
    top_overlap,
)

weights = st.lists(st.one_of(st.just(0.0), st.floats(1e-6, 1.0)), min_size=5, max_size=5)
rows = weights.map(lambda values: np.array(values, np.float32))
heads = st.builds(
    lambda count, seed: np.random.default_rng(seed).exponential(size=(count, 4, 6)) ** 3,
    count=st.integers(1, 4),
    seed=st.integers(0, 500),
)


def divergence_of(p: list[float], q: list[float]) -> float:
    """Mean Kullback-Leibler divergence of two distributions to their mean, in bits."""
    total_p, total_q = math.fsum(p), math.fsum(q)
    if total_p == 0 or total_q == 0:
        return math.nan
    bits = 0.0
    for a, b in zip((x / total_p for x in p), (x / total_q for x in q), strict=True):
        middle = (a + b) / 2
        bits += sum(x / 2 * math.log2(x / middle) for x in (a, b) if x > 0)
    return bits


def overlap_of(p: list[float], q: list[float], count: int) -> float:
    def top(row: list[float]) -> set[int]:
        order = sorted(range(len(row)), key=lambda key: (-row[key], key))
        return {key for key in order[:count] if row[key] > 0}

    a, b = top(p), top(q)
    return len(a & b) / min(count, max(len(a), len(b))) if a and b else math.nan


@given(p=rows, q=rows)
def test_divergence_is_what_its_definition_says(p: np.ndarray, q: np.ndarray) -> None:
    found = float(jensen_shannon_bits(p, q))
    expected = divergence_of(p.astype(float).tolist(), q.astype(float).tolist())
    assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)


@given(p=rows, q=rows)
def test_divergence_is_symmetric_and_between_0_and_1(p: np.ndarray, q: np.ndarray) -> None:
    there, back = float(jensen_shannon_bits(p, q)), float(jensen_shannon_bits(q, p))
    assert there == pytest.approx(back, nan_ok=True)
    assert math.isnan(there) or 0 <= there <= 1
    assert not p.any() or float(jensen_shannon_bits(p, p)) == pytest.approx(0, abs=1e-12)


def test_nothing_in_common_is_one_bit_and_an_empty_row_is_no_number() -> None:
    assert jensen_shannon_bits(np.array([1.0, 0]), np.array([0, 3.0])) == 1
    assert math.isnan(jensen_shannon_bits(np.array([0.0, 0]), np.array([0, 1.0])))


@given(p=rows, q=rows, count=st.integers(1, 6))
def test_overlap_is_what_its_definition_says(p: np.ndarray, q: np.ndarray, count: int) -> None:
    expected = overlap_of(p.tolist(), q.tolist(), count)
    assert float(top_overlap(p, q, count)) == pytest.approx(expected, nan_ok=True)


@given(a=heads, b=heads)
def test_a_heads_distance_is_the_mean_over_its_rows(a: np.ndarray, b: np.ndarray) -> None:
    found = head_distances(Heads(a), 0, Heads(b))
    assert found.rows == 4
    for other, head in enumerate(b.tolist()):
        pairs = list(zip(a[0].tolist(), head, strict=True))
        bits = [divergence_of(p, q) for p, q in pairs]
        overlap = [overlap_of(p, q, 5) for p, q in pairs]
        assert found.bits[other] == pytest.approx(np.mean(bits))
        assert found.overlap[other] == pytest.approx(np.mean(overlap))


def test_rows_that_are_empty_on_one_side_do_not_count() -> None:
    a = np.array([[1.0, 0], [0, 0]])
    b = np.array([[[0.0, 1], [1, 0]], [[1, 0], [0, 1]], [[0, 0], [0, 1]]])
    found = head_distances(Heads(a[None]), 0, Heads(b))
    assert found.rows == 1
    assert found.bits.tolist() == pytest.approx([1, 0, math.nan], nan_ok=True)


def test_normalising_leaves_empty_rows_empty() -> None:
    assert normalised(np.array([[2.0, 2], [0, 0]])).tolist() == [[0.5, 0.5], [0, 0]]
