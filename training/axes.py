"""What stands along the axes of a model's attention, in the words of its domain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tensorboard_plugin_attn import Cohort
from tensorboard_plugin_attn.capture.keras import CapturedArray
from training.config import ModelConfig
from training.datasets.domain import PLAIN, Words
from training.models.feature_spec import FeatureSpec, feature_names
from training.preprocessing.sequences import PADDING

MASK = "(next item)"  # the label of BERT4Rec's mask

Describe = Callable[[CapturedArray], CapturedArray]


def description(
    config: ModelConfig,
    cohort: Cohort,
    item_ids: Sequence[str],
    spec: FeatureSpec | None,
    words: Words = PLAIN,
) -> Describe | None:
    """Return what tells the callback what queries and keys of a model are; `None` for SASRec.

    Args:
      config: of the model.
      cohort: whose inputs.
      item_ids: id of each item number.
      spec: features, of FeatureAttention.
      words: what the domain calls items, users and fields.
    """
    if config.architecture == "bert4rec":
        # The model's inputs, less the oldest place, and the mask it appends.
        rows = [[*_labels(row, item_ids)[1:], MASK] for row in cohort.inputs]
        return lambda layer: replace(
            layer, query_axis="sequence", key_axis="sequence", queries=rows, keys=rows, causal=False
        )
    if config.architecture == "feature_attention":
        return _Features(config, cohort, item_ids, spec or FeatureSpec(), words)
    return None


@dataclass(frozen=True, eq=False)
class _Features:
    """Describes FeatureAttention's two pictures, of candidates over every key and by feature."""

    config: ModelConfig
    cohort: Cohort
    item_ids: Sequence[str]
    spec: FeatureSpec
    words: Words

    def __call__(self, layer: CapturedArray) -> CapturedArray:
        """Return `layer` with its axes named."""
        by_feature = layer.name.endswith("by_feature")
        inputs = self.cohort.inputs
        first = [
            [f"{self.words.interaction} history"] if by_feature else _labels(row, self.item_ids)
            for row in inputs["history"]
        ]
        features = self._names()
        return replace(
            layer,
            kind="field" if by_feature else "target",
            query_axis="candidate" if self.words is PLAIN else f"candidate {self.words.item}",
            key_axis="feature" if by_feature else "history and features",
            queries=[_labels(row, self.item_ids) for row in inputs["candidate"]],
            keys=[[*before, *names] for before, names in zip(first, features, strict=True)],
            causal=False,
            similarity=self.config.similarity,
        )

    def _names(self) -> list[list[str | None]]:
        """Return a name for each feature, by user: of fields, not of values; `None` for nobody."""
        names = feature_names(self.spec, self.words)
        first = self.spec.shared_keys - self.spec.neighbours
        found = []
        for row in range(len(self.cohort.users)):
            known: list[str | None] = list(names)
            for number in range(self.spec.neighbours):
                if self.cohort.inputs["neighbours"][row, number] == 0:
                    known[first + number] = None
            found.append(known)
        return found


def _labels(items: np.ndarray, item_ids: Sequence[str]) -> list[str | None]:
    return [None if item == PADDING else item_ids[item] for item in items]
