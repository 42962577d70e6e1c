"""Declares what the columns of a data set mean, so that a scenario is data and not code.

A specification names columns. It never holds values, reads files or learns anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from training.preprocessing.outliers import Fence
from training.preprocessing.rules import Rule


@dataclass(frozen=True)
class Columns:
    """The table of interactions, one row each.

    Attributes:
      user: column with the user's id.
      item: column with the item's id.
      time: column with seconds since 1970, or dates as text; without it, rows are in order.
      behaviour: column with what was done ("Buy", "Sell"); see `DataSpec.behaviours`.
      numeric: numbers of the interaction that rules and fences look at (quantity, price).
      text: column with what the user said or asked in this interaction.
    """

    user: str
    item: str
    time: str | None = None
    behaviour: str | None = None
    numeric: tuple[str, ...] = ()
    text: str | None = None


@dataclass(frozen=True)
class Attributes:
    """A table of items or of users, one row each.

    Attributes:
      key: column with the id.
      title: column with the name people know it by.
      numeric: numbers; models get them scaled, and as bands.
      categorical: one value a cell.
      multiple: several values a cell, a tuple or text with spaces between.
      text: columns that are joined into the text for a text encoder.
    """

    key: str
    title: str | None = None
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    multiple: tuple[str, ...] = ()
    text: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return every column that is named, once."""
        title = () if self.title is None else (self.title,)
        named = (self.key, *title, *self.numeric, *self.categorical, *self.multiple, *self.text)
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True)
class SocialEdges:
    """A table of who knows whom, one row an edge; `source` sees `target` as a neighbour."""

    source: str
    target: str
    mutual: bool = False  # each sees the other, though the edge is listed once


@dataclass(frozen=True)
class DataSpec:
    """All that is said of a data set.

    Attributes:
      interactions, items, users, social: what the columns of each table are.
      behaviours: values of the behaviour column that count; all if `None`.
      rules: rows that are no interactions, whatever the rest of the data is.
      outliers: fences learned from training rows, which only training rows must keep to.
      first_only: of a user's interactions with one item only the first counts.
      min_interactions: users and items with fewer are left out, until none has.
    """

    interactions: Columns
    items: Attributes | None = None
    users: Attributes | None = None
    social: SocialEdges | None = None
    behaviours: frozenset[str] | None = None
    rules: tuple[Rule, ...] = ()
    outliers: tuple[Fence, ...] = ()
    first_only: bool = False
    min_interactions: int = 1
