"""What a bulk run publishes as Parquet: one row a number, all of them over groups of k or more.

Shards hold whole groups, in the order of their names, so the same users give the same files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from training.bulk.checkpoint import Checkpoint
from training.bulk.partition import REST, Group, at_least, name
from training.bulk.sums import GroupSums, measure_names, rounded

SHARD_GROUPS = 256
PROVENANCE = b"attn.provenance"  # key in each file's schema metadata

Rows = dict[str, list[dict[str, Any]]]  # by table

_SEGMENT = ("segment", pa.string())
_USERS = ("users_at_least", pa.int64())
_HEAD = [("layer", pa.string()), ("head", pa.int32())]
SCHEMAS = {
    "measures": [
        _SEGMENT,
        _USERS,
        *_HEAD,
        ("measure", pa.string()),
        ("mean", pa.float64()),
        ("standard_deviation", pa.float64()),
    ],
    "attention": [
        _SEGMENT,
        _USERS,
        *_HEAD,
        ("position", pa.int32()),
        ("and_older", pa.bool_()),
        ("attention", pa.float64()),
    ],
    "recommendations": [
        _SEGMENT,
        _USERS,
        ("rank", pa.int32()),
        ("item", pa.string()),
        ("title", pa.string()),
        ("recommended_to_at_least", pa.int64()),
        ("share", pa.float64()),
        ("mean_score", pa.float64()),
    ],
}


@dataclass(frozen=True)
class Release:
    """What is said of every group.

    Attributes:
      checkpoint: the model.
      columns: the segment columns.
      k: the smallest group.
      top: items listed for a group, at most.
      provenance: text by name, written into every file.
    """

    checkpoint: Checkpoint
    columns: tuple[str, ...]
    k: int
    top: int
    provenance: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_mask(self) -> bool:
        """Whether the newest place is BERT4Rec's mask, at position 0."""
        return self.checkpoint.config.model.architecture == "bert4rec"

    def positions(self, window: int) -> range:
        """Return the positions of `window` places: -1 is the newest item, oldest first."""
        return range(self.has_mask - window, int(self.has_mask))

    def item(self, number: int) -> tuple[str, str]:
        """Return id and title of an item number."""
        ids, titles = self.checkpoint.item_ids, self.checkpoint.item_titles
        if ids is None or titles is None:
            return str(number), ""
        return ids[number], titles[number]


def segment_columns(group: Group, columns: Sequence[str]) -> dict[str, str | None]:
    """Return a group's value in each segment column; `None` where it is not split by it."""
    values = [REST if value is None else value for value in group]
    return dict(zip(columns, [*values, *[None] * (len(columns) - len(values))], strict=True))


def rows_of(group: Group, sums: GroupSums, release: Release) -> Rows:
    """Return all published rows of a group, by table."""
    common = {
        "segment": name(group, release.columns),
        "users_at_least": at_least(sums.users),
    }
    segment = {**common, **segment_columns(group, release.columns)}
    return {
        "segments": [segment],
        "measures": [{**common, **row} for row in _measures(sums)],
        "attention": [{**common, **row} for row in _predicting_row(sums, release)],
        "recommendations": [{**common, **row} for row in _recommendations(sums, release)],
    }


def _measures(sums: GroupSums) -> Iterator[dict[str, Any]]:
    for layer in sorted(sums.measures):
        mean, deviation = sums.measure_means(layer)
        for number, measure in enumerate(measure_names(sums, layer)):
            for head in range(mean.shape[1]):
                yield {
                    "layer": layer,
                    "head": head,
                    "measure": measure,
                    "mean": rounded(mean[number, head]),
                    "standard_deviation": rounded(deviation[number, head]),
                }


def _predicting_row(sums: GroupSums, release: Release) -> Iterator[dict[str, Any]]:
    """Yield the mean attention of the query that predicts, on each position."""
    for layer in sorted(sums.attention):
        newest = sums.mean_attention(layer, release.k)[:, -1]  # [head, key]
        positions = release.positions(newest.shape[1])
        for head, row in enumerate(newest):
            for position, value in zip(positions, row, strict=True):
                yield {
                    "layer": layer,
                    "head": head,
                    "position": position,
                    "and_older": position == positions[0] and len(row) < sums.places,
                    "attention": rounded(value),
                }


def _recommendations(sums: GroupSums, release: Release) -> Iterator[dict[str, Any]]:
    for rank, common in enumerate(sums.common_items(release.k, release.top), 1):
        item, title = release.item(common.item)
        yield {
            "rank": rank,
            "item": item,
            "title": title,
            "recommended_to_at_least": common.users,
            "share": rounded(common.users / at_least(sums.users)),
            "mean_score": rounded(common.score),
        }


def write(
    groups: Iterator[tuple[Group, GroupSums]], count: int, release: Release, directory: Path
) -> None:
    """Write every table to `directory/<table>/part-00000-of-00001.parquet`.

    Args:
      groups: in order; each is held only while it is written.
      count: how many there are.
      release: what to say.
      directory: where to.
    """
    shards = max(1, -(-count // SHARD_GROUPS))
    schemas = {name: _schema(fields, release) for name, fields in _fields(release).items()}
    for table in schemas:
        (directory / table).mkdir(parents=True)
    for shard in range(shards):
        rows: Rows = {table: [] for table in schemas}
        for _ in range(min(SHARD_GROUPS, count - shard * SHARD_GROUPS)):
            for table, found in rows_of(*next(groups), release).items():
                rows[table].extend(found)
        for table, schema in schemas.items():
            path = directory / table / f"part-{shard:05d}-of-{shards:05d}.parquet"
            pq.write_table(pa.Table.from_pylist(rows[table], schema=schema), path)


def _fields(release: Release) -> dict[str, list[tuple[str, Any]]]:
    values = [(column, pa.string()) for column in release.columns]
    return {"segments": [_SEGMENT, _USERS, *values], **SCHEMAS}


def _schema(fields: list[tuple[str, Any]], release: Release) -> Any:
    said = json.dumps(dict(release.provenance), sort_keys=True).encode()
    return pa.schema(fields, metadata={PROVENANCE: said})
