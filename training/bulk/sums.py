"""Sums over the users of one group: all that is kept of a person, and what may be said of them.

Every published number is a mean over at least k users; where fewer have such a long history, older
places are joined into one.
"""

from __future__ import annotations

import io
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from training.bulk.inference import MEASURES, UserResult
from training.bulk.partition import at_least

DIGITS = 4  # of a published number
_MEMBERS = 1 << 128


class CommonItem(NamedTuple):
    """An item that many users of a group get: to at least how many, with which mean score."""

    item: int
    users: int
    score: float


@dataclass
class GroupSums:
    """Sums over users; adding up is associative, so that any worker may add up any part.

    Attributes:
      places: longest attention, the model's.
      users: how many.
      lengths: users by number of real places, `[places + 1]`.
      attention: by layer `[head, query, key]`, aligned at the newest.
      measures: by layer `[2, measure, head]`: sums, and sums of squares.
      recommended: users by item number that is among their recommendations.
      scores: sums of the model's scores of these items for these users.
      unknown_items: items of histories that the model does not know.
      members: sum of the users' numbers, modulo 2^128: tells the same people from others.
    """

    places: int
    users: int = 0
    lengths: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    attention: dict[str, np.ndarray] = field(default_factory=dict)
    measures: dict[str, np.ndarray] = field(default_factory=dict)
    recommended: Counter[int] = field(default_factory=Counter)
    scores: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    unknown_items: int = 0
    members: int = 0

    def __post_init__(self) -> None:
        """Make room for the lengths."""
        if not len(self.lengths):
            self.lengths = np.zeros(self.places + 1, np.int64)

    def add(self, user: UserResult) -> None:
        """Take in one user."""
        self.users += 1
        self.unknown_items += user.unknown_items
        self.members = (self.members + user.member) % _MEMBERS
        self.recommended.update(user.recommended.tolist())
        for item, score in zip(user.recommended.tolist(), user.scores.tolist(), strict=True):
            self.scores[item] += score
        for layer, attention in user.attention.items():
            heads, length, _ = attention.shape
            if layer not in self.attention:
                self.attention[layer] = np.zeros((heads, self.places, self.places))
                self.measures[layer] = np.zeros((2, *user.measures[layer].shape))
            self.attention[layer][:, -length:, -length:] += attention
            values = user.measures[layer].astype(np.float64)
            self.measures[layer] += [values, values**2]
        self.lengths[length] += 1

    def merge(self, other: GroupSums) -> None:
        """Take in the users of `other`, which are none of these."""
        self.users += other.users
        self.unknown_items += other.unknown_items
        self.members = (self.members + other.members) % _MEMBERS
        self.lengths += other.lengths
        self.recommended.update(other.recommended)
        for item, score in other.scores.items():
            self.scores[item] += score
        for mine, theirs in (
            (self.attention, other.attention),
            (self.measures, other.measures),
        ):
            for layer, values in theirs.items():
                mine[layer] = mine[layer] + values if layer in mine else values.copy()

    def window(self, k: int) -> int:
        """Return the largest number of places that at least `k` users have."""
        users_with = np.cumsum(self.lengths[::-1])[::-1]  # [place]: with so many places or more
        return int(np.flatnonzero(users_with >= k).max())

    def mean_attention(self, layer: str, k: int) -> np.ndarray:
        """Return the mean `[head, query, key]` over users who have the query, newest last.

        It has `window(k)` places; what falls on older keys is added to the oldest. Rows sum to 1.
        """
        window = self.window(k)
        sums = self.attention[layer][:, -window:]
        older = sums[:, :, : self.places - window].sum(axis=-1)
        kept = sums[:, :, self.places - window :].copy()
        kept[:, :, 0] += older
        users_with = np.cumsum(self.lengths[::-1])[::-1][window:0:-1]  # [query]
        return np.asarray(kept / users_with[None, :, None])

    def measure_means(self, layer: str) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation over users, `[measure, head]` each."""
        mean, square = self.measures[layer] / self.users
        return mean, np.sqrt(np.maximum(square - mean**2, 0))

    def common_items(self, k: int, top: int) -> list[CommonItem]:
        """Return up to `top` items that at least `k` users get, those with most users first."""
        often = [(item, users) for item, users in self.recommended.items() if users >= k]
        often.sort(key=lambda pair: (-at_least(pair[1]), pair[0]))  # not by what is not published
        return [
            CommonItem(item, at_least(users), self.scores[item] / users)
            for item, users in often[:top]
        ]

    def to_bytes(self) -> bytes:
        """Return what `from_bytes` takes: arrays only, no code."""
        items = sorted((item, n, self.scores[item]) for item, n in self.recommended.items())
        layers = list(self.attention)
        about = json.dumps(
            [self.places, self.users, self.unknown_items, self.members, layers]
        ).encode()
        stream = io.BytesIO()
        np.savez(
            stream,
            about=np.frombuffer(about, np.uint8),
            lengths=self.lengths,
            recommended=np.array(items, np.float64).reshape(-1, 3),
            **{f"attention_{n}": self.attention[layer] for n, layer in enumerate(layers)},
            **{f"measures_{n}": self.measures[layer] for n, layer in enumerate(layers)},
        )
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> GroupSums:
        """Return the sums that `to_bytes` wrote."""
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            places, users, unknown, members, layers = json.loads(arrays["about"].tobytes())
            items = [(int(item), int(n), score) for item, n, score in arrays["recommended"]]
            return cls(
                places=places,
                users=users,
                lengths=arrays["lengths"],
                attention={layer: arrays[f"attention_{n}"] for n, layer in enumerate(layers)},
                measures={layer: arrays[f"measures_{n}"] for n, layer in enumerate(layers)},
                recommended=Counter({item: n for item, n, _ in items}),
                scores=defaultdict(float, {item: float(score) for item, _, score in items}),
                unknown_items=unknown,
                members=members,
            )


def rounded(value: Any) -> float:
    """Return `value` with four significant digits."""
    return float(f"{float(value):.{DIGITS}g}")


def measure_names(sums: GroupSums, layer: str) -> tuple[str, ...]:
    """Return what the rows of a layer's measures are called."""
    return MEASURES[: sums.measures[layer].shape[1]]
