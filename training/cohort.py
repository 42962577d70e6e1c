"""The users to follow: chosen over all history lengths, known by what they bought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from tensorboard_plugin_attn import Cohort, Item, User
from tensorboard_plugin_attn.capture.cohort import stratified
from training.datasets.domain import Domain
from training.preprocessing.interactions import Interactions
from training.preprocessing.sequences import PADDING, pad
from training.preprocessing.splitting import Split

MIN_HISTORY = 5  # shorter histories leave attention nothing to choose from


def choose_cohort(
    interactions: Interactions,
    split: Split,
    *,
    size: int,
    history_length: int,
    seed: int = 0,
    domain: Domain | None = None,
) -> Cohort:
    """Return `size` users stratified by history length, with their validation item as target.

    Their inputs are what is known before that item, so the cohort is never trained on its target.
    Users are called by the domain's word and a number, and say if the data is not real.
    """
    places = chosen_places(split, size=size, history_length=history_length, seed=seed)
    users = [_user(interactions, split, place, history_length) for place in places]
    return Cohort(
        users=[_called(user, number, domain or Domain()) for number, user in enumerate(users, 1)],
        items={
            item_id: Item(item_id, title, attributes)
            for item_id, title, attributes in zip(
                interactions.item_ids[1:],
                interactions.item_titles[1:],
                interactions.item_attributes[1:],
                strict=True,
            )
        },
        inputs=pad([split.train[place] for place in places], history_length),
    )


def chosen_places(split: Split, *, size: int, history_length: int, seed: int = 0) -> list[int]:
    """Return the places in `split` of the cohort's users."""
    long_enough = [
        place for place, items in enumerate(split.train) if len(items) >= MIN_HISTORY
    ] or list(range(len(split.train)))
    lengths = [min(len(split.train[place]), history_length) for place in long_enough]
    return [long_enough[number] for number in stratified(lengths, size, seed)]


def with_candidates(
    cohort: Cohort,
    split: Split,
    places: Sequence[int],
    users: Mapping[str, np.ndarray],
    *,
    count: int,
    item_count: int,
    repeats: bool = False,
    seed: int = 0,
) -> Cohort:
    """Return `cohort` with FeatureAttention's inputs: for each user the target and other items.

    The others are drawn by popularity from what the user has not seen, once and for all, so that
    the same candidates are followed through the training.

    Args:
      cohort: of `choose_cohort`.
      split: likewise.
      places: of `chosen_places`.
      users: further inputs of the split's users.
      count: candidates of each user.
      item_count: number of items, padding (0) included.
      repeats: an item may come again: what the user has seen is drawn too.
      seed: the same seed draws the same items.
    """
    random = np.random.default_rng(seed)
    counts = np.sqrt(np.bincount(np.concatenate(split.train), minlength=item_count))
    counts[PADDING] = 0
    candidates = np.zeros((len(places), count), np.int32)
    for row, place in zip(candidates, places, strict=True):
        chance = counts.copy()
        chance[split.validation[place]] = 0
        if not repeats:
            chance[split.train[place]] = 0
        others = min(count - 1, int((chance > 0).sum()))
        drawn = random.choice(item_count, others, replace=False, p=chance / chance.sum())
        row[: 1 + others] = [split.validation[place], *drawn]
    chosen = {name: values[places] for name, values in users.items()}
    return replace(cohort, inputs={"history": cohort.inputs, "candidate": candidates, **chosen})


def _called(user: User, number: int, domain: Domain) -> User:
    """Return `user` with a label that tells nobody who it is, and what the data is."""
    origin = {"data": domain.label} if domain.label else {}
    word = domain.words.user
    label = word if word.startswith(domain.label) else f"{domain.label} {word}"
    return replace(
        user, label=f"{label.capitalize()} {number}", attributes={**origin, **user.attributes}
    )


def _user(interactions: Interactions, split: Split, place: int, history_length: int) -> User:
    user = split.users[place]
    history = split.train[place][-history_length:]
    return User(
        id=interactions.user_ids[user],
        history=[interactions.item_ids[item] for item in history],
        target=interactions.item_ids[split.validation[place]],
        attributes={
            **interactions.user_attributes[user],
            "history": f"{len(split.train[place])} items",
        },
    )
