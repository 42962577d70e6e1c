"""The capture of Keras models, case by case: `python keras_capture.py` prints rows of the table."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from tensorboard_plugin_attn import Cohort, User
from tensorboard_plugin_attn.capture.keras import AttentionCallback
from tensorboard_plugin_attn.capture.keras_probe import Probe
from tensorboard_plugin_attn.capture.selection import Selection

REQUIREMENTS = ["keras==3.12.*", "keras==3.13.*", "keras==3.14.*", "keras==3.15.*"]

USERS, LENGTH, WIDTH, ITEMS, HEADS = 3, 6, 8, 11, 2
FLOAT32 = 1e-5

INPUTS = np.random.default_rng(0).integers(1, ITEMS, (USERS, LENGTH)).astype(np.int32)
INPUTS[1, :3] = 0  # padding
REAL = INPUTS > 0  # [user, position]; a query whose keys are all masked attends to nothing

Model = Callable[[], Any]


class OwnAttention(layers.MultiHeadAttention):
    """A subclass with a forward pass of its own around Keras' attention."""

    def call(self, query: Any, value: Any, key: Any = None, **kwargs: Any) -> Any:
        return query + super().call(query, value, key, **kwargs)


class Subclassed(keras.Model):
    """A model that is not functional, with a loop over its layers."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = layers.Embedding(ITEMS, WIDTH, mask_zero=True)
        self.blocks = [OwnAttention(HEADS, 4, name=f"block_{number}") for number in range(2)]

    def call(self, items: Any) -> Any:
        x = self.embedding(items)
        for block in self.blocks:
            x = block(x, x, use_causal_mask=True)
        return x


def functional(layer: Model, *, mask_zero: bool = False, **call: Any) -> Any:
    """Return a model with one attention layer."""
    inputs = keras.Input((LENGTH,), dtype="int32")
    x = layers.Embedding(ITEMS, WIDTH, mask_zero=mask_zero)(inputs)
    x = x + layer()(x, x, **call)
    return keras.Model(inputs, layers.Dense(ITEMS)(x[:, -1]))


def attention() -> Any:
    """Return Keras' own layer."""
    return layers.MultiHeadAttention(HEADS, 4, name="attend")


def nested() -> Any:
    """Return a model inside a model."""
    inputs = keras.Input((LENGTH,), dtype="int32")
    inner = functional(attention, mask_zero=True)
    return keras.Model(inputs, layers.Dense(2)(inner(inputs)))


def called_twice() -> Any:
    """Return a model whose one attention layer is used at two places."""
    inputs = keras.Input((LENGTH,), dtype="int32")
    x = layers.Embedding(ITEMS, WIDTH)(inputs)
    attend = attention()
    return keras.Model(inputs, attend(attend(x, x), x))


CASES: dict[str, Model] = {
    "functional model": lambda: functional(attention),
    "padding masked (`mask_zero`)": lambda: functional(attention, mask_zero=True),
    "`use_causal_mask=True`": lambda: functional(attention, use_causal_mask=True),
    "`attention_mask`": lambda: functional(
        attention, attention_mask=np.tri(LENGTH, dtype=bool)[None]
    ),
    "`GroupQueryAttention`": lambda: functional(
        lambda: layers.GroupQueryAttention(4, 4, 2, name="attend")
    ),
    "subclass of `MultiHeadAttention`, subclassed model": Subclassed,
    "model in a model": nested,
    "one layer called twice": called_twice,
    "with dropout": lambda: functional(
        lambda: layers.MultiHeadAttention(HEADS, 4, dropout=0.5, name="attend")
    ),
}


def row(case: str, model: Any, plain: Any, allowed: float = FLOAT32) -> dict[str, Any]:
    """Capture `model`'s attention and compare its output with `plain`."""
    probe = Probe(model, INPUTS, Selection(), lambda model, inputs: model(inputs, training=False))
    found, output = probe.run(with_scores=True)
    sums = [layer.attention.sum(axis=-1, dtype=np.float64) for layer in found]
    errors = [float(np.abs(each - 1).transpose(0, 2, 1)[REAL].max()) for each in sums]
    assert output is not None
    return {
        "framework": "Keras",
        "version": ".".join(keras.__version__.split(".")[:2]),
        "case": case,
        "captured": {layer.name: list(layer.attention.shape) for layer in found},
        "row_sum_error": max(errors, default=None),
        "output_difference": float(np.abs(output - np.asarray(plain, np.float32)).max()),
        "allowed": allowed,
    }


def plain_output(model: Any) -> Any:
    """Return what the model gives when nobody watches."""
    return keras.ops.cast(model(INPUTS, training=False), "float32")


def mixed_precision(policy: str) -> dict[str, Any]:
    """Capture a model of 16-bit activations."""
    keras.config.set_dtype_policy(policy)
    try:
        model = functional(attention, use_causal_mask=True)
    finally:
        keras.config.set_dtype_policy("float32")
    return row(f"`{policy}`", model, plain_output(model))


def flash_attention() -> dict[str, Any]:
    """Capture a model built with flash attention on, which TensorFlow itself cannot run."""
    keras.config.enable_flash_attention()
    try:
        fused = functional(attention)
    finally:
        keras.config.disable_flash_attention()
    model = functional(attention)
    model.set_weights(fused.get_weights())
    return row("flash attention enabled globally", fused, plain_output(model))


def fitted() -> dict[str, Any]:
    """Compare the weights after `fit` with and without the callback; no difference is allowed."""
    weights = []
    for watched in (False, True):
        keras.utils.set_random_seed(1)
        model = CASES["with dropout"]()
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        random = np.random.default_rng(0)
        x, y = random.integers(1, ITEMS, (16, LENGTH)), random.integers(0, ITEMS, 16)
        with tempfile.TemporaryDirectory() as logdir:
            cohort = Cohort([User(str(number)) for number in range(USERS)], inputs=INPUTS)
            callback = AttentionCallback(logdir, cohort=cohort, max_overhead=None)
            callbacks = [callback] if watched else []
            model.fit(x, y, batch_size=4, verbose=0, callbacks=callbacks)
            status = callback.status()
            callback.writer.close()
        assert status.written == status.offered == (4 if watched else 0), status
        weights.append(np.concatenate([array.ravel() for array in model.get_weights()]))
    case = "`compile` and `fit` with the callback: weights afterwards"
    difference = float(np.abs(weights[0] - weights[1]).max())
    return {**row(case, model, plain_output(model), 0.0), "output_difference": difference}


def main() -> None:
    """Print the rows."""
    keras.utils.set_random_seed(0)
    for case, make in CASES.items():
        model = make()
        print(json.dumps(row(case, model, plain_output(model))), flush=True)
    for made in (
        mixed_precision("mixed_bfloat16"),
        mixed_precision("mixed_float16"),
        flash_attention(),
        fitted(),
    ):
        print(json.dumps(made), flush=True)


if __name__ == "__main__":
    main()
