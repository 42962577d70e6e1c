"""Importance of heads against finite differences, and against its definition cell by cell."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tensorboard_plugin_attn.capture.keras_attention import capturing
from tensorboard_plugin_attn.capture.keras_importance import ImportanceProbe, gated

LENGTH, ITEMS, HEADS, USERS = 5, 9, 4, 3
TARGETS = (2, 8, 5)


def model_of(*attentions: Any, **call: Any) -> keras.Model:
    inputs = keras.Input((LENGTH,), dtype="int32")
    x = layers.Embedding(ITEMS, 8)(inputs)
    for attention in attentions:
        x = layers.LayerNormalization()(x + attention(x, x, **call))
    return keras.Model(inputs, layers.Dense(ITEMS)(x[:, -1]))


def two_layers() -> keras.Model:
    keras.utils.set_random_seed(1)
    return model_of(
        layers.MultiHeadAttention(HEADS, 4, dropout=0.3, name="one"),
        layers.GroupQueryAttention(4, HEADS, 2, name="two"),
        use_causal_mask=True,
    )


def histories() -> np.ndarray:
    return np.random.default_rng(0).integers(0, ITEMS, (USERS, LENGTH)).astype(np.int32)


def scores(model: keras.Model, inputs: Any) -> Any:
    return model(inputs, training=False)


def target_scores(model: keras.Model, inputs: Any, factors: dict[int, np.ndarray]) -> np.ndarray:
    """Return the targets' scores with each head's output times its factor, by call of a layer."""
    calls = iter(range(100))

    def scale(output: Any, _: Any) -> tuple[Any, None]:
        factor = factors.get(next(calls), np.ones(HEADS, np.float32))
        return output * factor[None, None, :, None], None

    with capturing(scale):
        return np.asarray(scores(model, inputs))[np.arange(USERS), TARGETS]


def test_importance_is_the_slope_of_switching_a_head_off() -> None:
    model, inputs = two_layers(), histories()
    found = ImportanceProbe(model, inputs, scores, TARGETS).run()
    assert len(found) == 2
    for call, importance in enumerate(found.values()):
        assert importance.shape == (USERS, HEADS)
        assert importance.dtype == np.float32
        for head in range(HEADS):
            step = np.zeros(HEADS, np.float32)
            step[head] = 0.02
            more = target_scores(model, inputs, {call: 1 + step})
            less = target_scores(model, inputs, {call: 1 - step})
            slope = np.abs(more - less) / 0.04
            assert importance[:, head] == pytest.approx(slope, rel=0.02, abs=2e-4)


@pytest.mark.parametrize("kind", ["MultiHeadAttention", "GroupQueryAttention"])
def test_importance_is_the_sum_of_attention_times_gradient(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = (
        layers.MultiHeadAttention(HEADS, 4)
        if kind == "MultiHeadAttention"
        else layers.GroupQueryAttention(4, HEADS, 2)
    )
    model, inputs = model_of(layer), histories()
    [importance] = ImportanceProbe(model, inputs, scores, TARGETS).run().values()
    softmax = type(layer)._masked_softmax
    with tf.GradientTape() as tape:
        attention: list[Any] = []

        def watched(*arguments: Any, **named: Any) -> Any:
            attention.append(softmax(*arguments, **named))
            tape.watch(attention[-1])
            return attention[-1]

        monkeypatch.setattr(type(layer), "_masked_softmax", watched)
        with capturing(lambda output, _: (output, None)):  # goes on with the weights it shows
            total = tf.reduce_sum(tf.gather(scores(model, inputs), TARGETS, batch_dims=1))
    [gradient] = tape.gradient(total, attention)
    cells = np.asarray(attention[0]) * np.asarray(gradient)  # [user, head, query, key]
    assert importance == pytest.approx(np.abs(cells.sum(axis=(2, 3))), rel=1e-3, abs=1e-6)


def test_gates_change_no_score_and_no_weight() -> None:
    model, inputs = two_layers(), histories()
    before = np.asarray(scores(model, inputs))
    weights = [weight.numpy().copy() for weight in model.weights]
    probe = ImportanceProbe(model, inputs, scores, TARGETS)
    first, second = probe.run(), probe.run()
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert np.array_equal(np.asarray(scores(model, inputs)), before)
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.weights, strict=True))


def test_importance_follows_the_weights() -> None:
    model, inputs = two_layers(), histories()
    probe = ImportanceProbe(model, inputs, scores, TARGETS)
    before = probe.run()
    for weight in model.trainable_weights:
        weight.assign(weight * 1.5)
    after = probe.run()
    assert all(not np.allclose(before[name], after[name]) for name in before)


def test_a_head_whose_output_is_ignored_has_no_importance() -> None:
    layer = layers.MultiHeadAttention(HEADS, 4)
    model, inputs = model_of(layer), histories()
    kernel = layer._output_dense.kernel  # [head, feature, output]
    kernel.assign(tf.tensor_scatter_nd_update(kernel, [[1]], tf.zeros((1, *kernel.shape[1:]))))
    [importance] = ImportanceProbe(model, inputs, scores, TARGETS).run().values()
    assert importance[:, 1].tolist() == [0, 0, 0]
    assert (importance[:, [0, 2, 3]] > 0).all()


def test_users_without_a_target_have_none() -> None:
    model, inputs = two_layers(), histories()
    known = ImportanceProbe(model, inputs, scores, TARGETS).run()
    found = ImportanceProbe(model, inputs, scores, (2, None, 5)).run()
    for name, importance in found.items():
        assert np.isnan(importance[1]).all()
        np.testing.assert_allclose(importance[[0, 2]], known[name][[0, 2]], rtol=1e-4)


def test_mixed_precision_is_close_to_full() -> None:
    keras.utils.set_random_seed(3)
    full = model_of(layers.MultiHeadAttention(HEADS, 4))
    mixed = model_of(layers.MultiHeadAttention(HEADS, 4, dtype="mixed_bfloat16"))
    mixed.set_weights(full.get_weights())
    inputs = histories()
    [expected] = ImportanceProbe(full, inputs, scores, TARGETS).run().values()
    [found] = ImportanceProbe(mixed, inputs, scores, TARGETS).run().values()
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, rel=0.1, abs=0.02 * float(expected.max()))


def test_a_model_without_keras_attention_has_none() -> None:
    inputs = keras.Input((LENGTH,), dtype="int32")
    model = keras.Model(inputs, layers.Dense(ITEMS)(layers.Embedding(ITEMS, 8)(inputs)[:, -1]))
    assert ImportanceProbe(model, histories(), scores, TARGETS).run() == {}


def test_an_output_of_another_shape_is_left_alone() -> None:
    flat = tf.ones((USERS, LENGTH, HEADS * 4))
    with tf.GradientTape() as tape:
        output, gate = gated(tape, flat)
    assert output is flat
    assert gate is None
