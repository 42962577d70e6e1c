"""The model's forward pass over the cohort, traced once with capture switched on.

One call gives attention and scores of the same weights. It runs in evaluation mode, and changes no
weight and no random state of the model.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.capture.captured_array import CapturedArray
from tensorboard_plugin_attn.capture.keras_attention import CapturedLayer, capturing
from tensorboard_plugin_attn.capture.selection import Selection

logger = logging.getLogger("tensorboard_plugin_attn")

Scores = Callable[[Any, Any], Any]

_HALF_PRECISION_ERROR = 0.02  # rows that miss 1 by more were not meant to sum to 1
NOTHING_CAPTURED = (
    "AttentionCallback: the model called no Keras MultiHeadAttention or GroupQueryAttention (nor a "
    "subclass that leaves _compute_attention in place), so there is no attention to log. {looked} "
    "Call note_attention(self, weights) in it, or make its post-softmax attention an output and "
    "hand it to AttentionWriter.attention(...): docs/guides/keras.md shows both."
)


class Probe:
    """The model's forward pass over the cohort, traced once with capture switched on.

    Args:
      model: called with `inputs`, in evaluation mode.
      inputs: of the cohort, one row per user.
      selection: which layers are kept.
      scores: called instead of the model, if given; its result is computed only where asked for.
    """

    def __init__(
        self, model: Any, inputs: Any, selection: Selection, scores: Scores | None
    ) -> None:
        import tensorflow as tf

        self.model = model
        self._names: list[str] | None = None
        self._inputs = tf.nest.map_structure(tf.convert_to_tensor, inputs)

        @tf.function(autograph=False)  # type: ignore[untyped-decorator]
        def forward(inputs: Any, with_scores: bool) -> tuple[list[Any], Any]:
            with capturing() as captured:
                scored = model(inputs, training=False) if scores is None else scores(model, inputs)
            seen = of_this_graph(captured)
            names = unique_names([layer.name for layer in seen])
            kept = [named for named in zip(names, seen, strict=True) if selection.wants(named[0])]
            if not seen and self._names is None:
                logger.warning("%s", why_nothing(model))
            self._names = [name for name, _ in kept]
            attention = [to_float32(layer.attention) for _, layer in kept]
            # What is not returned is not computed: TensorFlow prunes it from the graph.
            return attention, (tf.cast(scored, tf.float32) if with_scores else None)

        self._forward = forward
        if scores is not None:  # both graphs are made in the first step, which may be slow
            forward(self._inputs, with_scores=False)

    def run(self, *, with_scores: bool) -> tuple[list[CapturedArray], NDArray[np.float32] | None]:
        """Return each layer's attention, and the scores `[user, item]` if asked for."""
        attention, scores = self._forward(self._inputs, with_scores=with_scores)
        named = zip(self._names or (), attention, strict=True)
        return (
            [CapturedArray(name, np.asarray(layer)) for name, layer in named],
            None if scores is None else np.asarray(scores),
        )


def why_nothing(model: Any) -> str:
    """Return why nothing of `model` was captured, and what to do."""
    layers: list[Any] = model._flatten_layers() if hasattr(model, "_flatten_layers") else []
    looking = sorted({type(layer).__name__ for layer in layers if _looks_like(layer)})
    if not looking:
        return NOTHING_CAPTURED.format(looked="No layer's class is called attention either.")
    return NOTHING_CAPTURED.format(
        looked=f"These look like attention, but are classes of their own: {', '.join(looking)}."
    )


def _looks_like(layer: Any) -> bool:
    return "attention" in type(layer).__name__.lower()


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


def of_this_graph(captured: Sequence[CapturedLayer]) -> list[CapturedLayer]:
    """Return the layers with attention in the graph that is being made.

    A layer that is built in this trace was also called in a graph that is gone.
    """
    import tensorflow as tf

    here = tf.compat.v1.get_default_graph()
    return [layer for layer in captured if getattr(layer.attention, "graph", None) is here]


def unique_names(names: list[str]) -> list[str]:
    """Return `names`, those that stand there before numbered: a layer may be called twice."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return unique


def check_rows(inputs: Any, users: int) -> None:
    """Refuse inputs that cannot be aligned with the cohort.

    Raises:
      ValueError: no array in `inputs` has a row for each user.
    """
    arrays = keras.tree.flatten(inputs)
    shapes: list[tuple[int, ...]] = [tuple(getattr(array, "shape", ())) for array in arrays]
    rows = sorted({int(shape[0]) for shape in shapes if shape})
    if users not in rows:
        raise ValueError(
            f"inputs with {' or '.join(map(str, rows)) or 'no'} rows for a cohort of {users} "
            "users: give arrays with one row per user, in the users' order"
        )
