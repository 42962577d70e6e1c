"""Faithfulness figures against plain loops, and verdicts on orders that must get them."""

from __future__ import annotations

import numpy as np
import pytest

from tensorboard_plugin_attn.analysis import explain, faithfulness
from tensorboard_plugin_attn.portable.edits import Edit
from tests.fixtures.portable_models import HISTORY, portable_model

ITEM = 5
PLACES = len(HISTORY)
MODEL = portable_model()


def predict(edits: list[Edit]) -> np.ndarray:
    return MODEL.predict(HISTORY, edits)


def log_probability(history: list[int]) -> float:
    scores = MODEL.predict(history, [Edit()])
    return float(explain.log_probabilities(scores)[0, ITEM])


def exact() -> np.ndarray:
    found = explain.removed(predict, PLACES)
    after = explain.log_probabilities(found.deleted)[:, ITEM]
    return np.asarray(explain.log_probabilities(found.before)[ITEM] - after)


@pytest.mark.parametrize("newest_aside", [False, True])
def test_figures_are_those_of_deleting_by_hand(newest_aside: bool) -> None:
    values = np.array([3, 1, 5, 2, 4, 0], np.float32)
    ordered = faithfulness.orders({"delete": exact(), "mine": values}, PLACES, seed=0)
    found = faithfulness.measured(predict, ITEM, ordered, newest_aside=newest_aside)["mine"][0]
    order = [2, 4, 0, 3, 1] if newest_aside else [2, 4, 0, 3, 1, 5]
    whole = log_probability(HISTORY)
    for number, size in enumerate(faithfulness.SIZES):
        if size >= len(order):
            assert np.isnan(found.comprehensiveness[number])
            continue
        first = set(order[:size])
        left = [item for place, item in enumerate(HISTORY) if place not in first]
        kept = [
            item
            for place, item in enumerate(HISTORY)
            if place in first or (newest_aside and place == PLACES - 1)
        ]
        assert found.comprehensiveness[number] == pytest.approx(
            whole - log_probability(left), abs=1e-4
        )
        assert found.sufficiency[number] == pytest.approx(whole - log_probability(kept), abs=1e-4)
    known = [value for value in found.comprehensiveness if np.isfinite(value)]
    assert found.aopc == pytest.approx(np.mean(known), abs=1e-6)


def test_exact_deletion_explains_itself_and_its_reverse_does_not() -> None:
    values = exact()
    claims = {"delete": values, "reverse": -values}
    ordered = faithfulness.orders(claims, PLACES, seed=1)
    found = faithfulness.measured(predict, ITEM, ordered, newest_aside=False)
    cards = {name: faithfulness.card([each] * 3) for name, each in found.items()}
    said = {
        name: faithfulness.verdict(cards[name], cards["delete"], cards["random"]) for name in claims
    }
    assert said == {"delete": "explains", "reverse": "does_not_explain"}
    assert cards["delete"].rank_correlation.value == pytest.approx(1)
    assert cards["reverse"].rank_correlation.value == pytest.approx(-1)
    assert cards["delete"].comprehensiveness[0].value == max(
        card.comprehensiveness[0].value for card in cards.values()
    )


def test_a_flat_order_is_neither_right_nor_wrong() -> None:
    flat = np.zeros(PLACES, np.float32)
    ordered = faithfulness.orders({"delete": exact(), "flat": flat}, PLACES, seed=0)
    found = faithfulness.measured(predict, ITEM, ordered, newest_aside=True)
    cards = {name: faithfulness.card([each]) for name, each in found.items()}
    assert cards["flat"].rank_correlation.value is None
    assert faithfulness.verdict(cards["flat"], cards["delete"], cards["random"]) == "unknown"


def test_two_users_are_too_few_to_say_anything() -> None:
    ordered = faithfulness.orders({"delete": exact()}, PLACES, seed=1)
    found = faithfulness.measured(predict, ITEM, ordered, newest_aside=False)
    cards = {name: faithfulness.card([each] * 2) for name, each in found.items()}
    assert faithfulness.verdict(cards["delete"], cards["delete"], cards["random"]) == "unknown"


def test_means_have_standard_errors() -> None:
    mean = faithfulness.Mean.of([1.0, 2.0, 3.0, None, float("nan")])
    assert (mean.value, mean.count) == (2.0, 3)
    assert mean.error == pytest.approx(1 / np.sqrt(3))
    assert faithfulness.Mean.of([1.0]).error is None
