"""One training run, top to bottom: data in; event files, checkpoints and a report out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from tensorboard.plugins.hparams import api as hparams

from tensorboard_plugin_attn import Privacy
from training import distributed
from training.attention_log import attention_callback
from training.callbacks.checkpoints import Checkpoints
from training.callbacks.ranking_evaluation import RankingEvaluation
from training.callbacks.scalars import Scalars
from training.config import ARCHITECTURES, RunConfig
from training.datasets.domain import Domain
from training.evaluate import held_out_results
from training.fitting import compiled, fit, precision
from training.preprocessing.features import Features
from training.preprocessing.interactions import Interactions
from training.preprocessing.splitting import Split
from training.report import Report, describe
from training.run_directory import RunDirectory, new_run_directory
from training.task import Task

__all__ = ["Report", "describe", "new_run_directory", "resume", "train"]


def train(
    interactions: Interactions,
    config: RunConfig,
    directory: Path,
    privacy: Privacy,
    *,
    split: Split | None = None,
    features: Features | None = None,
    domain: Domain | None = None,
    source: Mapping[str, Any] | None = None,
    strategy: Any | None = None,
    verbose: int = 1,
) -> Report:
    """Train a model on `interactions`, logging to `directory`; return what came of it.

    If there are checkpoints in `directory`, training goes on after the last: the log gets a new
    attempt, and steps are counted on.

    Args:
      interactions: every user's items.
      config: what to train, and how.
      directory: the run's.
      privacy: what of the cohort may be written.
      split: what of it may be learned from; by default the last two items of each user are held
        out. Not to be given together with `config.fit.max_users`.
      features: of items and users, for FeatureAttention; by default what the training part of
        `interactions` tells.
      domain: what things are called, and whether the data is real.
      source: what `run.json` says of where the data is from, for JSON.
      strategy: as `distributed.strategy_of` returns it for `config.fit.strategy`. The chief alone
        writes.
      verbose: 0 for no progress bar.
    """
    run = RunDirectory(directory)
    writes = distributed.is_chief(strategy)
    keras.utils.set_random_seed(config.fit.seed)
    task = Task.of(interactions, config, split, features, domain)
    with precision(config.fit.precision), distributed.scope_of(strategy):
        model = compiled(task, config)
    done = run.progress()
    if done.epoch:
        run.load(model)
    if writes:
        run.describe(config, task.interactions.item_count, task.spec, source)
        run.name_items(task.interactions.item_ids, task.interactions.item_titles)
    checkpoints = Checkpoints(run, config.fit.patience, writes=writes)
    evaluation = RankingEvaluation(
        directory if writes else None,
        task.split,
        config.model.history_length,
        task.users("validation"),
        remove_seen=not task.domain.repeats,
    )
    callbacks: list[Any] = [evaluation, checkpoints]
    attention = None
    if writes:
        after = directory if done.epoch else None
        attention = attention_callback(task, config, directory, privacy, after=after)
    if attention is not None:
        if not done.epoch:
            log_hyperparameters(directory, config)
        callbacks = [attention, *callbacks, Scalars(directory)]
    began_s = time.perf_counter()
    fit(model, task, config, callbacks, done=done.epoch, strategy=strategy, verbose=verbose)
    seconds = time.perf_counter() - began_s
    steps = distributed.steps_of(model)
    if writes:
        run.load(model, best=True)
    return Report(
        directory=directory,
        steps=steps,
        seconds=seconds,
        results=held_out_results(
            model,
            task.split,
            task.interactions.item_count,
            config.model.history_length,
            name=ARCHITECTURES[config.model.architecture],
            users=task.users("test"),
            repeats=task.domain.repeats,
        ),
        logged=None if attention is None else attention.status(),
        cost="" if attention is None else attention.cost.describe(attention.status().written_bytes),
        progress=checkpoints.progress,
    )


def resume(
    interactions: Interactions,
    directory: Path,
    privacy: Privacy,
    *,
    epochs: int | None = None,
    split: Split | None = None,
    features: Features | None = None,
    domain: Domain | None = None,
    source: Mapping[str, Any] | None = None,
    strategy: Any | None = None,
    verbose: int = 1,
) -> Report:
    """Go on with the training of `directory`, up to `epochs` in all.

    Args:
      interactions: the same data again.
      directory: of a run that `train` made.
      privacy: with the same key, or the cohort's pseudonyms change.
      epochs: how many in all; by default what the run was to have.
      split: the same as before.
      features: the same as before.
      domain: as of `train`.
      source: as of `train`.
      strategy: as of `train`.
      verbose: as of `train`.

    Raises:
      ValueError: there is no such run, its data was different, or it is done already.
    """
    config, item_count, _ = RunDirectory(directory).description()
    if item_count != interactions.item_count:
        raise ValueError(
            f"{directory} was trained on {item_count - 1} items, this data has "
            f"{interactions.item_count - 1}: resume with the data it began with"
        )
    if epochs is not None:
        config = replace(config, fit=replace(config.fit, epochs=epochs))
    if (done := RunDirectory(directory).progress().epoch) >= config.fit.epochs:
        raise ValueError(f"{directory} has its {done} epochs: ask for more to go on")
    return train(
        interactions,
        config,
        directory,
        privacy,
        split=split,
        features=features,
        domain=domain,
        source=source,
        strategy=strategy,
        verbose=verbose,
    )


def log_hyperparameters(
    directory: Path, config: RunConfig, more: Mapping[str, int | float | str] | None = None
) -> None:
    """Write the run's settings, and what `more` is to be known of it, for the HParams tab."""
    writer = tf.summary.create_file_writer(str(directory))
    with writer.as_default():
        hparams.hparams({**config.hyperparameters(), **(more or {})})
    writer.close()
