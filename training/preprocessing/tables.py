"""Tables as they were read, and errors that name the file, the row and the column."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd


class TableError(ValueError):
    """A file is not what it should be; the message says where, and what to do."""


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
      name: the file's name, for errors.
      frame: its rows, index 0, 1, 2...; columns that were not typed are text.
      types: RecBole's type of each column (`token`, `token_seq`, `float`, `float_seq`), if known.
    """

    name: str
    frame: pd.DataFrame
    types: dict[str, str] = field(default_factory=dict)

    def column(self, name: str) -> pd.Series:
        """Return a column.

        Raises:
          TableError: there is none of that name.
        """
        if name not in self.frame.columns:
            there = ", ".join(map(str, self.frame.columns))
            raise TableError(
                f"{self.name} has no column {name!r} (it has {there}): "
                "name the right column in the DataSpec, or add it to the file"
            )
        return self.frame[name]

    def texts(self, name: str) -> pd.Series:
        """Return a column as text, `None` where a cell is empty; 17850.0 becomes "17850"."""
        column = self.column(name)
        if self.types.get(name, "").endswith("_seq"):
            column = column.map(lambda cell: " ".join(map(str, cell)))
        if pd.api.types.is_float_dtype(column):
            whole = column.dropna()
            if (whole == whole.round()).all():
                column = column.astype("Int64")
        empty = column.isna() | (column.astype(str).str.strip() == "")
        return column.astype(str).str.strip().astype(object).where(~empty, None)

    def numbers(self, name: str) -> pd.Series:
        """Return a column as float64, NaN where a cell is empty.

        Raises:
          TableError: a cell is not a number.
        """
        column = self.column(name)
        numbers = pd.to_numeric(column, errors="coerce").astype(np.float64)
        self._refuse(
            name, column, numbers.isna(), "is not a number", "correct it or empty the cell"
        )
        return numbers

    def times_s(self, name: str) -> pd.Series:
        """Return a column of times as seconds since 1970, float64, NaN where a cell is empty.

        Numbers are taken as seconds, text as dates (ISO 8601, taken as UTC if it names no zone).

        Raises:
          TableError: a cell is neither.
        """
        column = self.column(name)
        if pd.api.types.is_numeric_dtype(column):
            return column.astype(np.float64)
        if not pd.api.types.is_datetime64_any_dtype(column):
            as_numbers = pd.to_numeric(column, errors="coerce")
            if as_numbers.notna().any():
                return self.numbers(name)
        times = pd.to_datetime(column, errors="coerce", utc=True, format="ISO8601")
        self._refuse(
            name, column, times.isna(), "is no time", "write 2010-12-31 or seconds since 1970"
        )
        seconds = (times - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
        return seconds.astype(np.float64)

    def _refuse(
        self, name: str, column: pd.Series, missing: pd.Series, what: str, advice: str
    ) -> None:
        filled = column.notna() & (column.astype(str).str.strip() != "")
        wrong = np.flatnonzero((missing & filled).to_numpy())
        if len(wrong):
            more = f" ({len(wrong) - 1} more rows like it)" if len(wrong) > 1 else ""
            raise TableError(
                f"{self.name}, row {wrong[0] + 1} after the header, column {name!r}: "
                f"{column.iloc[wrong[0]]!r} {what}{more}: {advice}"
            )


@dataclass(frozen=True)
class Tables:
    """A data set's tables; only interactions must be there."""

    interactions: Table
    items: Table | None = None
    users: Table | None = None
    social: Table | None = None
