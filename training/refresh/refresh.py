"""A run whose item texts are embedded again: fine-tuned from its best weights, and guarded.

Where the new vectors are as long as the old ones the run goes on, in a new attempt; else a new run
stands beside it. What loses quality is marked rejected, and the run keeps the weights it had.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tensorboard_plugin_attn import Privacy
from tensorboard_plugin_attn.capture.keras import AttentionCallback
from training.attention_log import attention_callback
from training.callbacks.ranking_evaluation import RankingEvaluation
from training.callbacks.scalars import Scalars
from training.config import RunConfig
from training.distributed import steps_of
from training.fitting import compiled, fit, precision
from training.guard import METRIC, Guard, quality
from training.models.build import rebuild
from training.models.feature_spec import FeatureSpec
from training.run_directory import Progress, RunDirectory, new_run_directory
from training.task import Task
from training.train import log_hyperparameters

FILE = "refresh.json"
SMALLEST_CHANGE = 1e-6  # of a vector's number; less is rounding
SLOWER = 0.1  # fine-tuning's learning rate, as a share of the training's


@dataclass(frozen=True)
class Texts:
    """What texts are turned into vectors by.

    Attributes:
      encoder: name of the encoder, for people.
      another: it is not what the run was trained with: its vectors mean something else.
    """

    encoder: str
    another: bool


@dataclass(frozen=True)
class Refreshed:
    """What came of embedding again.

    Attributes:
      directory: of the run that was fine-tuned: the parent itself, or a new one beside it.
      parent: whose texts were embedded again.
      encoder: what they were embedded by.
      guard: quality before and after.
    """

    directory: Path
    parent: Path
    encoder: str
    guard: Guard

    @property
    def goes_on(self) -> bool:
        """Tell whether the run itself went on, in a new attempt."""
        return self.directory == self.parent

    def __str__(self) -> str:
        """Return it for people."""
        where = "a new attempt" if self.goes_on else f"a new run, from {self.parent.name}"
        return f"{self.directory.name} ({where}), texts by {self.encoder}\n  {self.guard}"

    def as_json(self) -> dict[str, Any]:
        """Return what the run's refresh.json holds."""
        return {
            "parent": self.parent.name,
            "text_encoder": self.encoder,
            "status": "kept" if self.guard.passed else "rejected",
            "guard": self.guard.as_json(),
        }


def refresh(
    parent: Path,
    task: Task,
    texts: Texts,
    privacy: Privacy,
    *,
    source: Mapping[str, Any] | None = None,
    old: Task | None = None,
    epochs: int = 1,
    learning_rate: float | None = None,
    verbose: int = 1,
) -> Refreshed | None:
    """Fine-tune the best weights of `parent` on new text vectors; `None`: none of them changed.

    Args:
      parent: directory of a run that `train` made.
      task: its data again, with the new vectors.
      texts: what made them.
      privacy: what of the cohort may be written.
      source: what `run.json` is to say of the data.
      old: its data with the vectors it was trained on; by default `task`, whose users then say the
        same to both models.
      epochs: of fine-tuning.
      learning_rate: by default a tenth of the run's.
      verbose: 0 for no progress bar.

    Raises:
      ValueError: the run has no texts of items, or was trained on other data.
    """
    run, item_count, spec = RunDirectory(parent).description()
    _refuse_others(parent, item_count, spec, task)
    before, old = rebuild(parent), old or task
    if not _changed(before, task):
        return None
    quality_before = quality(before, old, run.model.history_length)
    keras.utils.set_random_seed(run.fit.seed)
    with precision(run.fit.precision):
        model = compiled(task, run)
    goes_on = task.spec == spec
    done = Progress()
    if goes_on:
        RunDirectory(parent).load(model)  # the optimizer's state, and steps to count on from
        done = RunDirectory(parent).progress()
    take_over(before, model, task, old if texts.another else None)
    directory = (
        parent if goes_on else new_run_directory(parent.parent, f"{parent.name}-{texts.encoder}")
    )
    tuned = replace(run, fit=replace(run.fit, epochs=done.epoch + epochs))
    usual = run.fit.learning_rate
    model.optimizer.learning_rate.assign(learning_rate or SLOWER * usual)
    attention = attention_callback(task, tuned, directory, privacy, after=parent)
    _fit(model, task, tuned, directory, attention, done.epoch, verbose)
    model.optimizer.learning_rate.assign(usual)  # for whoever resumes it
    guard = Guard(quality_before, quality(model, task, run.model.history_length))
    outcome = Refreshed(directory, parent, texts.encoder, guard)
    if guard.passed or not goes_on:
        kept = RunDirectory(directory)
        kept.describe(tuned, item_count, task.spec, source)
        kept.name_items(task.interactions.item_ids, task.interactions.item_titles)
        kept.save(model, Progress(tuned.fit.epochs, tuned.fit.epochs, guard.child.value))
    _write(outcome, tuned, steps_of(model))
    return outcome


