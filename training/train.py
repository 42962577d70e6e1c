"""One training run, top to bottom: data in, event files and a report out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf
from tensorboard.plugins.hparams import api as hparams

from tensorboard_plugin_attn import Cohort, Privacy, WriterStatus, schedule
from tensorboard_plugin_attn.capture.keras import AttentionCallback
from training.callbacks.ranking_evaluation import RankingEvaluation
from training.cohort import choose_cohort
from training.config import RunConfig
from training.evaluate import Results, held_out_results
from training.models.sasrec import SASRec
from training.preprocessing.dataset import WindowBatches
from training.preprocessing.interactions import Interactions
from training.preprocessing.splitting import Split, leave_one_out

# What the cohort's users may show of themselves besides their pseudonym.
USER_ATTRIBUTES = frozenset({"country", "history"})


@dataclass(frozen=True)
class Report:
    """What a run did.

    Attributes:
      directory: the run's directory, with `attention`, `train` and `validation` in it.
      steps: training steps taken.
      seconds: time in `fit`.
      results: metrics on the test items by model and baseline, seen items removed and kept.
      logged: what became of the attention.
      cost: how long the training waited for logging, in words.
    """

    directory: Path
    steps: int
    seconds: float
    results: Results
    logged: WriterStatus
    cost: str


def new_run_directory(logdir: Path, name: str) -> Path:
    """Return `logdir/name`, or the first `logdir/name-2`, `-3`... that is not there yet."""
    candidate, number = logdir / name, 1
    while candidate.exists():
        number += 1
        candidate = logdir / f"{name}-{number}"
    return candidate


def train(
    interactions: Interactions, config: RunConfig, directory: Path, privacy: Privacy
) -> Report:
    """Train SASRec on `interactions`, logging to `directory`; return what came of it."""
    keras.utils.set_random_seed(config.fit.seed)
    split = leave_one_out(interactions.first_users(config.fit.max_users).sequences)
    interactions = interactions.first_users(config.fit.max_users)
    cohort = choose_cohort(
        interactions,
        split,
        size=config.logging.cohort_size,
        history_length=config.model.history_length,
    )
    model = SASRec(interactions.item_count, config.model, name="sasrec")
    model.compile(optimizer=keras.optimizers.Adam(config.fit.learning_rate, beta_2=0.98))
    log_hyperparameters(directory, config)
    attention = attention_callback(interactions, config, directory, cohort, privacy)
    seconds = fit(model, split, config, directory, attention)
    return Report(
        directory=directory,
        steps=int(model.optimizer.iterations),
        seconds=seconds,
        results=held_out_results(
            model, split, interactions.item_count, config.model.history_length
        ),
        logged=attention.status(),
        cost=attention.cost.describe(attention.status().written_bytes),
    )


def attention_callback(
    interactions: Interactions,
    config: RunConfig,
    directory: Path,
    cohort: Cohort,
    privacy: Privacy,
) -> AttentionCallback:
    """Return the callback that logs attention and recommendations of `cohort`."""
    return AttentionCallback(
        directory / "attention",
        cohort=cohort,
        schedule=schedule.every_steps(config.logging.every_steps),
        max_overhead=config.logging.max_overhead,
        scores=lambda model, inputs: model.item_scores(inputs),
        score_items=[None, *interactions.item_ids[1:]],
        top_k=config.logging.top_k,
        privacy=privacy,
    )


def fit(
    model: keras.Model,
    split: Split,
    config: RunConfig,
    directory: Path,
    attention: AttentionCallback,
) -> float:
    """Train, with a progress bar; return the seconds it took."""
    batches = WindowBatches(
        split.train, config.model.history_length, config.fit.batch_size, config.fit.seed
    )
    began = tf.timestamp()
    model.fit(
        batches,
        epochs=config.fit.epochs,
        callbacks=[
            attention,
            RankingEvaluation(directory, split, config.model.history_length),
            keras.callbacks.TensorBoard(directory, update_freq=10, write_graph=False),
        ],
    )
    return float(tf.timestamp() - began)


def log_hyperparameters(directory: Path, config: RunConfig) -> None:
    """Write the run's settings for TensorBoard's HParams tab."""
    writer = tf.summary.create_file_writer(str(directory))
    with writer.as_default():
        hparams.hparams(config.hyperparameters())
    writer.close()


def describe(report: Report) -> str:
    """Return what a run logged and what it cost, for people."""
    logged = report.logged
    step_ms = 1e3 * report.seconds / max(1, report.steps)
    lost = logged.dropped + logged.rejected + logged.failed
    return (
        f"{report.steps} steps in {report.seconds:.0f} s, {step_ms:.1f} ms a step with everything; "
        f"{logged.written} records written, {lost} lost\n{report.cost}"
    )
