"""From tables to interactions: rules, order, split, then fences learned from training rows only.

Held-out rows are never dropped by what was learned: a test without its surprises would be easier
than the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from training.preprocessing.attributes import Described, describe_rows
from training.preprocessing.columns import DataSpec
from training.preprocessing.interactions import Interactions
from training.preprocessing.report import DropReport
from training.preprocessing.splitting import Split, global_time_split, leave_one_out, time_cuts
from training.preprocessing.tables import Table, TableError, Tables

SplitKind = Literal["leave_one_out", "global_time"]


@dataclass(frozen=True)
class Prepared:
    """Data that is ready to be learned from.

    Attributes:
      interactions: users' items in order.
      split: what may be learned from, and what is held out.
      report: what was dropped.
      cuts: seconds at which validation and test begin, if it was split by time.
    """

    interactions: Interactions
    split: Split
    report: DropReport
    cuts: tuple[float, float] | None = None


def prepare(tables: Tables, spec: DataSpec, split: SplitKind = "leave_one_out") -> Prepared:
    """Return `tables` as interactions, split, with a report of what was dropped.

    Rows are sorted by user (in order of first appearance), time, and place in the file. A user
    none of whose training rows is ordinary is left out.

    Raises:
      TableError: a column is missing, or a cell is not what it should be.
      ValueError: nothing is left, or the split needs times that there are not.
    """
    rows = _typed(tables.interactions, spec)
    report = DropReport(tables.interactions.name, len(rows))
    rows = _drop_by_rules(rows, spec, report)
    rows = _select(rows, spec, report)
    if not len(rows):
        raise ValueError(f"nothing of {tables.interactions.name} is left to learn from:\n{report}")
    rows = rows.sort_values(["user_order", "time_s"], kind="stable").reset_index(drop=True)
    timed = spec.interactions.time is not None
    cuts = time_cuts([rows.time_s.to_numpy()]) if split == "global_time" and timed else None
    if split == "global_time" and cuts is None:
        raise ValueError("a split by time needs a time column: name it in Columns.time")
    held = _split(_sequences(rows, rows.groupby("item", sort=False).ngroup() + 1), rows, cuts)
    rows = _drop_outliers(rows, held, spec, report)
    interactions = _interactions(rows, tables, spec)
    return Prepared(interactions, _split(interactions.sequences, rows, cuts), report, cuts)


def _typed(table: Table, spec: DataSpec) -> pd.DataFrame:
    """Return the rows with columns `user`, `item`, `time_s`, and the named ones by their names."""
    columns = spec.interactions
    rows = pd.DataFrame({name: table.numbers(name) for name in columns.numeric})
    untyped = [name for name in table.frame.columns if name not in rows.columns]
    rows = pd.concat([rows, table.frame[untyped]], axis=1)
    rows["user"], rows["item"] = table.texts(columns.user), table.texts(columns.item)
    order = np.arange(len(rows), dtype=np.float64)
    rows["time_s"] = order if columns.time is None else table.times_s(columns.time)
    return rows


def _drop_by_rules(rows: pd.DataFrame, spec: DataSpec, report: DropReport) -> pd.DataFrame:
    columns = spec.interactions
    named = {"user": columns.user, "item": columns.item, "time_s": columns.time}
    bad = {f"{name} is empty": rows[key].isna() for key, name in named.items() if name is not None}
    if columns.behaviour is not None and spec.behaviours is not None:
        wanted = ", ".join(sorted(spec.behaviours))
        behaviour = rows[columns.behaviour].astype(str)
        bad[f"{columns.behaviour} is not {wanted}"] = ~behaviour.isin(spec.behaviours)
    kept = pd.Series(True, index=rows.index)
    for reason, wrong in [*bad.items(), *((rule.reason, rule.is_bad(rows)) for rule in spec.rules)]:
        report.add(reason, int((kept & wrong).sum()))
        kept &= ~wrong.astype(bool)
    return rows[kept]


def _select(rows: pd.DataFrame, spec: DataSpec, report: DropReport) -> pd.DataFrame:
    rows = rows.sort_values("time_s", kind="stable")
    if spec.first_only:
        first = rows.drop_duplicates(["user", "item"])
        report.add("the user had this item before", len(rows) - len(first))
        rows = first
    if spec.min_interactions > 1:
        core = _core(rows, spec.min_interactions)
        reason = f"a user or an item has fewer than {spec.min_interactions} interactions"
        report.add(reason, len(rows) - len(core))
        rows = core
    rows = rows.sort_index()
    return rows.assign(user_order=rows.groupby("user", sort=False).ngroup())


def _core(rows: pd.DataFrame, least: int) -> pd.DataFrame:
    while True:
        per_user = rows.user.map(rows.user.value_counts())
        per_item = rows.item.map(rows.item.value_counts())
        kept = rows[(per_user >= least) & (per_item >= least)]
        if len(kept) == len(rows):
            return kept
        rows = kept


def _pieces(rows: pd.DataFrame) -> np.ndarray:
    """Return where each user's rows end, without the last."""
    return np.flatnonzero(np.diff(rows.user_order.to_numpy())) + 1


