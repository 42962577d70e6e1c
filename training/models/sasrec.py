"""SASRec (Kang & McAuley, 2018): causal self-attention over a user's history.

On `keras.layers.MultiHeadAttention`, pre-norm, trained with full softmax cross-entropy over tied
item embeddings (one sampled negative, as in the paper, is clearly worse: docs/decisions).
"""

from __future__ import annotations

from typing import Any

import keras

from training.config import LossConfig, ModelConfig
from training.models.sequence import SequenceModel


@keras.saving.register_keras_serializable("attn_training")
class SASRec(SequenceModel):
    """Predicts, at every position, the item that comes next.

    Args:
      item_count: number of items, padding (0) included.
      config: the model's shape.
      loss: what is minimised; by default full softmax.
    """

    def __init__(
        self, item_count: int, config: ModelConfig, loss: LossConfig | None = None, **kwargs: Any
    ) -> None:
        super().__init__(item_count, config, loss, causal=True, **kwargs)
