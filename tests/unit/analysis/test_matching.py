"""Pairs of heads against trying all pairings."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn.analysis.matching import assign, match_heads

squares = st.builds(
    lambda size, seed, tied: (
        np.random.default_rng(seed).integers(0, 3 if tied else 1000, (size,) * 2) / 7.0
    ),
    size=st.integers(1, 6),
    seed=st.integers(0, 2000),
    tied=st.booleans(),
)
similarities = st.builds(
    lambda users, heads, others, seed: np.random.default_rng(seed).random((users, heads, others)),
    users=st.integers(1, 4),
    heads=st.integers(1, 5),
    others=st.integers(1, 5),
    seed=st.integers(0, 1000),
)


def least_cost(cost: np.ndarray) -> float:
    places = range(len(cost))
    return min(
        sum(cost[row, column] for row, column in zip(places, order, strict=True))
        for order in itertools.permutations(places)
    )


@given(cost=squares)
def test_no_pairing_costs_less(cost: np.ndarray) -> None:
    columns = assign(cost)
    assert sorted(columns) == list(range(len(cost)))
    assert cost[np.arange(len(cost)), columns].sum() == pytest.approx(least_cost(cost))


def test_negative_costs_and_a_large_table_are_no_trouble() -> None:
    order = np.random.default_rng(3).permutation(64)
    cost = np.zeros((64, 64))
    cost[np.arange(64), order] = -1
    assert np.array_equal(assign(cost), order)


@given(similarity=similarities)
def test_pairs_are_one_to_one_and_the_most_similar_in_all(similarity: np.ndarray) -> None:
    matches = match_heads(similarity)
    _, heads, others = similarity.shape
    mean = similarity.mean(axis=0)
    assert len(matches) == min(heads, others)
    assert len({match.head for match in matches}) == len(matches)
    assert len({match.other_head for match in matches}) == len(matches)
    few, many = sorted((heads, others))
    table = mean if heads <= others else mean.T
    best = max(
        sum(table[row, column] for row, column in enumerate(chosen))
        for chosen in itertools.permutations(range(many), few)
    )
    assert sum(match.similarity for match in matches) == pytest.approx(best)


@given(similarity=similarities)
def test_the_margin_is_to_the_next_best_pair_of_either_head(similarity: np.ndarray) -> None:
    mean = similarity.mean(axis=0)
    for match in match_heads(similarity):
        rivals = [
            mean[head, other]
            for head in range(mean.shape[0])
            for other in range(mean.shape[1])
            if (head == match.head) != (other == match.other_head)
        ]
        expected = mean[match.head, match.other_head] - max(rivals) if rivals else None
        assert match.margin == (pytest.approx(expected) if rivals else None)


def test_users_who_agree_are_counted() -> None:
    one = np.array([[0.9, 0.1], [0.1, 0.9]])
    matches = match_heads(np.stack([one, one, one[::-1]]))
    assert [(m.head, m.other_head, m.agreeing_users) for m in matches] == [(0, 0, 2), (1, 1, 2)]


def test_without_users_there_are_no_pairs() -> None:
    assert match_heads(np.zeros((0, 2, 2))) == []
