"""Users in Parquet files: where their rows are, and which of them can be used.

A row that cannot be used is named by file and row with the reason, and never dropped in silence.
Reasons hold no value of the row. Files are read through Beam, so that `gs://` works as a path does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from training.bulk.partition import Segment

NO_VALUE = "(none)"
_READ_ROWS = 1024  # at a time: what is held in memory besides the row group's own pages


@dataclass(frozen=True)
class Columns:
    """What the columns of the users' files are called.

    Attributes:
      user: one person's id.
      history: a list of item ids (text) or of item numbers (whole numbers), oldest first.
      segments: the columns whose values make a segment.
    """

    user: str = "user"
    history: str = "history"
    segments: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Return all of them."""
        return [self.user, self.history, *self.segments]


@dataclass(frozen=True)
class RowGroup:
    """A part of a file that is read at once: the file, which of its row groups, and where it is.

    `first_row` is the number of its first row in the file, from 0.
    """

    file: str
    number: int
    first_row: int
    rows: int


@dataclass(frozen=True)
class UserRow:
    """A row that can be used.

    Attributes:
      file, row: where it stands.
      user: the person's id; it never leaves the pipeline.
      items: item numbers, int32, oldest first.
      segment: values of the segment columns.
      unknown_items: items the model does not know; they are left out of `items`.
    """

    file: str
    row: int
    user: str
    items: np.ndarray
    segment: Segment
    unknown_items: int = 0


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be used."""

    file: str
    row: int
    reason: str


def row_groups(pattern: str, columns: Columns, *, has_item_ids: bool) -> list[RowGroup]:
    """Return all parts of the files of `pattern`, in the order of their names.

    Args:
      pattern: a file, a pattern such as `users-*.parquet`, or a directory of `*.parquet`.
      columns: what must be there.
      has_item_ids: whether the model knows its items by id; else histories must be numbers.

    Raises:
      ValueError: there is no such file, it is no Parquet, or a column is missing or no such type.
    """
    found: list[RowGroup] = []
    for file in _files(pattern):
        metadata = _checked(file, columns, has_item_ids)
        first_row = 0
        for number in range(metadata.num_row_groups):
            rows = metadata.row_group(number).num_rows
            found.append(RowGroup(file, number, first_row, rows))
            first_row += rows
    return found


def read(
    part: RowGroup, columns: Columns, item_count: int, number_of: Mapping[str, int] | None
) -> Iterator[UserRow | Rejected]:
    """Yield every row of `part`, usable or not, in order.

    Args:
      part: what to read.
      columns: see `Columns`.
      item_count: of the model, padding (0) included.
      number_of: number of each item id.
    """
    row = part.first_row
    with _open(part.file) as stream:
        batches = pq.ParquetFile(stream).iter_batches(
            batch_size=_READ_ROWS, row_groups=[part.number], columns=columns.names
        )
        for batch in batches:
            values = [batch.column(name).to_pylist() for name in columns.names]
            for user, history, *segment in zip(*values, strict=True):
                try:
                    items, unknown = _items(history, item_count, number_of)
                    said = tuple(NO_VALUE if each is None else str(each) for each in segment)
                    yield UserRow(part.file, row, _user(user), items, said, unknown)
                except _BadRowError as error:
                    yield Rejected(part.file, row, str(error))
                row += 1


class _BadRowError(ValueError):
    """A row that cannot be used; says why without any value of it."""


def _user(user: Any) -> str:
    if user is None or str(user) == "":
        raise _BadRowError("no user id")
    return str(user)


def _items(
    history: Sequence[Any] | None, item_count: int, number_of: Mapping[str, int] | None
) -> tuple[np.ndarray, int]:
    """Return the numbers of the known items, and how many are not known."""
    if not history:
        raise _BadRowError("no history")
    if any(item is None for item in history):
        raise _BadRowError("an item of the history is null")
    if isinstance(history[0], str):
        known = number_of or {}
        numbers = [known[item] for item in history if item in known]
        if not numbers:
            raise _BadRowError("the model knows no item of the history")
        return np.array(numbers, np.int32), len(history) - len(numbers)
    items = np.array(history, np.int64)
    if items.min() < 1 or items.max() >= item_count:
        raise _BadRowError(f"an item number is not in 1 to {item_count - 1}")
    return items.astype(np.int32), 0


def _files(pattern: str) -> list[str]:
    from apache_beam.io.filesystems import FileSystems

    for candidate in (f"{pattern.rstrip('/')}/*.parquet", pattern):  # a directory comes first
        try:
            [match] = FileSystems.match([candidate])
        except Exception as error:  # Beam's own class, of each file system
            raise ValueError(f"{pattern}: cannot look for files there: {error}") from error
        if files := sorted(each.path for each in match.metadata_list):
            return files
    raise ValueError(f"{pattern}: no such file; give Parquet files of users")


def _open(file: str) -> Any:
    from apache_beam.io.filesystems import FileSystems

    return FileSystems.open(file, mime_type="application/octet-stream", compression_type=RAW)


RAW = "uncompressed"  # Beam's `CompressionTypes.UNCOMPRESSED`: Parquet compresses itself


def _checked(file: str, columns: Columns, has_item_ids: bool) -> Any:
    """Return the metadata of `file`, whose columns are as they must be."""
    try:
        with _open(file) as stream:
            parquet = pq.ParquetFile(stream)
            schema, metadata = parquet.schema_arrow, parquet.metadata
    except (OSError, pa.ArrowException) as error:
        raise ValueError(f"{file}: not a Parquet file that can be read: {error}") from error
    if missing := [name for name in columns.names if name not in schema.names]:
        raise ValueError(
            f"{file}: no column {', '.join(missing)}; it has {', '.join(schema.names)}. "
            "Name yours with --user-column, --history-column and --segment-by"
        )
    _check_history(file, schema.field(columns.history).type, columns, has_item_ids)
    return metadata


def _check_history(file: str, kind: Any, columns: Columns, has_item_ids: bool) -> None:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    of = kind.value_type if is_list else None
    is_text = is_list and (pa.types.is_string(of) or pa.types.is_large_string(of))
    if not (is_text or (is_list and pa.types.is_integer(of))):
        raise ValueError(
            f"{file}: column {columns.history} is {kind}: it must be a list of item ids (text) or "
            "item numbers (whole numbers), oldest first"
        )
    if is_text and not has_item_ids:
        raise ValueError(
            f"{file}: column {columns.history} holds item ids, but the run has no items.json (it "
            "was trained by an earlier version): give item numbers, or train it again"
        )
