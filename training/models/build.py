"""A model from its configuration, or from the directory of the run that trained it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from training.config import LossConfig, ModelConfig
from training.models.bert4rec import BERT4Rec
from training.models.feature_attention import FeatureAttention, FeatureSpec
from training.models.sasrec import SASRec
from training.run_directory import RunDirectory


def build(
    item_count: int,
    config: ModelConfig,
    loss: LossConfig | None = None,
    *,
    spec: FeatureSpec | None = None,
    item_codes: Mapping[str, np.ndarray] | None = None,
) -> Any:
    """Return a model with fresh weights.

    Args:
      item_count: number of items, padding (0) included.
      config: `architecture` says which model.
      loss: what it minimises.
      spec: features of FeatureAttention.
      item_codes: codes of the items, see `FeatureAttention`.
    """
    if config.architecture == "feature_attention":
        model: Any = FeatureAttention(
            item_count, config, loss, spec, item_codes, name="feature_attention"
        )
    else:
        kind = BERT4Rec if config.architecture == "bert4rec" else SASRec
        model = kind(item_count, config, loss, name=config.architecture)
    model.build()
    return model


def rebuild(run: Path) -> Any:
    """Return the model of a run directory, with its best weights.

    Raises:
      ValueError: `run` is no run directory, or has no checkpoint.
    """
    directory = RunDirectory(run)
    config, item_count, spec = directory.description()
    model = build(item_count, config.model, config.loss, spec=spec)
    directory.load(model, best=True)
    return model
