"""The two data sets quality is stated on, and the protocol and bar of each.

MovieLens may not be redistributed: it is read from RecBole's atomic files, wherever the user has
them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from training.config import FitConfig, LoggingConfig, ModelConfig, RunConfig
from training.datasets import ecommerce, movies
from training.preprocessing.interactions import Interactions, read_online_retail
from training.preprocessing.tables import TableError
from training.scenarios.table import ECOMMERCE as SCENARIO


@dataclass(frozen=True)
class QualityTask:
    """A data set with what a model must reach on its test items, seen items removed.

    Attributes:
      name: of the data.
      bars: the least value by metric.
      config: how the model is trained.
    """

    name: str
    bars: dict[str, float]
    config: RunConfig


MOVIES = QualityTask(
    "ml-100k",
    {"HR@10": 0.205, "NDCG@10": 0.105},
    RunConfig(
        model=ModelConfig(history_length=50, dimension=64, heads=2, layers=2, dropout=0.3),
        fit=FitConfig(epochs=90, batch_size=64, learning_rate=1e-3, patience=25),
        logging=LoggingConfig(every_steps=50),
    ),
)
ECOMMERCE = QualityTask(
    "Online Retail II",
    {"HR@10": 0.30, "NDCG@10": 0.21},
    replace(
        SCENARIO.defaults.config,
        model=replace(SCENARIO.defaults.config.model, heads=2),
        fit=replace(SCENARIO.defaults.config.fit, epochs=40, patience=6),
        logging=LoggingConfig(every_steps=50),
    ),
)


def read_ecommerce() -> Interactions:
    """Return the packed data of the e-commerce scenario."""
    return read_online_retail(ecommerce.PACKED)


def read_movies(path: Path | None) -> Interactions:
    """Return MovieLens-100k from RecBole's files in `path`, or from an installed recbole.

    Raises:
      ValueError: neither is there.
    """
    try:
        return movies.load(path).interactions
    except (FileNotFoundError, TableError) as error:
        raise ValueError(str(error)) from error
