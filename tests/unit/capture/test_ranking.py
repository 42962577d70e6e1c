"""From scores to the recommendations that are logged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn import User
from tensorboard_plugin_attn.capture.ranking import Ranker

ITEMS = [None, "a", "b", "c", "d", "e"]


def test_best_unseen_items_come_first_and_padding_never_does() -> None:
    scores = np.array([[99, 1, 5, 3, 4, 2]], np.float32)
    [found] = Ranker(ITEMS, [User("u", history=["b"], target="c")], 3).rank(scores)
    assert list(found.items) == ["d", "c", "e"]
    assert list(found.scores) == [4, 3, 2]
    assert (found.target_rank, found.target_score) == (2, 3)


def test_a_target_that_is_in_the_history_is_still_ranked() -> None:
    scores = np.array([[0, 1, 5, 3, 4, 2]], np.float32)
    [found] = Ranker(ITEMS, [User("u", history=["b"], target="b")], 2).rank(scores)
    assert list(found.items) == ["b", "d"]
    assert found.target_rank == 1


def test_without_a_target_there_is_no_rank() -> None:
    scores = np.zeros((1, 6), np.float32)
    [found] = Ranker(ITEMS, [User("u")], 2).rank(scores)
    assert (found.target_rank, found.target_score) == (None, None)


def test_fewer_candidates_than_asked_for() -> None:
    scores = np.zeros((1, 6), np.float32)
    [found] = Ranker(ITEMS, [User("u", history=["a", "b", "c", "d"])], 10).rank(scores)
    assert list(found.items) == ["e"]


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"\[1, 3\], expected \[1, 6\]"):
        Ranker(ITEMS, [User("u")], 2).rank(np.zeros((1, 3), np.float32))


@given(
    scores=st.lists(st.integers(-50, 50), min_size=6, max_size=6, unique=True),
    seen=st.sets(st.sampled_from("abcde"), max_size=4),
    top_k=st.integers(1, 6),
)
def test_equals_sorting_everything(scores: list[int], seen: set[str], top_k: int) -> None:
    user = User("u", history=sorted(seen))
    [found] = Ranker(ITEMS, [user], top_k).rank(np.array([scores], np.float32))
    ranked = sorted(zip(scores[1:], ITEMS[1:], strict=True), reverse=True)
    assert list(found.items) == [item for _, item in ranked if item not in seen][:top_k]


def test_equal_scores_are_ordered_alike_in_the_list_and_in_the_rank() -> None:
    scores = np.array([[0, 7, 5, 5, 5, 5]], np.float32)
    for place, target in enumerate("bcde", start=2):
        [found] = Ranker(ITEMS, [User("u", target=target)], 4).rank(scores)
        assert list(found.items) == ["a", "b", "c", "d"]
        assert found.target_rank == place


def test_a_model_that_diverged_recommends_nothing_and_ranks_nothing() -> None:
    scores = np.full((1, 6), np.nan, np.float32)
    [found] = Ranker(ITEMS, [User("u", history=["b"], target="c")], 3).rank(scores)
    assert (list(found.items), list(found.scores)) == ([], [])
    assert (found.target_rank, found.target_score) == (None, None)


def test_what_the_model_itself_ruled_out_is_not_recommended() -> None:
    scores = np.array([[0, 1, -np.inf, np.nan, 4, 2]], np.float32)
    [found] = Ranker(ITEMS, [User("u", target="a")], 9).rank(scores)
    assert list(found.items) == ["d", "e", "a"]
    assert found.target_rank == 3


def test_nothing_to_recommend_is_refused() -> None:
    with pytest.raises(ValueError, match="top_k=0"):
        Ranker(ITEMS, [User("u")], 0)


def test_what_a_user_knows_is_never_recommended_even_if_it_is_the_target() -> None:
    scores = np.array([[0, 1, 5, 3, 4, 2]], np.float32)
    user = User("u", target="b", known=["b", "d", "not among the items"])
    [found] = Ranker(ITEMS, [user], 2, remove_seen=False).rank(scores)
    assert list(found.items) == ["c", "e"]
    assert found.target_rank is None


def test_seen_items_stay_candidates_where_items_come_again() -> None:
    scores = np.array([[0.0, 3.0, 2.0]], np.float32)
    user = User("u", history=["b"], target="c")
    ranker = Ranker([None, "b", "c"], [user], 3, remove_seen=False)
    [found] = ranker.rank(scores)
    assert list(found.items) == ["b", "c"]
    assert found.target_rank == 2
    assert not found.seen_removed
