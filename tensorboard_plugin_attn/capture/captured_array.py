"""What every framework's capture hands to the `Recorder`: one layer's attention and what it is."""

from __future__ import annotations

from collections.abc import Sequence
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
      importance: `[user, head]`, if gradients were taken: what switching a head off would change in
        the score of the user's target, to first order. NaN for a user without a target.
      queries: what the queries are, if not the users' own histories: labels that all users share,
        or one list per user. A label of `None` is padding: the place is not logged.
      keys: what the keys are, likewise.
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
    importance: NDArray[np.float32] | None = None
    queries: Sequence[object] | None = None
    keys: Sequence[object] | None = None

    def without_padding(
        self,
    ) -> tuple[
        NDArray[np.float32] | list[NDArray[np.float32]],
        Sequence[object] | None,
        Sequence[object] | None,
    ]:
        """Return each user's attention, queries and keys, less the places labelled `None`."""
        if not (_has_padding(self.queries) or _has_padding(self.keys)):
            return self.attention, self.queries, self.keys
        users, _, queries, keys = self.attention.shape
        query_labels = _per_user(self.queries, users, queries)
        key_labels = _per_user(self.keys, users, keys)
        cut = [
            user[:, _real(rows)][:, :, _real(columns)]
            for user, rows, columns in zip(self.attention, query_labels, key_labels, strict=True)
        ]
        return (
            cut,
            None if self.queries is None else [_labels(rows) for rows in query_labels],
            None if self.keys is None else [_labels(columns) for columns in key_labels],
        )


def _is_list(labels: object) -> bool:
    return isinstance(labels, Sequence) and not isinstance(labels, (str, bytes))


def _has_padding(labels: Sequence[object] | None) -> bool:
    return labels is not None and any(
        one is None or (_is_list(one) and None in one)  # type: ignore[operator]
        for one in labels
    )


def _per_user(labels: Sequence[object] | None, users: int, extent: int) -> list[Sequence[object]]:
    """Return each user's labels, as long as the axis; places without labels count as real."""
    if labels is None:
        return [range(extent)] * users
    if not any(_is_list(one) for one in labels):
        return [labels] * users
    return [one if _is_list(one) else range(extent) for one in labels]  # type: ignore[misc]


def _real(labels: Sequence[object]) -> list[int]:
    return [place for place, label in enumerate(labels) if label is not None]


def _labels(labels: Sequence[object]) -> list[object]:
    return [label for label in labels if label is not None]
