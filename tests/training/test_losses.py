"""Losses against their definitions in plain NumPy, and samplers against their probabilities."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from training import losses
from training.config import FULL_SOFTMAX_ITEMS, LossConfig, ModelConfig
from training.models.build import build
from training.objective import Objective

ITEMS, TARGETS, SIZE = 12, 5, 4


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(3)


def softmax_loss(logits: np.ndarray, target: int) -> float:
    return float(np.log(np.exp(logits).sum()) - logits[target])


def test_full_softmax(random: np.random.Generator) -> None:
    logits = random.normal(size=(TARGETS, ITEMS)).astype(np.float32)
    targets = random.integers(1, ITEMS, TARGETS)
    expected = [softmax_loss(row, target) for row, target in zip(logits, targets, strict=True)]
    np.testing.assert_allclose(losses.full_softmax(logits, targets), expected, rtol=1e-5)


def test_sampled_softmax_corrects_by_log_q_and_drops_accidental_hits(
    random: np.random.Generator,
) -> None:
    q = random.dirichlet(np.ones(ITEMS))
    logits = random.normal(size=(TARGETS, ITEMS)).astype(np.float32)
    targets = random.integers(1, ITEMS, TARGETS)
    drawn = np.array([3, 7, 3, targets[0]])
    found = losses.sampled_softmax(
        logits[np.arange(TARGETS), targets],
        logits[:, drawn],
        np.log(q)[targets].astype(np.float32),
        np.log(q)[drawn][None].astype(np.float32),
        targets[:, None] == drawn[None],
    )
    for row, target in enumerate(targets):
        kept = [target, *(item for item in drawn if item != target)]
        corrected = np.array([logits[row, item] - math.log(q[item]) for item in kept])
        assert float(found[row]) == pytest.approx(softmax_loss(corrected, 0), rel=1e-4)


def test_sampled_softmax_of_all_items_drawn_evenly_is_full_softmax(
    random: np.random.Generator,
) -> None:
    logits = random.normal(size=(1, ITEMS)).astype(np.float32)
    others = np.arange(1, ITEMS)
    even = np.full((1, ITEMS - 1), math.log(1 / ITEMS), np.float32)
    found = losses.sampled_softmax(
        logits[:, 0], logits[:, others], even[:, 0], even, others[None] == 0
    )
    assert float(found[0]) == pytest.approx(softmax_loss(logits[0], 0), rel=1e-5)


@pytest.mark.parametrize("t", [0.0, 0.75, 1.0])
def test_gbce(random: np.random.Generator, t: float) -> None:
    positive = random.normal(size=TARGETS).astype(np.float32)
    negative = random.normal(size=(TARGETS, 4)).astype(np.float32)
    hit = np.zeros((TARGETS, 4), bool)
    hit[0, 2] = True
    found = losses.gbce(positive, negative, hit, item_count=ITEMS, t=t)
    alpha = 4 / (ITEMS - 1)
    beta = alpha * (t * (1 - 1 / alpha) + 1 / alpha)
    for row in range(TARGETS):
        chance = 1 / (1 + math.exp(-positive[row]))
        wrong = [
            math.log(1 - 1 / (1 + math.exp(-score)))
            for score, target in zip(negative[row], hit[row], strict=True)
            if not target
        ]
        expected = -(math.log(chance**beta) + sum(wrong)) / 5
        assert float(found[row]) == pytest.approx(expected, rel=1e-4)
    if t == 0:
        assert beta == pytest.approx(1)  # binary cross-entropy


@pytest.mark.parametrize("name", ["full_softmax", "sampled_softmax", "gbce"])
def test_an_objective_can_be_differentiated(name: str, random: np.random.Generator) -> None:
    objective = Objective(LossConfig(name, negatives=6), ITEMS, np.arange(ITEMS))
    hidden = tf.Variable(random.normal(size=(TARGETS, SIZE)).astype(np.float32))
    table = tf.Variable(random.normal(size=(ITEMS, SIZE)).astype(np.float32))
    targets = tf.constant(random.integers(1, ITEMS, TARGETS), tf.int32)
    with tf.GradientTape() as tape:
        loss = objective(hidden, table, targets)
    assert np.isfinite(float(loss))
    for gradient in tape.gradient(loss, [hidden, table]):
        assert np.abs(tf.convert_to_tensor(gradient)).max() > 0


def test_negatives_are_drawn_as_their_probabilities_say_and_padding_never() -> None:
    counts = np.array([0, 1000, 8, 0, 99, 20])
    objective = Objective(LossConfig("sampled_softmax", popularity=0.5), 6, counts)
    drawn = np.concatenate([np.asarray(objective.draw([5000])) for _ in range(4)])
    share = np.bincount(drawn, minlength=6) / len(drawn)
    expected = np.sqrt(counts + 1.0)
    expected[0] = 0
    expected /= expected.sum()
    assert share[0] == 0
    np.testing.assert_allclose(share, expected, atol=0.015)
    np.testing.assert_allclose(objective.probabilities, expected, atol=1e-6)
    np.testing.assert_allclose(np.exp(objective._log_q[1:]), expected[1:], rtol=1e-5)


def test_gbce_draws_evenly_whatever_is_popular() -> None:
    objective = Objective(LossConfig("gbce"), 5, np.array([0, 1000, 1, 1, 1]))
    np.testing.assert_allclose(objective.probabilities, [0, 0.25, 0.25, 0.25, 0.25], atol=1e-6)


def test_the_same_seed_draws_the_same_and_never_the_same_twice() -> None:
    first, second = (Objective(LossConfig("gbce", seed=5), 1000) for _ in range(2))
    once = np.asarray(first.draw([50]))
    np.testing.assert_array_equal(once, np.asarray(second.draw([50])))
    assert (once != np.asarray(first.draw([50]))).any()


def test_the_loss_over_candidates_is_that_over_drawn_items(random: np.random.Generator) -> None:
    objective = Objective(LossConfig("sampled_softmax", popularity=1.0), 5, np.arange(5))
    scores = random.normal(size=(1, 3)).astype(np.float32)
    found = objective.of_candidates(scores, np.array([[2, 4, 2]], np.int32))
    q = np.array([0, 2, 3, 4, 5]) / 14
    corrected = np.array([scores[0, 0] - math.log(q[2]), scores[0, 1] - math.log(q[4])])
    assert float(found) == pytest.approx(softmax_loss(corrected, 0), abs=1e-5)


def test_auto_takes_full_softmax_until_it_costs_too_much() -> None:
    assert LossConfig().resolved(FULL_SOFTMAX_ITEMS) == "full_softmax"
    assert LossConfig().resolved(FULL_SOFTMAX_ITEMS + 1) == "sampled_softmax"
    assert LossConfig("gbce").resolved(10) == "gbce"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "bpr"}, "must be one of auto, full_softmax"),
        ({"negatives": 0}, "must be 1 or more"),
        ({"gbce_t": 1.5}, "from 0 to 1"),
    ],
)
def test_losses_that_do_not_exist_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LossConfig(**settings)


@pytest.mark.parametrize("name", ["full_softmax", "sampled_softmax", "gbce"])
def test_a_model_learns_by_every_loss(name: str) -> None:
    keras.utils.set_random_seed(0)
    starts = np.random.default_rng(0).integers(1, 8, 64)
    windows = starts[:, None] + np.arange(5)[None]  # item n is followed by n + 1
    config = ModelConfig(history_length=4, dimension=16, heads=2, layers=1, dropout=0.0)
    model = build(ITEMS, config, LossConfig(name, negatives=6))
    model.compile(optimizer=keras.optimizers.Adam(2e-2))
    model.fit(windows[:, :-1], windows[:, 1:], batch_size=16, epochs=30, verbose=0)
    best = np.asarray(model.item_scores(windows[:, :-1]))[:, 1:].argmax(axis=1) + 1
    assert (best == windows[:, -1]).mean() > 0.9
