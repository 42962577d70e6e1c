"""The NumPy forward pass against a slow one written formula by formula."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import erf

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.portable import operations
from tensorboard_plugin_attn.portable.edits import Added, Edit, edited
from tests.fixtures.portable_models import HISTORY, ITEMS, portable_model

Doubles = np.ndarray


def norm(x: Doubles, tensors: Any, name: str) -> Doubles:
    unit = (x - x.mean()) / math.sqrt(x.var() + 1e-5)
    return unit * tensors[f"{name}.scale"] + tensors[f"{name}.offset"]


def slowly(model: Any, items: list[int]) -> Doubles:
    """Return scores, place by place and head by head, in float64."""
    shape = model.description
    t = {name: array.astype(np.float64) for name, array in model.tensors.items()}
    first = shape.history_length - len(items)
    x = [t["items"][item] * 2 + t["positions"][first + n] for n, item in enumerate(items)]
    size = shape.head_size
    for block in range(shape.layers):
        b = f"block_{block}"
        normed = [norm(each, t, f"{b}.attention_norm") for each in x]
        q, k, v = (
            [each @ t[f"{b}.{part}.weight"] + t[f"{b}.{part}.bias"] for each in normed]
            for part in ("query", "key", "value")
        )
        after = []
        for place in range(len(x)):
            joined = np.zeros(shape.dimension)
            for head in range(shape.heads):
                own = slice(head * size, (head + 1) * size)
                logits = [q[place][own] @ k[n][own] / math.sqrt(size) for n in range(place + 1)]
                a = np.exp(logits) / np.exp(logits).sum()
                joined[own] = sum(a[n] * v[n][own] for n in range(place + 1))
            middle = x[place] + joined @ t[f"{b}.output.weight"] + t[f"{b}.output.bias"]
            inner = norm(middle, t, f"{b}.dense_norm") @ t[f"{b}.widen.weight"]
            inner = inner + t[f"{b}.widen.bias"]
            inner = inner * (1 + erf(inner / math.sqrt(2))) / 2
            after.append(middle + inner @ t[f"{b}.narrow.weight"] + t[f"{b}.narrow.bias"])
        x = after
    return norm(x[-1], t, "norm") @ t["items"][:ITEMS].T


@pytest.mark.parametrize("length", [1, 3, 6])
def test_scores_are_those_of_the_formulas(length: int) -> None:
    model = portable_model()
    found = model.predict(HISTORY[:length], [Edit()])[0]
    np.testing.assert_allclose(found, slowly(model, HISTORY[:length]), atol=1e-4)


def test_rows_of_a_batch_are_those_alone_whatever_their_lengths() -> None:
    model = portable_model()
    batch = [
        Edit(),
        Edit(deleted=frozenset(range(5))),
        Edit(added=[Added(0, 3)], weights={2: 0.0}),
        Edit(heads_off=frozenset({(1, 0)})),
        Edit(layers_off=frozenset({0})),
    ]
    together = model.predict(HISTORY, batch)
    for row, edit in zip(together, batch, strict=True):
        np.testing.assert_allclose(row, model.predict(HISTORY, [edit])[0], atol=1e-5)
    assert len({row.tobytes() for row in together}) == len(batch)


def test_weight_one_changes_nothing_and_stages_end_in_the_scores() -> None:
    model = portable_model()
    inputs = model.inputs(HISTORY, [Edit(weights={0: 1.0})])
    np.testing.assert_array_equal(model.scores(inputs), model.predict(HISTORY, [Edit()]))
    last = model.stages(inputs)[-1].leaving[0, -1]
    final = operations.normalised(
        last, model.tensors["norm.scale"], model.tensors["norm.offset"], 1e-5
    )
    np.testing.assert_allclose(final @ model.item_table.T, model.scores(inputs)[0], atol=1e-5)


def test_a_weight_multiplies_attention_before_rows_are_normalised() -> None:
    model = portable_model()
    plain = model.stages(model.inputs(HISTORY, [Edit()]))[0].attention[0, :, -1]
    weights = np.array([0.5, 1, 1, 2, 0, 1])
    edit = Edit(weights=dict(enumerate(weights.tolist())))
    found = model.stages(model.inputs(HISTORY, [edit]))[0].attention[0, :, -1]
    expected = plain * weights / (plain * weights).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_only_the_newest_items_that_fit_are_seen() -> None:
    model = portable_model()
    long = [5, 6, 7, *HISTORY]
    np.testing.assert_allclose(
        model.predict(long, [Edit()]), model.predict(long[-8:], [Edit()]), atol=1e-6
    )
    assert model.inputs(long, [Edit()]).places == [tuple(range(1, 9))]
    asking = portable_model(predicts_from="mask")
    assert asking.inputs(long, [Edit()]).places == [tuple(range(2, 9))]


@pytest.mark.parametrize(
    "edit",
    [
        Edit(deleted=frozenset(range(6))),
        Edit(weights=dict.fromkeys(range(6), 0.0)),
        Edit(added=[Added(0, ITEMS)]),
        Edit(added=[Added(0, 0)]),
        Edit(heads_off=frozenset({(0, 2)})),
        Edit(heads_off=frozenset({(2, 0)})),
        Edit(layers_off=frozenset({2})),
    ],
)
def test_what_cannot_be_computed_is_refused(edit: Edit) -> None:
    with pytest.raises(ValueError, match=r"nothing is left|does not"):
        portable_model().predict(HISTORY, [edit])


def test_edits_combine_in_any_order() -> None:
    edit = Edit(
        deleted=frozenset({1, 5}),
        weights={0: 2.0, 1: 3.0},
        added=[Added(6, 3), Added(0, 8, 0.5), Added(6, 10)],
    )
    found = edited(HISTORY, edit)
    assert found.items == (8, 4, 1, 7, 2, 3, 10)
    assert found.weights == (0.5, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    assert found.places == (-2, 0, 2, 3, 4, -1, -3)
    assert Edit(weights={3: 1.0}).is_nothing
    assert not edit.is_nothing


def test_erf_is_the_error_function() -> None:
    x = np.linspace(-8, 8, 20001, dtype=np.float32)
    np.testing.assert_allclose(operations.erf(x), erf(x.astype(np.float64)), atol=5e-7)


def test_what_is_computed_at_once_stays_within_the_limit() -> None:
    model = portable_model()
    cells = 9 * (2 * 9 + 24)
    assert model.rows_at_once(100) == schema.MAX_REPLAY_CELLS // cells
    assert model.rows_at_once(2) > model.rows_at_once(7)


@pytest.mark.parametrize(
    "shape", [(1, 64, 192), (50, 64, 256), (333, 7, 5), (9, 1000, 900), (0, 4, 4)]
)
def test_products_in_parts_are_products(shape: tuple[int, int, int]) -> None:
    rows, inner, outer = shape
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, inner)).astype(np.float32)
    weight = random.normal(size=(inner, outer)).astype(np.float32)
    np.testing.assert_allclose(operations.product(x, weight), x @ weight, atol=1e-3)
    deep = np.stack([x, x])
    np.testing.assert_allclose(operations.product(deep, weight), deep @ weight, atol=1e-3)
