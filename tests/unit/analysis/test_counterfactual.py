"""The smallest set is the smallest: against trying everything."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tensorboard_plugin_attn.analysis import explain
from tensorboard_plugin_attn.analysis.counterfactual import smallest_set
from tensorboard_plugin_attn.portable.edits import Edit
from tests.fixtures.portable_models import HISTORY, ITEMS, portable_model

PLACES = len(HISTORY)
EXCLUDED = np.isin(np.arange(ITEMS), [0, *HISTORY])


def by_trying_everything(model: object, item: int, within: int) -> int | None:
    for size in range(1, PLACES):
        for chosen in combinations(range(PLACES), size):
            scores = model.predict(HISTORY, [Edit(deleted=frozenset(chosen))])  # type: ignore[attr-defined]
            if explain.ranks(scores, EXCLUDED, [item])[0, 0] > within:
                return size
    return None


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("within", [1, 3])
def test_no_smaller_set_does_it(seed: int, within: int) -> None:
    model = portable_model(seed)
    [item] = explain.best(model.predict(HISTORY, [Edit()])[0], EXCLUDED, 1)
    found = smallest_set(
        lambda edits: model.predict(HISTORY, edits), PLACES, item, EXCLUDED, within=within
    )
    smallest = by_trying_everything(model, item, within)
    if found.is_smallest:
        assert len(found.places) == smallest
    elif found.places:
        assert smallest is not None and len(found.places) >= smallest > 2
    if found.places:
        left = [each for place, each in enumerate(HISTORY) if place not in found.places]
        scores = model.predict(left, [Edit()])
        assert explain.best(scores[0], EXCLUDED, 1) == [found.instead]
        assert explain.ranks(scores, EXCLUDED, [item])[0, 0] == found.rank_after > within


def test_a_set_beyond_the_budget_does_not_claim_to_be_the_smallest() -> None:
    model = portable_model(4)
    [item] = explain.best(model.predict(HISTORY, [Edit()])[0], EXCLUDED, 1)
    found = smallest_set(
        lambda edits: model.predict(HISTORY, edits), PLACES, item, EXCLUDED, within=1, most_sets=0
    )
    assert not found.is_smallest or len(found.places) == 1


def test_an_item_cannot_fall_out_of_a_list_that_holds_everything() -> None:
    found = smallest_set(predict_for(0), PLACES, 5, EXCLUDED, within=ITEMS)
    assert found.places == () and found.tried == 0


def predict_for(seed: int) -> explain.Predict:
    return lambda edits: portable_model(seed).predict(HISTORY, edits)


def test_the_only_item_cannot_be_deleted() -> None:
    model = portable_model()
    found = smallest_set(lambda edits: model.predict([3], edits), 1, 5, EXCLUDED, within=1)
    assert found.places == () and found.tried == 0
