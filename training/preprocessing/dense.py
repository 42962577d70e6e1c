"""Attributes as one row of numbers each: scaled and one-hot, learned by scikit-learn.

What was learned is kept as plain numbers and names, and applied by NumPy here, so that a saved
encoder needs no pickle and no particular version of scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, RobustScaler

from training.preprocessing.interactions import Attribute


def transformer(columns: dict[str, Attribute], min_count: int) -> ColumnTransformer:
    """Return the unfitted scikit-learn transformer of the numeric and categorical `columns`."""
    of = {
        kind: [name for name, column in columns.items() if column.kind == kind]
        for kind in ("numeric", "categorical")
    }
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=min_count, sparse_output=False
    )
    return ColumnTransformer(
        [("numeric", RobustScaler(), of["numeric"]), ("categorical", one_hot, of["categorical"])]
    )


def frame(columns: dict[str, Attribute]) -> pd.DataFrame:
    """Return the columns that `transformer` takes; a missing category is `""`."""
    return pd.DataFrame(
        {
            name: column.values
            if column.kind == "numeric"
            else np.array(["" if value is None else value for value in column.values], object)
            for name, column in columns.items()
            if column.kind != "multiple"
        }
    )


@dataclass(frozen=True)
class OneHot:
    """Columns of one category: one each frequent value, then one for all infrequent ones."""

    frequent: tuple[str, ...]
    has_infrequent: bool

    @property
    def width(self) -> int:
        """Return the number of columns."""
        return len(self.frequent) + self.has_infrequent


@dataclass(frozen=True)
class DenseEncoder:
    """Learned scaling and categories.

    Attributes:
      numeric: median and interquartile range by column.
      categorical: columns by category.
    """

    numeric: dict[str, tuple[float, float]]
    categorical: dict[str, OneHot]

    @classmethod
    def learn(cls, columns: dict[str, Attribute], min_count: int = 2) -> DenseEncoder:
        """Return what scikit-learn learns from `columns`; multiple values are left out.

        A numeric column without a single value is scaled by nothing: 0 and 1.
        """
        empty = [n for n, c in columns.items() if c.kind == "numeric" and _is_empty(c.values)]
        numeric: dict[str, tuple[float, float]] = dict.fromkeys(empty, (0.0, 1.0))
        categorical: dict[str, OneHot] = {}
        known = {n: c for n, c in columns.items() if n not in empty and c.kind != "multiple"}
        if not known or not len(next(iter(known.values())).values):
            return cls(numeric, categorical)
        fitted = transformer(known, min_count).fit(frame(known))
        for kind, learned, names in fitted.transformers_:
            if kind == "numeric" and len(names):
                for name, centre, scale in zip(names, learned.center_, learned.scale_, strict=True):
                    numeric[name] = (float(centre), float(scale))
            elif kind == "categorical" and len(names):
                rare_by_column = learned.infrequent_categories_
                for name, values, rare in zip(
                    names, learned.categories_, rare_by_column, strict=True
                ):
                    infrequent = set() if rare is None else set(rare)
                    frequent = tuple(str(value) for value in values if value not in infrequent)
                    categorical[name] = OneHot(frequent, bool(infrequent))
        return cls(numeric, categorical)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of every column of `encode`."""
        hot = [
            f"{name}={value}"
            for name, one_hot in self.categorical.items()
            for value in (*one_hot.frequent, *["(infrequent)"] * one_hot.has_infrequent)
        ]
        return (*self.numeric, *hot)

    def encode(self, columns: dict[str, Attribute]) -> np.ndarray:
        """Return float32 `[row, column]`; a missing number is 0, the median.

        A category that was not seen counts as infrequent; if there was no infrequent one in
        training, all its columns are 0.
        """
        parts = [
            np.nan_to_num((columns[name].values - centre) / scale)[:, None]
            for name, (centre, scale) in self.numeric.items()
        ]
        parts += [_hot(one_hot, columns[name].values) for name, one_hot in self.categorical.items()]
        if not parts:
            return np.zeros((len(next(iter(columns.values())).values) if columns else 0, 0), "f4")
        return np.concatenate(parts, axis=1).astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        hot = {name: [list(o.frequent), o.has_infrequent] for name, o in self.categorical.items()}
        return {"numeric": {n: list(pair) for n, pair in self.numeric.items()}, "one_hot": hot}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> DenseEncoder:
        """Return the encoder that `to_json` was called on."""
        numeric = {name: (pair[0], pair[1]) for name, pair in data["numeric"].items()}
        hot = {
            name: OneHot(tuple(values), rare) for name, (values, rare) in data["one_hot"].items()
        }
        return cls(numeric, hot)


def _is_empty(values: np.ndarray) -> bool:
    return not np.isfinite(values).any()


def _hot(one_hot: OneHot, values: np.ndarray) -> np.ndarray:
    place = {value: number for number, value in enumerate(one_hot.frequent)}
    columns = np.zeros((len(values), one_hot.width), np.float32)
    for row, value in enumerate(values):
        column = place.get("" if value is None else value, len(one_hot.frequent))
        if column < one_hot.width:
            columns[row, column] = 1
    return columns
