"""Rollout against its definition: a sum over paths through the layers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn.analysis.rollout import rollout
from tests.fixtures.logs import attention

stacks = st.builds(
    lambda layers, heads, size, seed, causal: [
        attention(1, heads, size, seed=seed + layer, causal=causal)[0] for layer in range(layers)
    ],
    layers=st.integers(1, 3),
    heads=st.integers(1, 3),
    size=st.integers(1, 4),
    seed=st.integers(0, 1000),
    causal=st.booleans(),
)


def by_paths(layers: list[np.ndarray]) -> np.ndarray:
    """Add up all ways from the last layer's position down to the input's."""
    size = layers[0].shape[1]
    found = np.zeros((size, size))
    for path in itertools.product(range(size), repeat=len(layers) + 1):
        share = 1.0
        for layer, query, key in zip(reversed(layers), path, path[1:], strict=False):
            head_mean = sum(float(head[query, key]) for head in layer) / len(layer)
            share *= 0.5 * head_mean + (0.5 if query == key else 0)
        found[path[0], path[-1]] += share
    return found


@given(layers=stacks)
def test_rollout_is_the_sum_over_all_paths(layers: list[np.ndarray]) -> None:
    assert rollout(layers) == pytest.approx(by_paths(layers), abs=1e-6)


@given(layers=stacks)
def test_rows_sum_to_1_and_causal_stays_causal(layers: list[np.ndarray]) -> None:
    found = rollout(layers)
    assert found.sum(axis=1) == pytest.approx(1)
    if all(np.array_equal(layer, np.tril(layer)) for layer in layers):
        assert np.array_equal(found, np.tril(found))


def test_attention_to_oneself_in_every_layer_is_the_identity() -> None:
    assert rollout([np.eye(5)[None]] * 4) == pytest.approx(np.eye(5))


def test_rows_that_do_not_sum_to_1_are_renormalised() -> None:
    assert rollout([np.array([[[0.2, 0.0], [0.0, 0.0]]])]).sum(axis=1).tolist() == [1, 1]


@pytest.mark.parametrize(
    "layers",
    [[], [np.ones((1, 2, 3))], [np.ones((1, 2, 2)), np.ones((1, 3, 3))]],
    ids=["no layer", "not square", "other positions"],
)
def test_what_cannot_be_joined_is_an_error(layers: list[np.ndarray]) -> None:
    with pytest.raises(ValueError, match=r"rollout|joined"):
        rollout(layers)