def _sequences(rows: pd.DataFrame, items: pd.Series) -> list[np.ndarray]:
    return list(np.split(items.to_numpy(np.int32), _pieces(rows)))


def _times(rows: pd.DataFrame) -> list[np.ndarray]:
    return list(np.split(rows.time_s.to_numpy(np.float64), _pieces(rows)))


def _split(
    sequences: list[np.ndarray], rows: pd.DataFrame, cuts: tuple[float, float] | None
) -> Split:
    if cuts is None:
        return leave_one_out(sequences)
    return global_time_split(sequences, _times(rows), cuts)


def _drop_outliers(
    rows: pd.DataFrame, split: Split, spec: DataSpec, report: DropReport
) -> pd.DataFrame:
    """Return `rows` without training rows outside of a fence that training rows set."""
    if not spec.outliers:
        return rows
    user = rows.groupby("user_order", sort=False).ngroup().to_numpy()
    lengths = split.training_lengths(int(user.max()) + 1)
    is_training = rows.groupby("user_order", sort=False).cumcount().to_numpy() < lengths[user]
    outside = np.zeros(len(rows), bool)
    for fence in spec.outliers:
        values = rows[fence.column].to_numpy(np.float64)
        low, high = fence.bounds(values[is_training])
        wrong = is_training & ((values < low) | (values > high))
        report.add(f"training only: {fence.describe(low, high)}", int((wrong & ~outside).sum()))
        outside |= wrong
    left = np.bincount(user[is_training & ~outside], minlength=len(lengths))
    emptied = (lengths > 0) & (left == 0)
    report.add("no training row of the user is left", int((emptied[user] & ~outside).sum()))
    kept = rows[~outside & ~emptied[user]].reset_index(drop=True)
    return kept.assign(user_order=kept.groupby("user_order", sort=False).ngroup())


def _interactions(rows: pd.DataFrame, tables: Tables, spec: DataSpec) -> Interactions:
    item = rows.groupby("item", sort=False).ngroup() + 1
    item_ids = ["", *rows.item.drop_duplicates()]
    user_ids = list(rows.user.drop_duplicates())
    items = describe_rows(tables.items, spec.items, item_ids)
    users = describe_rows(tables.users, spec.users, user_ids)
    text = spec.interactions.text
    return Interactions(
        sequences=_sequences(rows, item),
        user_ids=user_ids,
        item_ids=item_ids,
        item_titles=items.titles,
        item_attributes=items.for_people,
        user_attributes=users.for_people,
        timestamps=None if spec.interactions.time is None else _times(rows),
        item_columns=items.columns,
        user_columns=users.columns,
        neighbours=_neighbours(tables.social, spec, user_ids),
        item_texts=_texts(items, spec),
        texts=None
        if text is None
        else [list(p) for p in np.split(rows[text].to_numpy(object), _pieces(rows))],
    )


def _texts(items: Described, spec: DataSpec) -> list[str] | None:
    return items.texts if spec.items is not None and spec.items.text else None


def _neighbours(
    table: Table | None, spec: DataSpec, user_ids: list[str]
) -> list[np.ndarray] | None:
    if table is None or spec.social is None:
        return None
    number = {user: place for place, user in enumerate(user_ids)}
    source, target = (
        table.texts(name).map(number) for name in (spec.social.source, spec.social.target)
    )
    edges = pd.DataFrame({"source": source, "target": target}).dropna()
    if not len(edges):
        raise TableError(
            f"{table.name} names no user of the interactions in "
            f"{spec.social.source!r} and {spec.social.target!r}: use the same ids in both files"
        )
    if spec.social.mutual:
        back = edges.rename(columns={"source": "target", "target": "source"})
        edges = pd.concat([edges, back])
    edges = edges[edges.source != edges.target].drop_duplicates().astype(np.int32)
    found = edges.groupby("source").target.agg(list).to_dict()
    return [np.array(found.get(user, []), np.int32) for user in range(len(user_ids))]
