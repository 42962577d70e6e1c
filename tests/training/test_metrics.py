"""Ranking metrics against a slow definition with loops, ties and seen items included."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluate import Evaluation, model_scores, table
from training.metrics import Metric, candidate_scores, ranking_metrics, target_ranks
from training.preprocessing.splitting import leave_one_out

ITEMS = 7


def slow_ranking(scores: list[int], target: int, seen: set[int], remove: bool) -> list[int]:
    """Return item numbers, best first, by selection: equal scores in the order of columns."""
    left = [
        item for item in range(1, len(scores)) if item == target or not (remove and item in seen)
    ]
    ranking = []
    while left:
        best = left[0]
        for item in left:
            if scores[item] > scores[best]:
                best = item
        ranking.append(best)
        left.remove(best)
    return ranking


def slow_metrics(rankings: list[list[int]], targets: list[int], k: int) -> dict[str, float]:
    """Return the metrics, user by user and place by place."""
    hits = gains = reciprocals = recalled = 0.0
    for ranking, target in zip(rankings, targets, strict=True):
        for place, item in enumerate(ranking[:k], start=1):
            if item == target:
                hits += 1
                recalled += 1 / 1  # of one relevant item
                gains += 1 / math.log2(place + 1)
                reciprocals += 1 / place
    users = len(targets)
    return {
        f"HR@{k}": hits / users,
        f"Recall@{k}": recalled / users,
        f"NDCG@{k}": gains / users,
        f"MRR@{k}": reciprocals / users,
    }


user = st.tuples(
    st.lists(st.integers(-2, 2), min_size=ITEMS, max_size=ITEMS),  # few values: many ties
    st.integers(1, ITEMS - 1),
    st.sets(st.integers(1, ITEMS - 1)),
)


@given(users=st.lists(user, min_size=1, max_size=6), remove=st.booleans(), k=st.integers(1, 7))
def test_ranks_and_metrics_are_those_of_a_slow_definition(
    users: list[tuple[list[int], int, set[int]]], remove: bool, k: int
) -> None:
    ranks = target_ranks(
        np.array([scores for scores, _, _ in users], np.float32),
        np.array([target for _, target, _ in users]),
        [np.array(sorted(seen), np.int64) for _, _, seen in users],
        remove_seen=remove,
    )
    rankings = [slow_ranking(scores, target, seen, remove) for scores, target, seen in users]
    targets = [target for _, target, _ in users]
    assert ranks.tolist() == [
        ranking.index(target) + 1 for ranking, target in zip(rankings, targets, strict=True)
    ]
    found = ranking_metrics(ranks, k)
    for name, value in slow_metrics(rankings, targets, k).items():
        assert found[name].value == pytest.approx(value)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40))
def test_standard_errors_are_those_of_a_mean(ranks: list[int]) -> None:
    found = ranking_metrics(np.array(ranks))
    share, count = found["HR@10"].value, len(ranks)
    assert found["HR@10"].standard_error == pytest.approx(
        math.sqrt(share * (1 - share) / count), abs=1e-9
    )


def test_equal_scores_are_ordered_by_column() -> None:
    scores = np.zeros((2, 5))
    ranks = target_ranks(scores, np.array([1, 4]), [np.array([2])] * 2, remove_seen=True)
    assert ranks.tolist() == [1, 3]


def test_a_model_that_diverged_has_no_metrics() -> None:
    scores = np.array([[0, 1, 2], [0, np.nan, 2]])
    with pytest.raises(ValueError, match="lower learning rate"):
        target_ranks(scores, np.array([1, 1]), [np.array([2])] * 2, remove_seen=True)


def test_the_scores_handed_in_are_not_changed() -> None:
    scores = np.arange(4.0)[None]
    found = candidate_scores(scores, [np.array([1, 2])], np.array([2]), remove_seen=True)
    assert found.tolist() == [[-np.inf, -np.inf, 2, 3]]
    assert scores.tolist() == [[0, 1, 2, 3]]


def test_table_shows_every_model_and_metric() -> None:
    metrics = ranking_metrics(np.array([1.0, 20.0]))
    text = table({"one model": metrics, "another": {**metrics, "HR@10": Metric(0.25, None)}})
    assert text.count("0.5000 ± 0.3536") == 7
    assert "0.2500\n" not in text
    assert "0.2500" in text
    assert "NDCG@10" in text


def test_results_state_both_rules_and_segments() -> None:
    split = leave_one_out([np.array([1, 2, 3, 4]), np.array([2, 3, 4, 5, 1])])
    evaluation = Evaluation(split, 6)
    evaluation.add("model", np.tile(np.arange(6.0), (2, 1)))
    found = evaluation.results()
    # Targets 4 and 1. Kept: 5 is before 4, all are before 1. Removed: 5 is before 4, none before 1.
    assert found.seen_kept["model"]["MRR@10"].value == pytest.approx((1 / 2 + 1 / 5) / 2)
    assert found.seen_removed["model"]["MRR@10"].value == pytest.approx((1 / 2 + 1 / 1) / 2)
    text = str(found)
    assert "seen items removed" in text
    assert "seen items kept" in text
    assert "coverage" in text
    assert "target in the tail" in text


def test_scores_are_asked_in_batches_with_each_users_own_inputs() -> None:
    class Echo:
        def item_scores(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
            return np.stack([inputs["history"][:, -1], inputs["city"]], axis=1)

    users = 300
    histories = [np.array([number]) for number in range(users)]
    found = model_scores(Echo(), histories, 3, {"city": np.arange(users) * 2})
    assert found.tolist() == [[number, 2 * number] for number in range(users)]
