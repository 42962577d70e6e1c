"""The users to follow: chosen over all history lengths, known by what they bought."""

from __future__ import annotations

from tensorboard_plugin_attn import Cohort, Item, User
from tensorboard_plugin_attn.capture.cohort import stratified
from training.preprocessing.interactions import Interactions
from training.preprocessing.sequences import pad
from training.preprocessing.splitting import Split

MIN_HISTORY = 5  # shorter histories leave attention nothing to choose from


def choose_cohort(
    interactions: Interactions, split: Split, *, size: int, history_length: int, seed: int = 0
) -> Cohort:
    """Return `size` users stratified by history length, with their validation item as target.

    Their inputs are what is known before that item, so the cohort is never trained on its target.
    """
    long_enough = [
        place for place, items in enumerate(split.train) if len(items) >= MIN_HISTORY
    ] or list(range(len(split.train)))
    lengths = [min(len(split.train[place]), history_length) for place in long_enough]
    places = [long_enough[number] for number in stratified(lengths, size, seed)]
    return Cohort(
        users=[_user(interactions, split, place, history_length) for place in places],
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
