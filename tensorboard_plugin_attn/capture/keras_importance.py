"""Which heads the target's score rests on: gradients of gates of ones on the heads of a model.

Every head's output is multiplied by a gate of 1 before the output projection, which changes
nothing; as that output is linear in the attention, the gradient with respect to the gate is
sum(attention x d score / d attention): what switching the head off changes, to first order. Its
absolute value is the importance of Michel, Levy & Neubig, "Are Sixteen Heads Really Better than
One?" (NeurIPS 2019), with the target's score in place of the loss. Nothing of Keras is relied on
but what `keras_attention` relies on. It takes no gradient of a weight and changes none.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.capture.captured_array import CapturedArray
from tensorboard_plugin_attn.capture.keras_attention import capturing
from tensorboard_plugin_attn.capture.keras_probe import Scores, of_this_graph, unique_names

logger = logging.getLogger("tensorboard_plugin_attn")

Floats = NDArray[np.float32]


class Importance:
    """Adds importance to what was captured; where that cannot be found, it is left out.

    Arguments are those of `ImportanceProbe`.
    """

    def __init__(
        self, model: Any, inputs: Any, scores: Scores, targets: Sequence[int | None]
    ) -> None:
        self._arguments = model, inputs, scores, targets
        self._probe: ImportanceProbe | None = None
        self._failed = False

    def added_to(self, captured: Sequence[CapturedArray]) -> list[CapturedArray]:
        """Return `captured` with importance, once and for all without if that failed."""
        if self._failed:
            return list(captured)
        try:
            self._probe = self._probe or ImportanceProbe(*self._arguments)
            found = self._probe.run()
        except Exception as error:  # a part without a gradient, say: attention is worth the same
            self._failed = True
            logger.warning("no importance of heads, attention is logged without: %s", error)
            return list(captured)
        return [replace(layer, importance=found.get(layer.name)) for layer in captured]


class ImportanceProbe:
    """The cohort's forward pass with gates, and its gradient, traced once.

    Users are taken as independent of each other, which they are in evaluation mode.

    Args:
      model: a Keras model.
      inputs: what it is called with for the cohort.
      scores: `scores(model, inputs) -> [user, item]`.
      targets: column of each user's target; `None` for a user who has none.
    """

    def __init__(
        self, model: Any, inputs: Any, scores: Scores, targets: Sequence[int | None]
    ) -> None:
        import tensorflow as tf

        has_target = np.array([target is not None for target in targets], bool)
        columns = tf.constant([target or 0 for target in targets], tf.int32)
        self._has_target = has_target
        self._names: list[str] = []
        self._inputs = tf.nest.map_structure(tf.convert_to_tensor, inputs)

        @tf.function(autograph=False)  # type: ignore[untyped-decorator]
        def gradients(inputs: Any) -> list[Any]:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                with capturing(lambda output, _: gated(tape, output)) as found:
                    scored = tf.cast(scores(model, inputs), tf.float32)  # [user, item]
                chosen = tf.gather(scored, columns, batch_dims=1)  # [user]
                total = tf.reduce_sum(tf.where(has_target, chosen, 0.0))
            seen = of_this_graph(found)
            names = unique_names([layer.name for layer in seen])
            usable = [
                (name, layer.gate)
                for name, layer in zip(names, seen, strict=True)
                if layer.gate is not None
            ]
            self._names[:] = [name for name, _ in usable]
            gates = [gate for _, gate in usable]
            return list(tape.gradient(total, gates, unconnected_gradients="zero"))

        self._gradients = gradients

    def run(self) -> dict[str, Floats]:
        """Return importance `[user, head]` by layer, in units of the score; NaN without target."""
        taken = [np.abs(np.asarray(gradient)) for gradient in self._gradients(self._inputs)]
        users = self._has_target[:, None]
        return {
            name: np.where(users, importance, np.float32(np.nan))
            for name, importance in zip(self._names, taken, strict=True)
            if len(importance) == len(users)  # else the model's batch is not the cohort
        }


def gated(tape: Any, output: Any) -> tuple[Any, Any]:
    """Return `output [user, query, head, feature]` times a gate of ones, and the gate.

    Multiplied in float32, so that a gradient in 16 bits is not summed up in 16 bits. What has
    another shape (an attention class of somebody's own) is left alone and has no gate.
    """
    import tensorflow as tf

    if output.shape.rank != 4 or output.shape[2] is None:
        return output, None
    gate = tf.ones([tf.shape(output)[0], output.shape[2]])  # [user, head]
    tape.watch(gate)
    product = tf.cast(output, tf.float32) * gate[:, None, :, None]
    return tf.cast(product, output.dtype), gate
