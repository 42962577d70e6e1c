"""Who interacted with what, in order; and what is known of the items and the users.

Values are as they were read: numbers for models (`Features`) exist only after a split, because
they are learned, and must be learned from training data.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Attribute:
    """One attribute of every item or user.

    Attributes:
      kind: numeric, categorical (one value), or multiple (several values).
      values: one entry an item number (the first is padding) or user: float64 with NaN, or objects:
        text or `None`, or tuples of text.
    """

    kind: Literal["numeric", "categorical", "multiple"]
    values: np.ndarray

    def take(self, rows: np.ndarray) -> Attribute:
        """Return the attribute of `rows` only."""
        return Attribute(self.kind, self.values[rows])


@dataclass(frozen=True)
class Interactions:
    """Every user's items, oldest first. Item 0 is padding and never occurs.

    Attributes:
      sequences: item numbers per user, int32, oldest first.
      user_ids: raw user ids, in the same order.
      item_ids: id of each item number; `item_ids[0]` is padding.
      item_titles: title of each item number.
      item_attributes: what else is known of each item number, for people.
      user_attributes: what else is known of each user, for people.
      timestamps: seconds since 1970 of each interaction, float64 per user, if known.
      item_columns: attributes by name, one entry an item number, for models.
      user_columns: attributes by name, one entry a user, for models.
      neighbours: numbers of each user's social neighbours, int32 per user, if known.
      item_texts: text of each item number for a text encoder, if known; `""` for padding.
      texts: what the user said in each interaction, per user, if known.
    """

    sequences: list[np.ndarray]
    user_ids: list[str]
    item_ids: list[str]
    item_titles: list[str]
    item_attributes: list[dict[str, str]]
    user_attributes: list[dict[str, str]]
    timestamps: list[np.ndarray] | None = None
    item_columns: dict[str, Attribute] = field(default_factory=dict)
    user_columns: dict[str, Attribute] = field(default_factory=dict)
    neighbours: list[np.ndarray] | None = None
    item_texts: list[str] | None = None
    texts: list[list[str]] | None = None

    @property
    def item_count(self) -> int:
        """Return the number of items, padding included."""
        return len(self.item_ids)

    def first_users(self, count: int | None) -> Interactions:
        """Return the interactions of `count` users spread evenly over all; all if `None`."""
        if count is None or count >= len(self.sequences):
            return self
        return self.take_users(np.linspace(0, len(self.sequences) - 1, count).astype(int))

    def take_users(self, chosen: np.ndarray) -> Interactions:
        """Return the interactions of the users `chosen`; neighbours outside are left out."""
        place = {int(user): new for new, user in enumerate(chosen)}
        return replace(
            self,
            sequences=[self.sequences[user] for user in chosen],
            user_ids=[self.user_ids[user] for user in chosen],
            user_attributes=[self.user_attributes[user] for user in chosen],
            timestamps=self.timestamps and [self.timestamps[user] for user in chosen],
            user_columns={name: column.take(chosen) for name, column in self.user_columns.items()},
            neighbours=self.neighbours
            and [
                np.array([place[n] for n in self.neighbours[user].tolist() if n in place], np.int32)
                for user in chosen
            ],
            texts=self.texts and [self.texts[user] for user in chosen],
        )


def read_online_retail(path: Path) -> Interactions:
    """Return the packed Online Retail II of demo/data (see its README for the fields).

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it is not a packed file.
    """
    with np.load(path, allow_pickle=False) as packed:
        try:
            arrays = {name: packed[name] for name in packed.files}
            items = arrays["item"].astype(np.int32) + 1  # 0 is padding
            ends = np.cumsum(arrays["interactions_per_user"].astype(np.int64))
            countries = _lines(arrays["country_names"])
            user_country = [countries[number] for number in arrays["country"]]
            prices = arrays["item_price_pence"]
            minutes = np.cumsum(arrays["minutes"].astype(np.int64))
            codes, titles = _lines(arrays["item_codes"]), _lines(arrays["item_titles"])
        except KeyError as error:
            raise ValueError(f"{path.name} is not a packed data set: no field {error}") from error
    return Interactions(
        sequences=np.split(items, ends[:-1]),
        user_ids=[f"customer-{number}" for number in range(len(ends))],
        item_ids=["", *codes],
        item_titles=["", *titles],
        item_attributes=[{}, *({"price": f"£{pence / 100:.2f}"} for pence in prices)],
        user_attributes=[{"country": country} for country in user_country],
        timestamps=np.split(FIRST_MINUTE_S + 60.0 * minutes, ends[:-1]),
        item_columns={"price": Attribute("numeric", np.append(np.nan, prices / 100.0))},
        user_columns={"country": Attribute("categorical", np.array(user_country, object))},
        item_texts=["", *titles],
    )


FIRST_MINUTE_S = 1_259_653_500.0  # 2009-12-01 07:45 UTC: the first row of the sheet


def _lines(array: np.ndarray) -> list[str]:
    return array.tobytes().decode().split("\n")
