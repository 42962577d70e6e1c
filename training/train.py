"""One training run, top to bottom: data in; event files, checkpoints and a report out."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorboard.plugins.hparams import api as hparams

from tensorboard_plugin_attn import Cohort, Privacy, WriterStatus, schedule
from tensorboard_plugin_attn.capture.keras import AttentionCallback
from training import distributed
from training.batches import CandidateBatches, MaskedBatches, WindowBatches
from training.callbacks.checkpoints import Checkpoints
from training.callbacks.ranking_evaluation import RankingEvaluation
from training.callbacks.scalars import Scalars
from training.cohort import choose_cohort, chosen_places, description, with_candidates
from training.config import ARCHITECTURES, RunConfig
from training.evaluate import Results, held_out_results
from training.models.build import build
from training.models.feature_attention import FeatureSpec, user_inputs
from training.models.portable import portable, portable_features
from training.optimizer import DenseAdam
from training.preprocessing.features import FeatureEncoder, Features
from training.preprocessing.interactions import Interactions
from training.preprocessing.splitting import Split, leave_one_out
from training.run_directory import Progress, RunDirectory, new_run_directory

logger = logging.getLogger("training")

__all__ = ["Report", "describe", "new_run_directory", "resume", "train"]


@dataclass(frozen=True)
class Report:
    """What a run did.

    Attributes:
      directory: the run's directory, with `attention`, `train`, `validation`, `checkpoints` in it.
      steps: training steps taken, those before a resume included.
      seconds: time in `fit`.
      results: metrics on the test items by model and baseline, seen items removed and kept, with
        the weights of the best epoch.
      logged: what became of the attention; `None` in a worker that does not log.
      cost: how long the training waited for logging, in words.
      progress: how far it came, and which epoch was best.
    """

    directory: Path
    steps: int
    seconds: float
    results: Results
    logged: WriterStatus | None
    cost: str
    progress: Progress


@dataclass(frozen=True, eq=False)
class _Task:
    """The data of a run, as the model wants it."""

    interactions: Interactions
    split: Split
    features: Features | None  # of FeatureAttention

    @property
    def spec(self) -> FeatureSpec | None:
        """Return the shape of the features."""
        return None if self.features is None else FeatureSpec.of(self.features)

    @property
    def users(self) -> dict[str, np.ndarray] | None:
        """Return inputs besides histories, for the users something is held out of."""
        return None if self.features is None else user_inputs(self.features, self.split.users)

    @property
    def learners(self) -> dict[str, np.ndarray] | None:
        """Return the same for the users of `split.training_sequences`."""
        everyone = [*self.split.users, *self.split.other_users]
        return None if self.features is None else user_inputs(self.features, everyone)


def train(
    interactions: Interactions,
    config: RunConfig,
    directory: Path,
    privacy: Privacy,
    *,
    split: Split | None = None,
    features: Features | None = None,
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
      strategy: as `distributed.strategy_of` returns it for `config.fit.strategy`. The chief alone
        writes.
      verbose: 0 for no progress bar.
    """
    run = RunDirectory(directory)
    writes = distributed.is_chief(strategy)
    keras.utils.set_random_seed(config.fit.seed)
    task = _task(interactions, config, split, features)
    with _precision(config.fit.precision), distributed.scope_of(strategy):
        model = _compiled(task, config)
    done = run.progress()
    if done.epoch:
        run.load(model)
    if writes:
        run.describe(config, task.interactions.item_count, task.spec)
    checkpoints = Checkpoints(run, config.fit.patience, writes=writes)
    evaluation = RankingEvaluation(
        directory if writes else None, task.split, config.model.history_length, task.users
    )
    callbacks: list[Any] = [evaluation, checkpoints]
    attention = _attention_callback(task, config, directory, privacy) if writes else None
    if attention is not None:
        if not done.epoch:
            log_hyperparameters(directory, config)
        callbacks = [attention, *callbacks, Scalars(directory)]
    began_s = time.perf_counter()
    _fit(model, task, config, callbacks, done.epoch, strategy, verbose)
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
            users=task.users,
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
        strategy=strategy,
        verbose=verbose,
    )


def _task(
    interactions: Interactions,
    config: RunConfig,
    split: Split | None,
    features: Features | None,
) -> _Task:
    if config.fit.max_users is not None:
        if split is not None or features is not None:
            raise ValueError("max_users with split or features: take fewer users when loading")
        interactions = interactions.first_users(config.fit.max_users)
    split = split or leave_one_out(interactions.sequences)
    if config.model.architecture != "feature_attention":
        return _Task(interactions, split, None)
    if features is None:
        features = FeatureEncoder.learn(interactions, split).encode(interactions)
    return _Task(interactions, split, features)


