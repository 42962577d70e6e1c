"""FeatureAttention: a candidate item attends over history, attributes and social neighbours.

Target attention as in DIN (Zhou et al., arXiv 1706.06978), with fields and social neighbours among
the keys, so that one row of attention says how much each named feature counts for one candidate. It
makes no features: what a field's codes mean is said by `training/preprocessing/features.py`, and
which keys there are by `feature_spec.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from tensorboard_plugin_attn.capture.keras import note_attention
from training.config import LossConfig, ModelConfig
from training.models.feature_spec import FeatureSpec, key_names, user_inputs
from training.models.sequence import normal
from training.models.target_attention import TargetAttention
from training.objective import Objective
from training.preprocessing.sequences import PADDING

__all__ = ["FeatureAttention", "FeatureSpec", "key_names", "user_inputs"]

Inputs = Mapping[str, Any]
_CHUNK = 512  # candidates scored at a time, when all are
_VECTORS = ("user_numbers", "said", "item_text", "item_numbers")  # fields of the spec


@keras.saving.register_keras_serializable("attn_training")
class FeatureAttention(keras.Model):  # type: ignore[misc]
    """Scores candidates by z = sum_i a_i v_i over features, and says a.

    Inputs are a dict of int32 arrays: `history [batch, position]` (left-padded), and, as far as the
    spec has them, `candidate [batch, candidate]`, a code `[batch]` for each user field by its name,
    `neighbours [batch, n]` (0: nobody), and float32 `user_numbers [batch, number]` and
    `said [batch, channel]`. Only `history` must be there: no code is code 0, no vector is zeros,
    and without candidates all items are.

    Two pictures are handed over: `target_attention`, every key by itself, and `by_feature`, the
    same with the history as one key.

    Args:
      item_count: number of items, padding (0) included.
      config: the model's shape; `similarity` and `scoring` choose variants.
      loss: what is minimised over the candidates, of which the first is the target.
      spec: the features.
      item_codes: code of each item in each of the spec's item fields, `[item]`, and `item_text`
        and `item_numbers`, `[item, channel]`, as far as the spec has them; zeros if they are to be
        loaded.
    """

    def __init__(
        self,
        item_count: int,
        config: ModelConfig,
        loss: LossConfig | None = None,
        spec: FeatureSpec | None = None,
        item_codes: Mapping[str, np.ndarray] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.item_count, self.config = item_count, config
        self.spec = spec = spec or FeatureSpec()
        self.objective = Objective(loss or LossConfig("sampled_softmax"), item_count)
        size = config.dimension
        self.items = self._embedding(item_count, "items")
        self.positions = self._embedding(config.history_length, "positions")
        self.field_tables = [
            self._embedding(count, f"field_{number}")
            for number, count in enumerate([*spec.user_fields.values(), *spec.item_fields.values()])
        ]
        self.people = self._embedding(spec.people, "people") if spec.neighbours else None
        self.vectors = {  # layers that make a key of each vector
            name: layers.Dense(size, kernel_initializer=normal(), name=name)
            for name in _VECTORS
            if getattr(spec, name)
        }
        self.attention = TargetAttention(
            config.heads,
            size,
            similarity=config.similarity,
            dropout=config.dropout,
            name="target_attention",
        )
        if config.scoring == "mlp":
            self.hidden = layers.Dense(size, activation="gelu", name="hidden")
            self.score = layers.Dense(1, name="score")
        self.dropout = layers.Dropout(config.dropout)
        self._given_codes = item_codes or {}

    def _embedding(self, count: int, name: str) -> Any:
        size = self.config.dimension
        return layers.Embedding(count, size, embeddings_initializer=normal(), name=name)

    @property
    def key_names(self) -> list[str]:
        """Return what each key of the attention is, in order."""
        return key_names(self.config.history_length, self.spec)

    def build(self, _: Any = None) -> None:
        """Make the weights; their shapes are the configuration's."""
        size = self.config.dimension
        for layer in (self.items, self.positions, self.people, *self.field_tables):
            if layer is not None:
                layer.build(None)
        for name, layer in self.vectors.items():
            layer.build((None, _width(getattr(self.spec, name))))
        self.attention.build((None, None, size))
        if self.config.scoring == "mlp":
            self.hidden.build((None, 3 * size))
            self.score.build((None, size))
        self.item_codes = self.add_weight(  # [item, field]
            shape=(self.item_count, max(1, len(self.spec.item_fields))),
            initializer="zeros",
            dtype="int32",
            trainable=False,
            name="item_codes",
        )
        if self._given_codes:
            columns = [self._given_codes[name] for name in self.spec.item_fields]
            if columns:
                self.item_codes.assign(np.stack(columns, axis=1).astype(np.int32))
        self.item_vectors = {  # [item, channel] each
            name: self._item_vectors(name)
            for name in ("item_text", "item_numbers")
            if name in self.vectors
        }

    def _item_vectors(self, name: str) -> Any:
        """Return what is known of every item as vectors, a weight that is not trained."""
        table = self.add_weight(
            shape=(self.item_count, _width(getattr(self.spec, name))),
            initializer="zeros",
            trainable=False,
            name=f"{name}_table",
        )
        if name in self._given_codes:
            table.assign(self._given_codes[name])
        return table

    def call(self, inputs: Inputs, log_weight: Any = None, training: bool | None = None) -> Any:
        """Return the candidates' scores (logits), float32 `[batch, candidate]`.

        Args:
          inputs: see the class.
          log_weight: `[batch, key]` in the order of `key_names`, or see `ReweightedAttention`.
          training: whether to drop out.
        """
        scores, _, attention = self.explain(inputs, log_weight, training)
        note_attention(f"{self.name}/by_feature", self._history_as_one(attention))
        note_attention(self.attention, attention)
        return scores

    def _history_as_one(self, attention: Any) -> Any:
        """Return `attention [..., key]` with the sum over the history in place of its keys."""
        length = self.config.history_length
        history = ops.sum(attention[..., :length], axis=-1, keepdims=True)
        return ops.concatenate([history, attention[..., length:]], axis=-1)

    def explain(
        self, inputs: Inputs, log_weight: Any = None, training: bool | None = None
    ) -> tuple[Any, Any, Any]:
        """Return scores `[batch, candidate]`, z `[batch, candidate, dimension]` and attention.

        The attention is `[batch, head, candidate, key]`; a feature's is its mean over heads.
        """
        shared, mask = self._shared_keys(inputs, training)
        return self._score(self._candidates(inputs), shared, mask, log_weight, training)

    def item_scores(self, inputs: Inputs, log_weight: Any = None) -> Any:
        """Return the scores of every item, `[batch, item]`."""
        shared, mask = self._shared_keys(inputs, training=False)
        found = []
        for first in range(0, self.item_count, _CHUNK):
            items = ops.arange(first, min(first + _CHUNK, self.item_count))[None]
            candidates = ops.broadcast_to(items, (ops.shape(shared)[0], items.shape[1]))
            found.append(self._score(candidates, shared, mask, log_weight, training=False)[0])
        return ops.concatenate(found, axis=1)

    def _candidates(self, inputs: Inputs) -> Any:
        if "candidate" in inputs:
            return ops.convert_to_tensor(inputs["candidate"])
        rows = ops.shape(inputs["history"])[0]
        return ops.broadcast_to(ops.arange(self.item_count)[None], (rows, self.item_count))

    def _shared_keys(self, inputs: Inputs, training: bool | None) -> tuple[Any, Any]:
        """Return keys that all candidates share `[batch, key, dimension]`, and which are real."""
        history = ops.convert_to_tensor(inputs["history"])
        rows = ops.shape(history)[0]
        nothing = ops.zeros((rows,), "int32")
        keys = [self.items(history) + self.positions(ops.arange(history.shape[1]))[None]]
        masks = [ops.not_equal(history, PADDING)]
        for name, table in zip(self.spec.user_fields, self.field_tables, strict=False):
            keys.append(table(inputs.get(name, nothing))[:, None])
            masks.append(ops.ones((rows, 1), "bool"))
        for name in ("user_numbers", "said"):
            if name in self.vectors:
                width = _width(getattr(self.spec, name))
                given = ops.convert_to_tensor(inputs.get(name, ops.zeros((rows, width))))
                keys.append(self.vectors[name](given)[:, None])
                masks.append(ops.ones((rows, 1), "bool"))
        if self.people is not None:
            nobody = ops.zeros((rows, self.spec.neighbours), "int32")
            neighbours = ops.convert_to_tensor(inputs.get("neighbours", nobody))
            keys.append(self.people(neighbours))
            masks.append(ops.not_equal(neighbours, 0))
        shared = self.dropout(ops.concatenate(keys, axis=1), training=training)
        return shared, ops.concatenate(masks, axis=1)

    def _own_keys(self, candidates: Any) -> Any:
        """Return what is the candidates' own, `[batch, candidate, key, dimension]`."""
        if not self.spec.own_keys:
            size = self.config.dimension
            return ops.zeros((*ops.shape(candidates), 0, size), self.compute_dtype)
        tables = self.field_tables[len(self.spec.user_fields) :]
        codes = ops.take(ops.convert_to_tensor(self.item_codes), candidates, axis=0)
        keys = [table(codes[..., n]) for n, table in enumerate(tables)]
        for name, vectors in self.item_vectors.items():
            of_all = self.vectors[name](vectors)  # [item, dimension]: less than for each candidate
            keys.append(ops.take(of_all, candidates, axis=0))
        return ops.stack(keys, axis=2)

    def _score(
        self, candidates: Any, shared: Any, mask: Any, log_weight: Any, training: bool | None
    ) -> tuple[Any, Any, Any]:
        asked = self.items(candidates)  # [batch, candidate, dimension]
        own = self._own_keys(candidates)
        z, attention = self.attention(asked, shared, own, mask, log_weight, training=training)
        score = ops.sum(z * asked, axis=-1)
        if self.config.scoring == "mlp":
            joined = ops.concatenate([z, asked, z * asked], axis=-1)
            score = score + self.score(self.hidden(joined))[..., 0]
        return ops.cast(score, "float32"), z, attention

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the mean loss of `y_pred [batch, candidate]`, of which the first is the target."""
        return self.objective.of_candidates(y_pred, x["candidate"])

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` makes the same model of, weights and item codes aside."""
        return {
            "item_count": self.item_count,
            "config": asdict(self.config),
            "loss": asdict(self.objective.config),
            "spec": asdict(self.spec),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> FeatureAttention:
        """Return the model `get_config` described."""
        config = dict(config)
        return cls(
            config.pop("item_count"),
            ModelConfig(**config.pop("config")),
            LossConfig(**config.pop("loss")),
            FeatureSpec(**config.pop("spec")),
            **config,
        )


def _width(shape: int | tuple[str, ...]) -> int:
    """Return the length of a vector that the spec gives as a length, or by its numbers' names."""
    return shape if isinstance(shape, int) else len(shape)
