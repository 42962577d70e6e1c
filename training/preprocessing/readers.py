"""Reads RecBole's atomic files, CSV (gzip too) and Parquet into tables.

Nothing is guessed: a type is what a RecBole header says, and text in a CSV file stays text until a
specification says that it is a number or a time.
"""

from __future__ import annotations

import csv
import gzip
import warnings
from pathlib import Path

import pandas as pd

from training.preprocessing.columns import Attributes, Columns, DataSpec, SocialEdges
from training.preprocessing.tables import Table, TableError, Tables

RECBOLE_TYPES = ("token", "token_seq", "float", "float_seq")
_RECBOLE_SUFFIXES = {"interactions": ".inter", "items": ".item", "users": ".user", "social": ".net"}


def read_table(path: Path, *, separator: str = ",", encoding: str = "utf-8") -> Table:
    """Return the table in `path`: `.parquet`, a RecBole file, or else text with a header line.

    Raises:
      TableError: the file cannot be read as what its name says it is.
    """
    if not path.is_file():
        raise TableError(f"{path} is not there: give the path of an existing file")
    if path.suffix == ".parquet":
        return _read_parquet(path)
    if path.suffix in _RECBOLE_SUFFIXES.values():
        return _read_recbole_file(path)
    return Table(path.name, _read_text(path, separator, encoding, csv.QUOTE_MINIMAL))


def read_recbole(directory: Path) -> Tables:
    """Return the atomic files in `directory`: one `.inter`, at most one each of the others.

    Raises:
      TableError: a file is missing, doubled or not in RecBole's format.
    """
    found: dict[str, Table] = {}
    for part, suffix in _RECBOLE_SUFFIXES.items():
        paths = sorted(directory.glob(f"*{suffix}"))
        if len(paths) > 1:
            names = ", ".join(path.name for path in paths)
            raise TableError(f"{directory} has several {suffix} files ({names}): keep one of them")
        if paths:
            found[part] = read_table(paths[0])
    if "interactions" not in found:
        raise TableError(f"{directory} has no .inter file: give a directory of RecBole files")
    return Tables(**found)


def recbole_spec(tables: Tables) -> DataSpec:
    """Return the specification that RecBole's headers imply.

    `user_id`, `item_id` and `timestamp` are what RecBole calls them by default. Of the tables of
    items and users, `token` is categorical, `token_seq` has several values, `float` is numeric;
    the first column whose name ends in title or name is the title.
    """
    time = "timestamp" if "timestamp" in tables.interactions.frame.columns else None
    return DataSpec(
        interactions=Columns("user_id", "item_id", time),
        items=None if tables.items is None else _attributes(tables.items, "item_id"),
        users=None if tables.users is None else _attributes(tables.users, "user_id"),
        social=None if tables.social is None else _social(tables.social),
    )


def _social(table: Table) -> SocialEdges:
    if len(table.types) < 2:
        raise TableError(f"{table.name} has one column: name who sees whom, in two")
    source, target = list(table.types)[:2]
    return SocialEdges(source, target)


def _attributes(table: Table, key: str) -> Attributes:
    title = next((name for name in table.types if name.endswith(("title", "name"))), None)

    def of(kind: str) -> tuple[str, ...]:
        return tuple(
            n for n, type_ in table.types.items() if type_ == kind and n not in (key, title)
        )

    return Attributes(
        key=key,
        title=title,
        numeric=of("float"),
        categorical=of("token"),
        multiple=of("token_seq"),
        text=() if title is None else (title, *of("token_seq")),
    )


def _read_parquet(path: Path) -> Table:
    try:
        return Table(path.name, pd.read_parquet(path).reset_index(drop=True))
    except (OSError, ValueError) as error:  # pyarrow's errors are these
        raise TableError(f"{path.name} is no Parquet file ({error}): write it again") from error


def _read_recbole_file(path: Path) -> Table:
    frame = _read_text(path, "\t", "utf-8", csv.QUOTE_NONE)
    types = dict(_header(path.name, cell) for cell in frame.columns)
    frame.columns = pd.Index(types)
    table = Table(path.name, frame, types)
    for name, kind in types.items():
        if kind == "float":
            frame[name] = table.numbers(name)
        elif kind.endswith("_seq"):
            texts = frame[name].fillna("").astype(str)
            frame[name] = pd.Series([tuple(text.split()) for text in texts], dtype=object)
    return table


def _header(file: str, cell: str) -> tuple[str, str]:
    name, separator, kind = cell.rpartition(":")
    if not separator or kind not in RECBOLE_TYPES:
        raise TableError(
            f"{file}, header, column {cell!r}: there is no type: "
            f"write name:type with one of {', '.join(RECBOLE_TYPES)}, columns apart by tabs"
        )
    return name, kind


def _read_text(path: Path, separator: str, encoding: str, quoting: int) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            # Without this pandas cuts rows that are longer than the header, with a warning.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                path, sep=separator, dtype=str, encoding=encoding, quoting=quoting,
                keep_default_na=False, na_values=[""], index_col=False,
            )  # fmt: skip
    except UnicodeDecodeError as error:
        raise TableError(
            f"{path.name}, line {_undecodable_line(path, encoding)}: it is not {encoding}: "
            "save the file as UTF-8"
        ) from error
    except pd.errors.EmptyDataError as error:
        raise TableError(f"{path.name} is empty: it needs a header line and rows") from error
    except (pd.errors.ParserError, pd.errors.ParserWarning, OSError) as error:
        raise TableError(
            f"{path.name} is not a table ({str(error).strip()}): "
            "every row needs as many columns as the header"
        ) from error


def _undecodable_line(path: Path, encoding: str) -> int:
    """Return the number of the first line that is not `encoding`; pandas knows its place only."""
    data = path.read_bytes()
    lines = (gzip.decompress(data) if path.suffix == ".gz" else data).split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            line.decode(encoding)
        except UnicodeDecodeError:
            return number
    return len(lines)
