"""Scores of heads against their definitions, written as loops; and the words they lead to."""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn.analysis.head_type import (
    Geometry,
    Scores,
    mean_scores,
    scores_of,
    type_of,
)
from tests.fixtures.logs import attention

SIZE = 12
CATEGORIES = ("a", "b", "c")


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, Geometry]:
    queries = draw(st.integers(1, 7))
    triangle = draw(st.booleans())
    extra = 0 if triangle else draw(st.integers(0, 4))
    values = attention(1, 2, queries, queries + extra, seed=draw(st.integers(0, 500)))[0]
    if not triangle:
        values = attention(1, 2, queries, queries + extra, seed=draw(st.integers(0, 500)),
                           causal=False)[0]  # fmt: skip
    items = st.lists(st.sets(st.sampled_from(CATEGORIES), max_size=2), min_size=queries + extra,
                     max_size=queries + extra)  # fmt: skip
    known = draw(st.none() | items)
    position = draw(st.sampled_from([None, 0, extra]))
    return values, Geometry(position, triangle, known and known[-queries:], known)


def scores_by_hand(head: np.ndarray, geometry: Geometry) -> dict[str, float | None]:
    queries, keys = head.shape
    rows = []
    for query in range(queries):
        reach = query + 1 if geometry.triangle else keys
        at = None if geometry.position is None else query + geometry.position
        rows.append((query, at, reach))
    telling = [row for row in rows if row[2] >= 4] or rows

    def mean(chosen: object) -> float:
        total = 0.0
        for query, at, reach in telling:
            total += sum(float(head[query, k]) for k in range(reach) if chosen(query, at, k))  # type: ignore[operator]
        return total / len(telling)

    def shares(query: int, at: int | None, key: int) -> bool:
        assert geometry.query_categories is not None
        assert geometry.key_categories is not None
        return at != key and bool(
            set(geometry.query_categories[query]) & set(geometry.key_categories[key])
        )

    along = geometry.position is not None
    known = geometry.key_categories is not None and any(
        [*geometry.key_categories, *(geometry.query_categories or [])]
    )
    entropy = sum(
        -sum(float(p) * math.log2(float(p)) for p in head[query, :reach] if p > 0)
        for query, _, reach in telling
    )
    most = sum(math.log2(reach) for _, _, reach in telling)
    even = sum(
        sum(shares(query, at, key) for key in range(reach)) / reach for query, at, reach in telling
    ) / len(telling) if known else None  # fmt: skip
    return {
        "self": mean(lambda q, at, k: k == at) if along else None,
        "previous": mean(lambda q, at, k: k == at - 1) if along else None,
        "near": mean(lambda q, at, k: abs(k - at) <= 1) if along else None,
        "recent": mean(lambda q, at, k: 0 <= at - k <= 2) if along else None,
        "first": mean(lambda q, at, k: k == 0),
        "evenness": entropy / most if most else 0.0,
        "same_category": mean(shares) if known else None,
        "even_category": even,
    }


@given(case=cases())
def test_scores_are_what_their_definitions_say(case: tuple[np.ndarray, Geometry]) -> None:
    values, geometry = case
    for head, found in zip(values, scores_of(values, geometry), strict=True):
        for name, expected in scores_by_hand(head, geometry).items():
            value = getattr(found, name)
            assert value == (None if expected is None else pytest.approx(expected, abs=1e-6)), name


def head(weight: object) -> np.ndarray:
    """A causal head with the given weights, rows made to sum to 1."""
    cells = np.array([[weight(q, k) for k in range(SIZE)] for q in range(SIZE)], float)  # type: ignore[operator]
    cells = np.tril(cells)
    return (cells / cells.sum(axis=1, keepdims=True))[None]


@pytest.mark.parametrize(
    ("word", "weight"),
    [
        ("self", lambda q, k: 20 if k == q else 1),
        ("previous", lambda q, k: 20 if k == q - 1 else 1),
        ("recent", lambda q, k: 10 if q - k < 3 else 1),
        ("first", lambda q, k: 20 if k == 0 else 1),
        ("uniform", lambda q, k: 1),
        ("category", lambda q, k: 20 if (q - k) % 4 == 0 and q != k else 1),
        ("mixed", lambda q, k: 1 + (q * 7 + k * 5) % 4),
    ],
)
def test_the_word_fits_the_pattern(word: str, weight: object) -> None:
    categories = [{str(item % 4)} for item in range(SIZE)]
    [scores] = scores_of(head(weight), Geometry(0, True, categories, categories))
    assert type_of(scores)[0] == word


def test_a_category_that_everything_has_says_nothing() -> None:
    categories = [{"all"}] * SIZE
    values = head(lambda q, k: 1 + (q * 7 + k * 5) % 4)
    [scores] = scores_of(values, Geometry(0, True, categories, categories))
    assert scores.same_category is not None
    assert scores.same_category > 0.4
    assert type_of(scores)[0] == "mixed"


def test_scores_of_a_cohort_are_means_over_the_users_that_have_them() -> None:
    a = Scores(0.2, None, 0.4, 0.6, 0.1, 0.5, 0.3, 0.2)
    b = Scores(0.4, None, 0.6, 0.8, 0.3, 0.7, None, None)
    found = asdict(mean_scores([a, b]))
    assert found == {
        "self": pytest.approx(0.3), "previous": None, "near": 0.5, "recent": pytest.approx(0.7),
        "first": 0.2, "evenness": 0.6, "same_category": 0.3, "even_category": 0.2,
    }  # fmt: skip
