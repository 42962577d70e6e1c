"""The users to follow: chosen over all history lengths, known by what they bought."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tensorboard_plugin_attn import Cohort, Item, User
from tensorboard_plugin_attn.capture.cohort import stratified
from tensorboard_plugin_attn.capture.keras import CapturedArray
from training.config import ModelConfig
from training.models.feature_attention import FeatureSpec, key_names, user_inputs
from training.preprocessing.features import Features
from training.preprocessing.interactions import Interactions
from training.preprocessing.sequences import PADDING, pad
from training.preprocessing.splitting import Split

MIN_HISTORY = 5  # shorter histories leave attention nothing to choose from
MASK = "(next item)"  # the label of BERT4Rec's mask


def choose_cohort(
    interactions: Interactions, split: Split, *, size: int, history_length: int, seed: int = 0
) -> Cohort:
    """Return `size` users stratified by history length, with their validation item as target.

    Their inputs are what is known before that item, so the cohort is never trained on its target.
    """
    places = chosen_places(split, size=size, history_length=history_length, seed=seed)
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
    features: Features,
    *,
    count: int,
    item_count: int,
    seed: int = 0,
) -> Cohort:
    """Return `cohort` with FeatureAttention's inputs: for each user the target and other items.

    The others are drawn by popularity from what the user has not seen, once and for all, so that
    the same candidates are followed through the training.
    """
    random = np.random.default_rng(seed)
    counts = np.sqrt(np.bincount(np.concatenate(split.train), minlength=item_count))
    counts[PADDING] = 0
    candidates = np.zeros((len(places), count), np.int32)
    for row, place in zip(candidates, places, strict=True):
        chance = counts.copy()
        chance[split.train[place]] = chance[split.validation[place]] = 0
        others = min(count - 1, int((chance > 0).sum()))
        drawn = random.choice(item_count, others, replace=False, p=chance / chance.sum())
        row[: 1 + others] = [split.validation[place], *drawn]
    users = user_inputs(features, [split.users[place] for place in places])
    return replace(cohort, inputs={"history": cohort.inputs, "candidate": candidates, **users})


def description(
    config: ModelConfig, cohort: Cohort, item_ids: Sequence[str], spec: FeatureSpec | None
) -> Callable[[CapturedArray], CapturedArray] | None:
    """Return what tells the callback what queries and keys of a model are; `None` for SASRec.

    Args:
      config: of the model.
      cohort: whose inputs.
      item_ids: id of each item number.
      spec: features, of FeatureAttention.
    """
    if config.architecture == "bert4rec":
        # The model's inputs, less the oldest place, and the mask it appends.
        rows = [[*_labels(row, item_ids)[1:], MASK] for row in cohort.inputs]
        return lambda layer: replace(
            layer, query_axis="sequence", key_axis="sequence", queries=rows, keys=rows, causal=False
        )
    if config.architecture == "feature_attention":
        inputs = cohort.inputs
        queries = [_labels(row, item_ids) for row in inputs["candidate"]]
        keys = _feature_labels(config, inputs, item_ids, spec or FeatureSpec())
        return lambda layer: replace(
            layer,
            kind="target",
            query_axis="candidate",
            key_axis="feature",
            queries=queries,
            keys=keys,
            causal=False,
            similarity=config.similarity,
        )
    return None


def _feature_labels(
    config: ModelConfig, inputs: dict[str, np.ndarray], item_ids: Sequence[str], spec: FeatureSpec
) -> list[list[str | None]]:
    """Return a label for each key, by user; fields are named, their values are not."""
    named = key_names(config.history_length, spec)[config.history_length :]
    found = []
    for row, history in enumerate(inputs["history"]):
        labels = [*_labels(history, item_ids), *named]
        first = config.history_length + len(spec.user_fields)
        for number in range(spec.neighbours):
            if inputs["neighbours"][row, number] == 0:
                labels[first + number] = None
        found.append(labels)
    return found


def _labels(items: np.ndarray, item_ids: Sequence[str]) -> list[str | None]:
    return [None if item == PADDING else item_ids[item] for item in items]


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
