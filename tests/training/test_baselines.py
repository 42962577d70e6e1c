"""Baselines against definitions written out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from training.baselines import (
    BASELINES,
    MAX_ITEMS,
    baseline_scores,
    knn_scores,
    markov_scores,
    popularity_scores,
)

TRAIN = [np.array([1, 2, 3]), np.array([1, 2]), np.array([3, 4])]


def test_popularity_counts() -> None:
    scores = popularity_scores([np.array([1, 2]), np.array([2])], 4, 2)
    assert scores.tolist() == [[0, 1, 2, 0], [0, 1, 2, 0]]


def test_markov_follows_transitions_weighted_by_distance() -> None:
    train = [np.array([1, 2, 3]), np.array([1, 2])]
    scores = markov_scores(train, [np.array([1]), np.array([2, 1])], 4)
    # From 1: to 2 twice at distance 1, to 3 once at distance 2; from 2: to 3 once.
    assert scores[0] == pytest.approx([0, 0, 2 / 2.5, 0.5 / 2.5])
    assert scores[1] == pytest.approx([0, 0, 2 / 2.5, 0.5 / 2.5 + 1 / 2])


def test_knn_is_cosine_and_the_newest_counts_most() -> None:
    scores = knn_scores(TRAIN, [np.array([4]), np.array([2, 1])], 5)
    to_3_from_1 = 1 / math.sqrt(2 * 2)
    assert scores[0] == pytest.approx([0, 0, 0, 1 / math.sqrt(2 * 1), 0])
    # The newest, 1, counts 1; 2, before it, one half.
    assert scores[1] == pytest.approx([0, 0.5 * 1, 1, to_3_from_1 + 0.5 * to_3_from_1, 0])


def test_knn_counts_the_nearest_only() -> None:
    scores = knn_scores(TRAIN, [np.array([1])], 5, neighbours=1)
    assert np.flatnonzero(scores[0]).tolist() == [2]


def test_each_baseline_scores_every_item_for_every_user() -> None:
    for name in BASELINES:
        assert baseline_scores(name, TRAIN, TRAIN, 5).shape == (3, 5)


@pytest.mark.parametrize("baseline", [knn_scores, markov_scores])
def test_too_many_items_are_refused_before_memory_runs_out(baseline) -> None:
    with pytest.raises(ValueError, match="item x item matrix"):
        baseline(TRAIN, TRAIN, MAX_ITEMS + 1)
