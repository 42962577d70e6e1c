"""Attention classes of somebody's own, and layers whose queries and keys are no histories."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from tensorboard_plugin_attn import Cohort, Item, User
from tensorboard_plugin_attn.capture.captured_array import CapturedArray
from tensorboard_plugin_attn.capture.keras import AttentionCallback, note_attention
from tensorboard_plugin_attn.capture.keras_attention import capturing
from tensorboard_plugin_attn.capture.training_clock import TrainingClock
from tests.fixtures.tab import Tab

CANDIDATES, KEYS = 3, 4


class Target(keras.layers.Layer):
    """Attention of candidates over keys, written by somebody else."""

    def call(self, x: Any) -> Any:
        """Return `[user, candidate, channel]`; says what it attended to."""
        logits = ops.einsum("uce,uke->uck", x[:, :CANDIDATES], x[:, CANDIDATES:])
        real = ops.convert_to_tensor([[True] * KEYS, [False, False, True, True]])
        logits = ops.where(real[:, None], logits, -1e9)
        weights = note_attention(self, ops.softmax(logits))
        return ops.einsum("uck,uke->uce", weights, x[:, CANDIDATES:])


def model() -> keras.Model:
    inputs = keras.Input((CANDIDATES + KEYS, 2))
    built = keras.Model(inputs, Target(name="target")(keras.layers.Dense(2)(inputs)))
    built.compile(optimizer="sgd", loss="mse")
    return built


def inputs() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, CANDIDATES + KEYS, 2)).astype(np.float32)


def test_noted_attention_is_captured_and_otherwise_nothing_happens() -> None:
    net = model()
    before = np.asarray(net(inputs()))
    with capturing() as captured:
        after = np.asarray(net(inputs()))
    np.testing.assert_array_equal(before, after)
    [layer] = captured
    assert layer.name == "target"
    assert layer.attention.shape == (2, 1, CANDIDATES, KEYS)
    weights = object()
    assert note_attention("x", weights) is weights


def test_attention_of_another_rank_is_refused_while_it_is_looked_at() -> None:
    with capturing(), pytest.raises(ValueError, match="is not \\[user, head, query, key\\]"):
        note_attention("x", np.ones((2, 2)))


def test_a_described_layer_is_logged_as_what_it_is_without_its_padding(tmp_path: Path) -> None:
    labels = [["a", "b", "user: city", "item: price"], [None, None, "user: city", "item: price"]]
    cohort = Cohort(
        users=[User("anna", history=["a", "b"]), User("boris", history=["c"])],
        items={name: Item(name, f"The {name}") for name in "abcdef"},
        inputs=inputs(),
    )
    callback = AttentionCallback(
        tmp_path / "run" / "attention",
        cohort=cohort,
        describe=lambda layer: replace(
            layer,
            kind="target",
            query_axis="candidate",
            key_axis="feature",
            queries=["d", "e", "f"],
            keys=labels,
        ),
        max_overhead=None,
    )
    net = model()
    net.fit(inputs(), np.zeros((2, CANDIDATES, 2)), verbose=0, callbacks=[callback])
    assert callback.status().written == callback.status().offered == 1
    tab = Tab(tmp_path)
    [run] = tab.json("/runs")["runs"]
    [layer] = run["layers"]
    assert (layer["kind"], layer["query_axis"], layer["key_axis"]) == (
        "target",
        "candidate",
        "feature",
    )
    timeline = tab.json("/timeline", run=run["name"], layer="target")
    found = tab.json(
        "/catalogue", run=run["name"], attempt=timeline["attempts"][0]["id"], axes="1,2,3"
    )
    said = {item["index"]: item["id"] for item in found["items"]}
    axes = sorted([said[item] for item in axis["items"]] for axis in found["axes"])
    assert axes == [["a", "b", *labels[0][2:]], ["d", "e", "f"], labels[1][2:]]


def array(**labels: Any) -> CapturedArray:
    attention = np.arange(2 * 1 * 3 * 4, dtype=np.float32).reshape(2, 1, 3, 4)
    return CapturedArray("layer", attention, **labels)


def test_places_labelled_none_are_padding() -> None:
    layer = array(queries=[["a", None, "b"], ["c", "d", "e"]], keys=["w", None, "y", "z"])
    users, queries, keys = layer.without_padding()
    np.testing.assert_array_equal(users[0], layer.attention[0][:, [0, 2]][:, :, [0, 2, 3]])
    np.testing.assert_array_equal(users[1], layer.attention[1][:, :, [0, 2, 3]])
    assert queries == [["a", "b"], ["c", "d", "e"]]
    assert keys == [["w", "y", "z"]] * 2


def test_one_axis_may_be_the_users_own() -> None:
    users, queries, keys = array(keys=[[None, "x", "y", "z"], list("wxyz")]).without_padding()
    assert [user.shape for user in users] == [(1, 3, 3), (1, 3, 4)]
    assert queries is None
    assert keys == [["x", "y", "z"], list("wxyz")]


def test_without_padding_nothing_is_copied() -> None:
    for layer in (array(), array(keys=list("wxyz")), array(keys=[list("wxyz"), list("abcd")])):
        users, queries, keys = layer.without_padding()
        assert users is layer.attention
        assert (queries, keys) == (layer.queries, layer.keys)


def test_the_clock_reads_a_step_that_is_mirrored_over_replicas() -> None:
    class Mirrored:
        def numpy(self) -> np.int64:
            return np.int64(7)

    clock = TrainingClock()
    clock.begin(SimpleNamespace(optimizer=SimpleNamespace(iterations=Mirrored())), None)
    assert clock.step == 7
