"""What an item of the history does to a recommendation, by taking it away: exact by definition.

Everything goes through one function that predicts for a batch of edits, whoever computes it. Drops
are what is lost: positive where the item spoke for the recommendation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tensorboard_plugin_attn.portable.edits import Edit

Floats = NDArray[np.float32]
Predict = Callable[[Sequence[Edit]], Floats]  # -> score of every item, [edit, item]

_BATCH = 64  # edits that are predicted at once: larger ones leave the cache


def in_batches(
    predict: Predict, check: Callable[[], None] = lambda: None, most: int = _BATCH
) -> Predict:
    """Return `predict` that takes any number of edits, a few at a time.

    Edits that leave histories of like length go together: a batch is as wide as its longest.

    Args:
      predict: of one user.
      check: called between batches; may raise to give up.
      most: how many go together.
    """

    def batched(edits: Sequence[Edit]) -> Floats:
        order = sorted(range(len(edits)), key=lambda number: len(edits[number].deleted))
        found: Floats | None = None
        for first in range(0, len(order), most):
            check()
            numbers = order[first : first + most]
            scores = predict([edits[number] for number in numbers])
            if found is None:
                found = np.empty((len(edits), scores.shape[1]), np.float32)
            found[numbers] = scores
        if found is None:
            raise ValueError("no edits")
        return found

    return batched


@dataclass(frozen=True)
class Removed:
    """Scores with and without each place of the history.

    Attributes:
      before: `[item]`.
      deleted: without the item of each place, `[place, item]`.
      masked: with attention on it set to 0 in every layer and head, `[place, item]`; `None` where
        that was not asked for.
    """

    before: Floats
    deleted: Floats
    masked: Floats | None


def removed(predict: Predict, places: int, *, features: int = 0, masks: bool = True) -> Removed:
    """Return what the scores are without each of `places` items of the history.

    Of the only item of a history nothing can be taken away: its rows are those of no change.

    Args:
      predict: of one user.
      places: length of the history.
      features: keys besides the history, whose places follow. They cannot be deleted: they are
        masked, which for a model with one layer of attention takes them away as well.
      masks: whether to mask the history's places too.
    """
    deletions = [Edit(deleted=frozenset({place})) for place in range(places)]
    if places < 2:
        deletions = [Edit()] * places
    masked = [Edit(weights={place: 0.0}) for place in range(places if places > 1 else 0)]
    masked += [Edit()] * (places - len(masked))
    without = [Edit(weights={places + number: 0.0}) for number in range(features)]
    scores = predict([Edit(), *deletions, *without, *(masked if masks else [])])
    count = places + features
    deleted = scores[1 : 1 + count]
    if not masks:
        return Removed(scores[0], deleted, None)
    return Removed(scores[0], deleted, np.concatenate([scores[1 + count :], deleted[places:]]))


def effects(removed: Removed, item: int) -> dict[str, Floats]:
    """Return by how much the log-probability of `item` falls, `[place]`, by what is done."""
    before = log_probabilities(removed.before)[item]
    found = {"delete": before - log_probabilities(removed.deleted)[:, item]}
    if removed.masked is not None:
        found["mask"] = before - log_probabilities(removed.masked)[:, item]
    return found


def log_probabilities(scores: Floats) -> Floats:
    """Return the log of the softmax of `scores [..., item]`, in which padding (0) has no share."""
    real = scores[..., 1:]
    largest = real.max(axis=-1, keepdims=True)
    total = largest + np.log(np.exp(real - largest).sum(axis=-1, keepdims=True))
    return np.asarray(scores - total, np.float32)


def ranks(scores: Floats, excluded: NDArray[np.bool_], items: Sequence[int]) -> NDArray[np.int64]:
    """Return the place of `items` among what is not `excluded [item]`, 1 being best, `[..., item]`.

    Equal scores are ordered by number, as in the recommendations that are logged. An item that is
    excluded itself has the rank it would have if it were not.
    """
    candidates = np.where(excluded, np.float32(-np.inf), scores)
    numbers = np.arange(scores.shape[-1])
    found = [
        1
        + (candidates > scores[..., item, None]).sum(axis=-1)
        + ((candidates == scores[..., item, None]) & (numbers < item)).sum(axis=-1)
        for item in items
    ]
    return np.stack(found, axis=-1)


def best(scores: Floats, excluded: NDArray[np.bool_], count: int) -> list[int]:
    """Return the numbers of the `count` best items of `scores [item]`, best first."""
    candidates = np.where(excluded | np.isnan(scores), -np.inf, scores)
    count = min(count, int((candidates > -np.inf).sum()))
    if not count:
        return []
    lowest = np.partition(candidates, -count)[-count]
    chosen = np.flatnonzero(candidates >= lowest)
    order = np.argsort(-candidates[chosen], kind="stable")[:count]
    return [int(number) for number in chosen[order]]


def rank_correlation(a: Floats, b: Floats) -> float | None:
    """Return Spearman's correlation of two orders of the same places; `None` where one is flat."""
    first, second = _ranked(a), _ranked(b)
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first @ first) * (second @ second)))
    return None if size == 0 else float(first @ second) / size


def _ranked(values: Floats) -> NDArray[np.float64]:
    """Return ranks from 0, equal values sharing their mean rank."""
    order = np.asarray(values, np.float64)
    _, group, count = np.unique(order, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count + 1) / 2)[group])
