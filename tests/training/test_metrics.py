"""Ranking metrics and baselines against definitions written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.baselines import markov_scores, popularity_scores
from training.evaluate import table
from training.metrics import ranking_metrics, target_ranks


def rank_by_sorting(scores: list[float], target: int, seen: set[int]) -> float:
    """Return the mean rank of `target` over all orders of equal scores, by sorting."""
    others = [item for item in range(1, len(scores)) if item != target and item not in seen]
    better = sum(scores[item] > scores[target] for item in others)
    equal = sum(scores[item] == scores[target] for item in others)
    return 1 + better + equal / 2


@given(
    scores=st.lists(st.integers(-3, 3), min_size=6, max_size=6),
    target=st.integers(1, 5),
    seen=st.sets(st.integers(1, 5)),
    remove=st.booleans(),
)
def test_ranks_equal_sorting(scores: list[int], target: int, seen: set[int], remove: bool) -> None:
    [rank] = target_ranks(
        np.array([scores], np.float32),
        np.array([target]),
        [np.array(sorted(seen), np.int64)],
        remove_seen=remove,
    )
    assert rank == rank_by_sorting(scores, target, seen - {target} if remove else set())


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40))
def test_metrics_equal_their_definitions(ranks: list[int]) -> None:
    found = ranking_metrics(np.array(ranks, np.float64))
    count = len(ranks)
    assert found["HR@10"].value == pytest.approx(sum(r <= 10 for r in ranks) / count)
    assert found["NDCG@10"].value == pytest.approx(
        sum(1 / math.log2(r + 1) for r in ranks if r <= 10) / count
    )
    assert found["MRR@10"].value == pytest.approx(sum(1 / r for r in ranks if r <= 10) / count)
    share = found["HR@10"].value
    assert found["HR@10"].standard_error == pytest.approx(
        math.sqrt(share * (1 - share) / count), abs=1e-9
    )


def test_a_model_that_diverged_has_no_metrics() -> None:
    scores = np.array([[0, 1, 2], [0, np.nan, 2]])
    with pytest.raises(ValueError, match="lower learning rate"):
        target_ranks(scores, np.array([1, 1]), [np.array([2])] * 2, remove_seen=True)


def test_popularity_counts() -> None:
    scores = popularity_scores([np.array([1, 2]), np.array([2])], 4, 2)
    assert scores.tolist() == [[0, 1, 2, 0], [0, 1, 2, 0]]


def test_markov_follows_transitions_weighted_by_distance() -> None:
    train = [np.array([1, 2, 3]), np.array([1, 2])]
    scores = markov_scores(train, [np.array([1]), np.array([2, 1])], 4)
    # From 1: to 2 twice at distance 1, to 3 once at distance 2; from 2: to 3 once.
    assert scores[0] == pytest.approx([0, 0, 2 / 2.5, 0.5 / 2.5])
    assert scores[1] == pytest.approx([0, 0, 2 / 2.5, 0.5 / 2.5 + 1 / 2])


def test_table_shows_every_model_and_metric() -> None:
    metrics = ranking_metrics(np.array([1.0, 20.0]))
    text = table({"one model": metrics, "another": metrics})
    assert text.count("0.5000 ± 0.3536") == 6
    assert "NDCG@10" in text