def _refuse_others(parent: Path, item_count: int, spec: FeatureSpec | None, task: Task) -> None:
    if spec is None or not spec.item_text:
        raise ValueError(
            f"{parent.name} attends to no texts of items: refresh a run that was trained with "
            "--model feature_attention and a --text-encoder"
        )
    if item_count != task.interactions.item_count:
        raise ValueError(
            f"{parent} was trained on {item_count - 1} items, this data has "
            f"{task.interactions.item_count - 1}: give the data it was trained on"
        )
    if task.spec is None or not _alike(task.spec) == _alike(spec):
        raise ValueError(f"{parent} was trained on other features: give the data it began with")


def _alike(spec: FeatureSpec) -> FeatureSpec:
    """Return `spec` with nothing of its texts but that they are there."""
    return replace(spec, item_text=int(spec.item_text > 0), said=int(spec.said > 0))


def _changed(model: Any, task: Task) -> bool:
    """Tell whether the vectors of `task`'s item texts are others than the model's."""
    ours, theirs = np.asarray(model.item_vectors["item_text"]), (task.items or {})["item_text"]
    return ours.shape != theirs.shape or bool(np.abs(ours - theirs).max() > SMALLEST_CHANGE)


def take_over(before: Any, model: Any, task: Task, old: Task | None) -> None:
    """Give `model` the weights of `before`, but for what is known of items, which is `task`'s.

    Args:
      before: the run's best.
      model: of the same features; texts' vectors may have another length.
      task: with the new vectors.
      old: with the old ones, if they are of another encoder. Then the layers that make keys of
        texts are solved for: keys of the new vectors are what they were, as far as they can be.
    """
    tables = {id(table) for table in model.item_vectors.values()}
    for theirs, ours in zip(before.weights, model.weights, strict=True):
        if id(ours) not in tables and ours.shape == theirs.shape:
            ours.assign(theirs)
    for name, table in model.item_vectors.items():
        table.assign((task.items or {})[name])
    if old is None:
        return
    pairs = {"item_text": (before.item_vectors["item_text"], model.item_vectors["item_text"])}
    if task.said is not None and old.said is not None:
        pairs["said"] = (np.concatenate(old.said), np.concatenate(task.said))
    for name, (then, now) in pairs.items():
        kernel = np.asarray(then) @ np.asarray(before.vectors[name].kernel)
        solved = np.linalg.lstsq(np.asarray(now), kernel, rcond=None)[0]
        model.vectors[name].kernel.assign(solved.astype(np.float32))
        model.vectors[name].bias.assign(before.vectors[name].bias)


def _fit(
    model: Any,
    task: Task,
    config: RunConfig,
    directory: Path,
    attention: AttentionCallback,
    done: int,
    verbose: int,
) -> None:
    evaluation = RankingEvaluation(
        directory,
        task.split,
        config.model.history_length,
        task.users("validation"),
        remove_seen=not task.domain.repeats,
    )
    callbacks = [attention, evaluation, Scalars(directory)]
    fit(model, task, config, callbacks, done=done, strategy=None, verbose=verbose)


def _write(outcome: Refreshed, config: RunConfig, step: int) -> None:
    """Write what came of it beside the run, and for TensorBoard's own tabs."""
    text = json.dumps(outcome.as_json(), indent=2)
    (outcome.directory / FILE).write_text(text + "\n", encoding="utf-8")
    if not outcome.goes_on:  # a run has its hyperparameters once
        learned = {
            "parent": outcome.parent.name,
            "text_encoder": outcome.encoder,
            "refresh_guard": "kept" if outcome.guard.passed else "rejected",
        }
        log_hyperparameters(outcome.directory, config, learned)
    writer = tf.summary.create_file_writer(str(outcome.directory))
    with writer.as_default():
        tf.summary.scalar(f"refresh/{METRIC}", outcome.guard.child.value, step=step)
    writer.close()
