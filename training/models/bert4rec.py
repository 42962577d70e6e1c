"""BERT4Rec (Sun et al., 2019, arXiv 1904.06690): attention both ways, trained to fill in masks.

What comes next is what belongs at a mask appended to the history; if the history is full, its
oldest item makes room.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from training.config import LossConfig, ModelConfig
from training.models.sequence import SequenceModel


@keras.saving.register_keras_serializable("attn_training")
class BERT4Rec(SequenceModel):
    """Predicts the items under masks.

    Args:
      item_count: number of items, padding (0) included. The mask is the token after them.
      config: the model's shape.
      loss: what is minimised; by default full softmax.
    """

    def __init__(
        self, item_count: int, config: ModelConfig, loss: LossConfig | None = None, **kwargs: Any
    ) -> None:
        super().__init__(item_count, config, loss, tokens=1, causal=False, **kwargs)

    @property
    def mask_token(self) -> int:
        """Return the token that stands for an item to be predicted."""
        return self.item_count

    def item_scores(self, items: Any, log_weight: Any = None) -> Any:
        """Return `[user, item]`: how well each item would stand at a mask after the history.

        Args:
          items: histories, left-padded, `[user, position]`.
          log_weight: of the histories' positions, see `ReweightedAttention`; the mask has weight 1.
        """
        items = ops.convert_to_tensor(items)
        masks = ops.full_like(items[:, :1], self.mask_token)
        asked = ops.concatenate([items[:, 1:], masks], axis=1)
        if log_weight is not None:
            log_weight = ops.convert_to_tensor(log_weight)
            last = ops.zeros_like(log_weight[..., :1])
            log_weight = ops.concatenate([log_weight[..., 1:], last], axis=-1)
        return super().item_scores(asked, log_weight)
