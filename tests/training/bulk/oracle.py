"""What a bulk run must publish, computed plainly: one user at a time, with NumPy and pandas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tensorboard_plugin_attn import User
from tensorboard_plugin_attn.analysis import measures
from tensorboard_plugin_attn.capture.keras_probe import Probe
from tensorboard_plugin_attn.capture.ranking import Ranker
from tensorboard_plugin_attn.capture.selection import Selection
from tests.fixtures.chains import ITEMS
from tests.training.bulk.conftest import LENGTH, Person
from training.models.build import rebuild
from training.preprocessing.sequences import pad

NAMES = ("entropy_bits", "recency", "sink_share", "maximum", "effective_span", "head_similarity")


class Oracle:
    """The model's answers for some users, all in one batch, through the package's own capture."""

    def __init__(self, run: Path, rows: list[Person], top: int = 10) -> None:
        model: Any = rebuild(run)
        inputs = pad([np.array(row.items) for row in rows], LENGTH)
        probe = Probe(model, inputs, Selection(None, None), lambda model, x: model.item_scores(x))
        layers, scores = probe.run(with_scores=True)
        assert scores is not None
        mask = run.name == "bert4rec"
        self.rows = rows
        self.lengths = [min(LENGTH, len(row.items) + mask) for row in rows]
        self.attention = {layer.name: layer.attention for layer in layers}
        columns = [None, *(str(number) for number in range(1, ITEMS))]
        users = [User(row.user, [str(item) for item in row.items]) for row in rows]
        self.lists = [
            dict(zip(found.items, found.scores, strict=True))
            for found in Ranker(columns, users, top).rank(scores)
        ]

    def cropped(self, layer: str, place: int) -> np.ndarray:
        """Return one user's `[head, query, key]` without padding."""
        length = self.lengths[place]
        return np.asarray(self.attention[layer][place, :, -length:, -length:])

    def measures(self, places: list[int]) -> pd.DataFrame:
        """Return mean and standard deviation over `places`, by layer, head and measure."""
        rows = [
            {"layer": layer, "head": head, "measure": name, "value": float(value)}
            for layer in self.attention
            for place in places
            for name in NAMES
            for head, value in enumerate(
                getattr(measures.measure(np.ascontiguousarray(self.cropped(layer, place))), name)
            )
        ]
        values = pd.DataFrame(rows).groupby(["layer", "head", "measure"])["value"]
        return pd.DataFrame({"mean": values.mean(), "standard_deviation": values.std(ddof=0)})

    def window(self, places: list[int], k: int) -> int:
        """Return how many places at least `k` users have: the k-th longest."""
        return sorted((self.lengths[place] for place in places), reverse=True)[k - 1]

    def mean(self, layer: str, places: list[int], k: int) -> np.ndarray:
        """Return the mean map `[head, query, key]`, cell by cell, older keys joined."""
        window = self.window(places, k)
        heads = self.attention[layer].shape[1]
        mean = np.zeros((heads, window, window))
        for query in range(1, window + 1):
            having = [place for place in places if self.lengths[place] >= query]
            for place in having:
                row = self.cropped(layer, place)[:, -query]  # [head, key]
                for key in range(1, row.shape[1] + 1):
                    mean[:, -query, -min(key, window)] += row[:, -key] / len(having)
        return mean

    def mean_score(self, item: str, places: list[int]) -> float:
        """Return the mean score of `item` for those of `places` who get it."""
        return float(np.mean([self.lists[n][item] for n in places if item in self.lists[n]]))

    def recommended(self, places: list[int]) -> dict[str, int]:
        """Return how many of `places` get each item."""
        counts: dict[str, int] = {}
        for place in places:
            for item in self.lists[place]:
                counts[item] = counts.get(item, 0) + 1
        return counts
