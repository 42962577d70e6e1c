"""Rows that are no interactions whatever the rest of the data is: nothing is learned here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Rule:
    """Drops rows.

    Attributes:
      reason: why, as the report prints it.
      is_bad: takes the rows and returns a boolean per row. It must look at each row for itself:
        what is learned from many rows is a fence (`outliers`), and must not see held-out ones.
    """

    reason: str
    is_bad: Callable[[pd.DataFrame], pd.Series]


def not_positive(column: str, reason: str) -> Rule:
    """Return the rule that drops rows whose `column` is zero, negative or missing."""
    return Rule(reason, lambda rows: ~(rows[column] > 0))


def starts_with(column: str, prefix: str, reason: str) -> Rule:
    """Return the rule that drops rows whose `column` starts with `prefix`."""
    return Rule(reason, lambda rows: rows[column].astype(str).str.startswith(prefix))


def does_not_match(column: str, pattern: str, reason: str) -> Rule:
    """Return the rule that drops rows whose whole `column` does not match `pattern`."""
    return Rule(reason, lambda rows: ~rows[column].astype(str).str.fullmatch(pattern))


def before(column: str, time_s: float, reason: str) -> Rule:
    """Return the rule that drops rows whose numeric `column` is before `time_s`."""
    return Rule(reason, lambda rows: rows[column].astype(float) < time_s)
