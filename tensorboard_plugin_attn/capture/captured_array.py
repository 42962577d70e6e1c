"""What every framework's capture hands to the `Recorder`: one layer's attention and what it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CapturedArray:
    """Post-softmax attention of one layer, for all users of the cohort.

    Attributes:
      name: the layer's path in the model, such as `sasrec/block_0/attention`.
      attention: `[user, head, query, key]`, each row summing to 1.
      causal: whether no query attends to a later key; `None`: to be found out from the data.
      kind: `"self"`, `"cross"`, `"target"` or `"field"`.
      query_axis: name of the catalogue axis the queries are.
      key_axis: name of the catalogue axis the keys are.
      similarity: `"scaled_dot_product"` or `"bilinear"`.
      dropout_stage: `"before_dropout"` or `"after_dropout"`.
      mode: whether the model ran in `"evaluation"` or `"training"` mode.
      head_names: names of heads, if they have any.
    """

    name: str
    attention: NDArray[np.float32]
    causal: bool | None = None
    kind: str = "self"
    query_axis: str = "history"
    key_axis: str = "history"
    similarity: str = "scaled_dot_product"
    dropout_stage: str = "before_dropout"
    mode: str = "evaluation"
    head_names: tuple[str, ...] = ()
