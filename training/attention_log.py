"""What a training logs of its attention: whom it follows, and the callback that does it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tensorboard_plugin_attn import Cohort, Privacy, schedule
from tensorboard_plugin_attn.capture.keras import AttentionCallback
from training.axes import description
from training.cohort import choose_cohort, chosen_places, with_candidates
from training.config import RunConfig
from training.datasets.domain import SAID
from training.models.feature_spec import FeatureSpec
from training.models.portable import portable, portable_features
from training.pseudonyms import going_on
from training.task import Task

logger = logging.getLogger("training")


def cohort_of(task: Task, config: RunConfig) -> Cohort:
    """Return the users whose attention is logged, the same whenever it is asked for.

    Args:
      task: whose users are followed.
      config: what is trained, and how much of it is logged.
    """
    interactions, split, domain = task.interactions, task.split, task.domain
    choice = {"size": config.logging.cohort_size, "history_length": config.model.history_length}
    cohort = choose_cohort(interactions, split, domain=domain, **choice)
    users = task.users("validation")
    if users is not None:
        return with_candidates(
            cohort,
            split,
            chosen_places(split, **choice),
            users,
            count=config.logging.candidates,
            item_count=interactions.item_count,
            repeats=domain.repeats,
        )
    return cohort


def attention_callback(
    task: Task,
    config: RunConfig,
    directory: Path,
    privacy: Privacy,
    *,
    known: Mapping[int, Sequence[str]] | None = None,
    after: Path | None = None,
) -> AttentionCallback:
    """Return the callback that logs attention and recommendations of the cohort.

    Args:
      task: whose users are followed.
      config: what is trained, and how much of it is logged.
      directory: the run's.
      privacy: what of the cohort may be written.
      known: ids of items that are no candidates any more, by row of the cohort.
      after: a run that this one goes on from: users keep their pseudonyms.
    """
    interactions, domain = task.interactions, task.domain
    cohort = cohort_of(task, config)
    if after is not None:
        privacy = going_on(privacy, cohort, after)
    if known:
        users = [replace(user, known=known.get(row, ())) for row, user in enumerate(cohort.users)]
        cohort = replace(cohort, users=tuple(users))
    return AttentionCallback(
        directory / "attention",
        cohort=cohort,
        schedule=schedule.every_steps(config.logging.every_steps),
        max_overhead=config.logging.max_overhead,
        scores=_scores_with_attention,
        score_items=[None, *interactions.item_ids[1:]],
        top_k=config.logging.top_k,
        remove_seen=not domain.repeats,
        portable=_portable(task, config, cohort, privacy),
        describe=description(config.model, cohort, interactions.item_ids, task.spec, domain.words),
        privacy=privacy,
    )


def _portable(task: Task, config: RunConfig, cohort: Cohort, privacy: Privacy) -> Any:
    """Return what makes portable models of the run's model; `None` if there are to be none."""
    spec = task.spec
    if not config.logging.models:
        return None
    if spec is None:
        return portable
    if unlisted := _of_people(spec) - set(privacy.user_attributes):
        logger.info(
            "no portable models: they hold what may not be written of users (%s)",
            ", ".join(sorted(unlisted)),
        )
        return None
    return partial(portable_features, inputs=cohort.inputs, words=task.domain.words)


def _of_people(spec: FeatureSpec) -> set[str]:
    """Return the attributes of users that a portable model holds, by name."""
    return {*spec.user_fields, *spec.user_numbers, *([SAID] if spec.said else [])}


def _scores_with_attention(model: Any, inputs: Any) -> Any:
    """Return every item's score; FeatureAttention's attention is that over its candidates."""
    if isinstance(inputs, dict):
        model(inputs, training=False)
    return model.item_scores(inputs)
