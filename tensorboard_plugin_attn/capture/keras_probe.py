"""The model's forward pass over the cohort, traced once with capture switched on.

One call gives attention and scores of the same weights. It runs in evaluation mode, and changes no
weight and no random state of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.capture.keras_attention import CapturedLayer, capturing

Scores = Callable[[Any, Any], Any]

_HALF_PRECISION_ERROR = 0.02  # rows that miss 1 by more were not meant to sum to 1
NOTHING_CAPTURED = (
    "AttentionCallback: the model called no Keras MultiHeadAttention or GroupQueryAttention, so "
    "there is no attention to log. If it has an attention class of its own, log its post-softmax "
    "weights with AttentionWriter.attention(...); docs/guides/keras.md shows an adapter."
)
NOTHING_CHOSEN = (
    "AttentionCallback: layers={chosen} fits no layer with attention, so there is none to log; "
    "choose from: {there}"
)


class Probe:
    """The model's forward pass over the cohort, traced once with capture switched on."""

    def __init__(
        self, model: Any, inputs: Any, layers: Sequence[str] | None, scores: Scores | None
    ) -> None:
        import tensorflow as tf

        self.model = model
        self._layers = layers
        self._names: list[str] = []
        self._all_names: list[str] = []
        self._inputs = tf.nest.map_structure(tf.convert_to_tensor, inputs)

        @tf.function(autograph=False)  # type: ignore[untyped-decorator]
        def forward(inputs: Any) -> tuple[list[Any], Any]:
            with capturing() as captured:
                scored = model(inputs, training=False) if scores is None else scores(model, inputs)
            kept = [layer for layer in captured if _wanted(layer, layers)]
            self._names[:] = unique_names([layer.name for layer in kept])
            self._all_names[:] = [layer.name for layer in captured]
            attention = [to_float32(layer.attention) for layer in kept]
            return attention, (None if scores is None else tf.cast(scored, tf.float32))

        self._forward = forward

    def run(self) -> tuple[list[tuple[str, NDArray[np.float32]]], NDArray[np.float32] | None]:
        """Return `(name, attention [user, head, query, key])` per layer, and the scores."""
        attention, scores = self._forward(self._inputs)
        arrays = [np.asarray(layer) for layer in attention]
        return (
            list(zip(self._names, arrays, strict=True)),
            None if scores is None else np.asarray(scores),
        )

    def why_nothing(self) -> str:
        """Return, after a run that found nothing, why that is and what to do."""
        if not self._all_names:
            return NOTHING_CAPTURED
        return NOTHING_CHOSEN.format(chosen=self._layers, there=", ".join(self._all_names))


def to_float32(attention: Any) -> Any:
    """Return `attention [user, head, query, key]` in float32.

    A softmax in 16 bits is rounded, and its rows miss 1: by up to 0.0023 in bfloat16 and 0.0019 in
    float16, measured on 6 to 1000 keys. Scaling them back never made the largest error of a cell
    larger (bfloat16: 0.0019 before, 0.0012 after). Rows of zeros (masked) stay.
    """
    import tensorflow as tf

    exact = tf.cast(attention, tf.float32)
    if attention.dtype not in (tf.float16, tf.bfloat16):
        return exact
    sums = tf.reduce_sum(exact, axis=-1, keepdims=True)  # [user, head, query, 1]
    near = tf.abs(sums - 1.0) < _HALF_PRECISION_ERROR
    return tf.where(near, exact / tf.where(near, sums, 1.0), exact)


def _wanted(layer: CapturedLayer, layers: Sequence[str] | None) -> bool:
    return layer.attention is not None and (
        layers is None or any(part in layer.name for part in layers)
    )


def unique_names(names: list[str]) -> list[str]:
    """Return `names`, those that stand there before numbered: a layer may be called twice."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return unique