def _compiled(task: _Task, config: RunConfig) -> Any:
    """Return a built and compiled model with fresh weights."""
    features = task.features
    model = build(
        task.interactions.item_count,
        config.model,
        config.loss,
        spec=task.spec,
        item_codes=features and features.item_fields,
    )
    model.objective.draw_by(
        np.bincount(
            np.concatenate(task.split.training_sequences), minlength=task.interactions.item_count
        )
    )
    optimizer = DenseAdam(
        config.fit.learning_rate,
        beta_2=0.98,
        gradient_accumulation_steps=config.fit.accumulate if config.fit.accumulate > 1 else None,
    )
    model.compile(optimizer=optimizer)
    model.optimizer.build(model.trainable_variables)
    return model


def _batches(model: Any, task: _Task, config: RunConfig) -> Any:
    """Return the training examples the model wants."""
    sequences, fit = task.split.training_sequences, config.fit
    arguments = (sequences, config.model.history_length, fit.batch_size, fit.seed)
    if config.model.architecture == "bert4rec":
        return MaskedBatches(*arguments, mask_token=model.mask_token, share=fit.mask_share)
    if config.model.architecture == "feature_attention":
        return CandidateBatches(
            *arguments,
            per_user=fit.examples_per_user,
            negatives=config.loss.negatives,
            probabilities=model.objective.probabilities,
            users=task.learners or {},
        )
    return WindowBatches(*arguments)


def _fit(
    model: Any,
    task: _Task,
    config: RunConfig,
    callbacks: list[Any],
    done: int,
    strategy: Any | None,
    verbose: int,
) -> None:
    batches = _batches(model, task, config)
    for _ in range(done):  # epochs follow from the seed: replay those that are done
        batches.on_epoch_end()
    options: dict[str, Any] = {
        "epochs": config.fit.epochs,
        "initial_epoch": done,
        "callbacks": callbacks,
        "verbose": verbose,
    }
    if strategy is None:
        model.fit(batches, shuffle=False, **options)  # they are shuffled already, by their seed
    else:
        distributed.fit(model, batches, strategy, **options)


def _attention_callback(
    task: _Task, config: RunConfig, directory: Path, privacy: Privacy
) -> AttentionCallback:
    """Return the callback that logs attention and recommendations of the cohort."""
    interactions, split = task.interactions, task.split
    choice = {"size": config.logging.cohort_size, "history_length": config.model.history_length}
    cohort = choose_cohort(interactions, split, **choice)
    if task.features is not None:
        cohort = with_candidates(
            cohort,
            split,
            chosen_places(split, **choice),
            task.features,
            count=config.logging.candidates,
            item_count=interactions.item_count,
        )
    return AttentionCallback(
        directory / "attention",
        cohort=cohort,
        schedule=schedule.every_steps(config.logging.every_steps),
        max_overhead=config.logging.max_overhead,
        scores=_scores_with_attention,
        score_items=[None, *interactions.item_ids[1:]],
        top_k=config.logging.top_k,
        portable=_portable(task, config, cohort, privacy),
        describe=description(config.model, cohort, interactions.item_ids, task.spec),
        privacy=privacy,
    )


def _portable(task: _Task, config: RunConfig, cohort: Cohort, privacy: Privacy) -> Any:
    """Return what makes portable models of the run's model; `None` if there are to be none."""
    if not config.logging.models:
        return None
    if task.spec is None:
        return portable
    if unlisted := set(task.spec.user_fields) - set(privacy.user_attributes):
        logger.info(
            "no portable models: they hold fields of users that may not be written (%s)",
            ", ".join(sorted(unlisted)),
        )
        return None
    return partial(portable_features, inputs=cohort.inputs)


def _scores_with_attention(model: Any, inputs: Any) -> Any:
    """Return every item's score; FeatureAttention's attention is that over its candidates."""
    if isinstance(inputs, dict):
        model(inputs, training=False)
    return model.item_scores(inputs)


@contextmanager
def _precision(name: str) -> Iterator[None]:
    """Set Keras' dtype policy for the models made in the block."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def log_hyperparameters(directory: Path, config: RunConfig) -> None:
    """Write the run's settings for TensorBoard's HParams tab."""
    writer = tf.summary.create_file_writer(str(directory))
    with writer.as_default():
        hparams.hparams(config.hyperparameters())
    writer.close()


def describe(report: Report) -> str:
    """Return what a run logged and what it cost, for people."""
    step_ms = 1e3 * report.seconds / max(1, report.steps)
    best = report.progress
    text = (
        f"{report.steps} steps, {report.seconds:.0f} s, {step_ms:.1f} ms a step with everything; "
        f"best epoch {best.best_epoch} of {best.epoch} (validation NDCG@10 {best.best_ndcg:.4f})"
    )
    logged = report.logged
    if logged is None:
        return f"{text}\nattention is logged by the chief, not by this worker"
    lost = logged.dropped + logged.rejected + logged.failed
    return f"{text}\n{logged.written} records written, {lost} lost\n{report.cost}"
