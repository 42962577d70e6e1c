"""Exact removal, ranks, log-probabilities and rank correlation against plain definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from tensorboard_plugin_attn.analysis import explain
from tensorboard_plugin_attn.portable.edits import Edit
from tests.fixtures.portable_models import HISTORY, ITEMS, portable_model

NOBODY = np.arange(ITEMS) == 0


def predict(edits: list[Edit]) -> np.ndarray:
    return portable_model().predict(HISTORY, edits)


def test_a_deleted_item_is_an_item_that_was_never_there() -> None:
    found = explain.removed(predict, len(HISTORY))
    model = portable_model()
    for place in range(len(HISTORY)):
        shorter = [item for at, item in enumerate(HISTORY) if at != place]
        expected = model.predict(shorter, [Edit()])[0]
        np.testing.assert_allclose(found.deleted[place], expected, atol=1e-5)


def test_masking_is_not_deleting() -> None:
    found = explain.removed(predict, len(HISTORY))
    assert np.abs(found.masked - found.deleted).max() > 0.01
    newest = np.abs(found.masked[-1] - found.deleted[-1]).max()
    assert newest > np.abs(found.masked[0] - found.deleted[0]).max()


def test_nothing_can_be_taken_from_a_single_item() -> None:
    model = portable_model()
    found = explain.removed(lambda edits: model.predict([5], edits), 1)
    np.testing.assert_array_equal(found.deleted[0], found.before)


def test_batches_change_nothing_and_can_be_given_up() -> None:
    edits = [
        Edit(deleted=frozenset(n for n in range(5) if number >> n & 1)) for number in range(32)
    ] * 5
    whole = predict(edits)
    np.testing.assert_allclose(explain.in_batches(predict)(edits), whole, atol=1e-5)

    def give_up() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        explain.in_batches(predict, give_up)(edits)


def test_log_probabilities_sum_to_one_without_padding() -> None:
    scores = np.random.default_rng(0).normal(0, 30, (3, ITEMS)).astype(np.float32)
    found = explain.log_probabilities(scores)
    np.testing.assert_allclose(np.exp(found[:, 1:]).sum(axis=1), 1, atol=1e-5)


@given(st.lists(st.integers(0, 4), min_size=ITEMS, max_size=ITEMS), st.data())
def test_ranks_and_lists_agree_also_where_scores_are_equal(
    values: list[int], data: st.DataObject
) -> None:
    scores = np.array(values, np.float32)
    excluded = NOBODY.copy()
    excluded[data.draw(st.lists(st.integers(1, ITEMS - 1), max_size=4))] = True
    order = explain.best(scores, excluded, ITEMS)
    assert sorted(order) == np.flatnonzero(~excluded).tolist()
    if order:
        assert explain.ranks(scores[None], excluded, order)[0].tolist() == list(
            range(1, len(order) + 1)
        )
        assert explain.best(scores, excluded, 2) == order[:2]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=20))
def test_rank_correlation_is_spearmans(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs, np.float32).T
    found = explain.rank_correlation(a, b)
    if len(set(a)) == 1 or len(set(b)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(spearmanr(a, b).statistic, abs=1e-9)
