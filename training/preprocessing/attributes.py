"""Tables of items and users as attributes by number; who is not in the table has none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.preprocessing.columns import Attributes
from training.preprocessing.interactions import Attribute
from training.preprocessing.tables import Table, TableError


@dataclass(frozen=True)
class Described:
    """What a table says about ids, in the ids' order; an empty id has no title and no text."""

    titles: list[str]
    for_people: list[dict[str, str]]
    columns: dict[str, Attribute]
    texts: list[str]


def describe_rows(table: Table | None, spec: Attributes | None, ids: list[str]) -> Described:
    """Return what `table` says about `ids`; its first row counts if an id has several.

    Raises:
      TableError: a column is missing or not a number, or no id is in the table.
    """
    if table is None or spec is None:
        return Described(list(ids), [{} for _ in ids], {}, list(ids))
    keys = table.texts(spec.key)
    place = {key: row for row, key in reversed(list(enumerate(keys))) if key is not None}
    rows = np.array([place.get(name, -1) for name in ids])
    if (rows < 0).all():
        raise TableError(
            f"{table.name} describes none of the {len(ids)} ids of the interactions in column "
            f"{spec.key!r}: use the same ids in both files"
        )
    columns = _columns(table, spec, rows)
    titles = list(ids)
    if spec.title is not None:
        found = _take(table.texts(spec.title), rows)
        titles = [title or name for title, name in zip(found, ids, strict=True)]
    parts = [[_joined(value) for value in _cells(table, name, rows)] for name in spec.text]
    texts = [" ".join(filter(None, words)) for words in zip(*parts, strict=True)] if parts else ids
    return Described(titles, _for_people(columns, len(ids)), columns, list(texts))


def _columns(table: Table, spec: Attributes, rows: np.ndarray) -> dict[str, Attribute]:
    columns: dict[str, Attribute] = {}
    for name in spec.numeric:
        values = table.numbers(name).to_numpy()[rows]
        columns[name] = Attribute("numeric", np.where(rows < 0, np.nan, values))
    for name in spec.categorical:
        columns[name] = Attribute("categorical", _take(table.texts(name), rows))
    for name in spec.multiple:
        columns[name] = Attribute("multiple", _cells(table, name, rows))
    return columns


def _take(column: pd.Series, rows: np.ndarray) -> np.ndarray:
    values: np.ndarray = column.to_numpy(object)[rows].copy()
    values[rows < 0] = None
    return values


def _cells(table: Table, name: str, rows: np.ndarray) -> np.ndarray:
    """Return tuples of text `[row]`: of a cell that is text, its words."""
    column = table.column(name)
    values = np.empty(len(rows), object)
    for number, row in enumerate(rows):
        cell = column.iloc[row] if row >= 0 else ()
        if isinstance(cell, (tuple, list, np.ndarray)):
            values[number] = tuple(map(str, cell))
        else:
            values[number] = () if pd.isna(cell) else tuple(str(cell).split())
    return values


def _joined(value: tuple[str, ...]) -> str:
    return " ".join(value)


def _for_people(columns: dict[str, Attribute], count: int) -> list[dict[str, str]]:
    described: list[dict[str, str]] = [{} for _ in range(count)]
    for name, column in columns.items():
        for row, value in zip(described, column.values.tolist(), strict=True):
            if column.kind == "numeric" and not np.isnan(value):
                row[name] = f"{value:g}"
            elif column.kind == "categorical" and value is not None:
                row[name] = value
            elif column.kind == "multiple" and value:
                row[name] = ", ".join(value)
    return described
