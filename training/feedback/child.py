"""A run that learned from feedback on another: its parent stays as it is."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tensorboard_plugin_attn import Privacy
from tensorboard_plugin_attn.feedback.verdict import Stored
from training.attention_log import attention_callback, cohort_of
from training.callbacks.ranking_evaluation import RankingEvaluation
from training.callbacks.scalars import Scalars
from training.config import RunConfig
from training.distributed import steps_of
from training.feedback.losses import FeedbackLoss, Weights
from training.feedback.satisfied import satisfied, standing
from training.feedback.signals import Signals, signals
from training.feedback.tuning import TuningConfig, tune
from training.fitting import batches, compiled
from training.guard import Guard, quality
from training.run_directory import Progress, RunDirectory, new_run_directory
from training.task import Task
from training.train import log_hyperparameters

LEARNS = ("sasrec", "bert4rec")


@dataclass(frozen=True)
class Outcome:
    """What came of learning from feedback.

    Attributes:
      directory: the child's.
      parent: the parent's.
      signals: what was said.
      parts: each part of the feedback's loss, before and after.
      satisfied: `(satisfied, said)` by kind of verdict.
      guard: quality before and after.
    """

    directory: Path
    parent: Path
    signals: Signals
    parts: Mapping[str, tuple[float, float]]
    satisfied: Mapping[str, tuple[int, int]]
    guard: Guard

    def __str__(self) -> str:
        """Return it for people."""
        lines = [f"{self.directory.name}, learned from feedback on {self.parent.name}:"]
        lines += [
            f"  {kind:<12} {done} of {count} satisfied"
            for kind, (done, count) in self.satisfied.items()
            if count
        ]
        lines += [f"  left out: {count} {why}" for why, count in self.signals.left_out.items()]
        return "\n".join([*lines, f"  {self.guard}"])

    def as_json(self) -> dict[str, Any]:
        """Return what the child's feedback.json holds."""
        return {
            "parent": self.parent.name,
            "status": "kept" if self.guard.passed else "rejected",
            "satisfied": {kind: list(pair) for kind, pair in self.satisfied.items()},
            "left_out": dict(self.signals.left_out),
            "loss": {name: list(pair) for name, pair in self.parts.items()},
            "guard": self.guard.as_json(),
        }


def learn(
    task: Task,
    parent: Path,
    said: Sequence[Stored],
    privacy: Privacy,
    *,
    config: TuningConfig | None = None,
    weights: Weights | None = None,
    verbose: int = 1,
) -> Outcome:
    """Fine-tune the best weights of `parent` on what was `said` of it, in a run beside it.

    Args:
      task: the parent's data again.
      parent: directory of a run that `train` made.
      said: verdicts on it.
      privacy: what of the cohort may be written.
      config: how it is tuned.
      weights: of the parts of the feedback's loss.
      verbose: 0 for no progress bar.

    Raises:
      ValueError: nothing that was said can be learned, the data is another, or the model is of a
        kind that does not learn from feedback.
    """
    config = config or TuningConfig()
    run, item_count, spec = RunDirectory(parent).description()
    if run.model.architecture not in LEARNS:
        raise ValueError(
            f"{parent.name} is a {run.model.architecture}: feedback is learned by "
            f"{' and '.join(LEARNS)}, whose reasons are items of the history"
        )
    if item_count != task.interactions.item_count:
        raise ValueError(
            f"{parent} was trained on {item_count - 1} items, this data has "
            f"{task.interactions.item_count - 1}: give the data it was trained on"
        )
    item_ids = [None, *task.interactions.item_ids[1:]]
    found = signals(said, cohort_of(task, run).inputs, item_ids)
    if not found.count:
        why = "; ".join(f"{count} {reason}" for reason, count in found.left_out.items())
        raise ValueError(
            f"no feedback on {parent.name} to learn from{': ' + why if why else ''}. Start "
            "TensorBoard with --attn_feedback and say something of its recommendations"
        )
    keras.utils.set_random_seed(run.fit.seed)
    model = compiled(task, run)
    RunDirectory(parent).load(model, best=True)
    remove_seen, top_k = not task.domain.repeats, run.logging.top_k
    before = standing(model, found, remove_seen=remove_seen)
    quality_before = quality(model, task, run.model.history_length)
    directory = new_run_directory(parent.parent, f"{parent.name}-feedback")
    child = RunDirectory(directory)
    child.describe(run, item_count, spec, RunDirectory(parent).source())
    known: dict[int, list[str]] = defaultdict(list)
    for row, item in found.known:
        known[row].append(task.interactions.item_ids[item])
    parts = tune(
        model,
        batches(model, task, run),
        FeedbackLoss(model, found, weights or Weights(), top_k),
        config,
        [
            attention_callback(task, run, directory, privacy, known=known, after=parent),
            RankingEvaluation(
                directory,
                task.split,
                run.model.history_length,
                task.users("validation"),
                remove_seen=remove_seen,
            ),
            Scalars(directory),
        ],
        verbose=verbose,
    )
    after = standing(model, found, remove_seen=remove_seen)
    guard = Guard(quality_before, quality(model, task, run.model.history_length))
    child.save(model, Progress(1, 1, guard.child.value))
    outcome = Outcome(
        directory, parent, found, parts, satisfied(found, before, after, top_k), guard
    )
    _write(outcome, run, config, steps_of(model))
    return outcome


def _write(outcome: Outcome, run: RunConfig, config: TuningConfig, step: int) -> None:
    """Write what came of it beside the run, and for the tab and TensorBoard's own."""
    text = json.dumps(outcome.as_json(), indent=2)
    (outcome.directory / "feedback.json").write_text(text + "\n", encoding="utf-8")
    done = sum(pair[0] for pair in outcome.satisfied.values())
    learned = {
        "parent": outcome.parent.name,
        "feedback_verdicts": outcome.signals.count,
        "feedback_guard": "kept" if outcome.guard.passed else "rejected",
    }
    settings = {f"feedback_{name}": value for name, value in asdict(config).items()}
    log_hyperparameters(outcome.directory, run, {**settings, **learned})
    writer = tf.summary.create_file_writer(str(outcome.directory))
    with writer.as_default():
        tf.summary.scalar("feedback/satisfied", done / outcome.signals.count, step=step)
        tf.summary.scalar(
            f"feedback/{outcome.guard.as_json()['metric']}", outcome.guard.child.value, step=step
        )
    writer.close()
