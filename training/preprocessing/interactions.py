"""Who interacted with what, in order; and what the items are called."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Interactions:
    """Every user's items, oldest first. Item 0 is padding and never occurs.

    Attributes:
      sequences: item numbers per user, int32, oldest first.
      user_ids: raw user ids, in the same order.
      item_ids: id of each item number; `item_ids[0]` is padding.
      item_titles: title of each item number.
      item_attributes: what else is known of each item number.
      user_attributes: what else is known of each user.
    """

    sequences: list[np.ndarray]
    user_ids: list[str]
    item_ids: list[str]
    item_titles: list[str]
    item_attributes: list[dict[str, str]]
    user_attributes: list[dict[str, str]]

    @property
    def item_count(self) -> int:
        """Return the number of items, padding included."""
        return len(self.item_ids)

    def first_users(self, count: int | None) -> Interactions:
        """Return the interactions of `count` users spread evenly over all; all if `None`."""
        if count is None or count >= len(self.sequences):
            return self
        chosen = np.linspace(0, len(self.sequences) - 1, count).astype(int)
        return Interactions(
            [self.sequences[user] for user in chosen],
            [self.user_ids[user] for user in chosen],
            self.item_ids,
            self.item_titles,
            self.item_attributes,
            [self.user_attributes[user] for user in chosen],
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
    )


def _lines(array: np.ndarray) -> list[str]:
    return array.tobytes().decode().split("\n")
