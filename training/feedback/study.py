"""Does feedback do what it says? A planted bias, fifty scripted users, and what is left of it.

A SASRec is trained on Online Retail II, then taught to look at one family of products more than
the data asks for: the bias. Fifty users of its cohort each say of their first recommendation that
such a product is the wrong reason. The model that learned from them is measured on these users, on
users who said nothing, and on everybody's held-out items.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tensorboard_plugin_attn import Privacy
from tensorboard_plugin_attn.feedback.verdict import Stored, Verdict
from training.attention_log import cohort_of
from training.config import FitConfig, LoggingConfig, ModelConfig, RunConfig
from training.evaluate import model_scores
from training.feedback.child import Outcome, learn
from training.feedback.evidence import scores_and_attention
from training.feedback.satisfied import Standing, standing
from training.feedback.signals import Signals
from training.feedback.tuning import TuningConfig, tune
from training.fitting import batches, compiled
from training.metrics import Metric, ranking_metrics, target_ranks
from training.models.build import rebuild
from training.preprocessing.sequences import pad
from training.run_directory import Progress, RunDirectory
from training.scenarios.source import Source
from training.scenarios.table import ECOMMERCE
from training.task import Task
from training.train import train

FAMILY = "BAG"  # a word of the titles of some 150 products: lunch bags, jumbo bags, shoppers
SPEAKERS = 50
PLANT = TuningConfig(steps=300, learning_rate=5e-4, weight=0.5)
CONFIG = RunConfig(
    model=ModelConfig(history_length=50, dimension=64, heads=2, layers=2, dropout=0.3),
    fit=FitConfig(epochs=8, batch_size=128, learning_rate=1e-3),
    logging=LoggingConfig(cohort_size=200, every_steps=100, max_overhead=None),
)
QUICK = replace(
    CONFIG,
    model=replace(CONFIG.model, dimension=16, history_length=20),
    fit=replace(CONFIG.fit, epochs=1),
)
RESULT = Path(__file__).parents[2] / "benchmarks" / "results" / "feedback.json"


@dataclass(frozen=True)
class State:
    """What is measured of one model.

    Attributes:
      test: NDCG@10 on the test items, seen removed.
      attention: on the rejected evidence, mean over layers, heads and verdicts.
      effect: what removing it takes from the score of the item it was a reason for.
      others: attention on the family where users who said nothing are predicted for.
    """

    test: Metric
    attention: float
    effect: float
    others: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--quick", action="store_true", help="a small model: to try, not to measure"
    )
    parser.add_argument("--out", type=Path, default=RESULT, help="default: %(default)s")


def run(options: argparse.Namespace) -> int:
    """Run the study, print it and write it down; 3 if the bias stays or quality falls."""
    data = ECOMMERCE.data(Source("ecommerce"))
    config = QUICK if options.quick else CONFIG
    task = Task.of(data.interactions, config, data.split, domain=data.domain)
    with tempfile.TemporaryDirectory() as directory:
        found = study(task, config, Path(directory))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))
    return 0 if found["met"] else 3


def study(task: Task, config: RunConfig, directory: Path) -> dict[str, Any]:
    """Return what `feedback.json` holds."""
    privacy = Privacy()
    train(
        task.interactions, config, directory / "fair", privacy, split=task.split, domain=task.domain
    )
    family = np.array([FAMILY in title.split() for title in task.interactions.item_titles])
    _plant(task, config, family, directory)
    biased = rebuild(directory / "biased")
    inputs = np.asarray(cohort_of(task, config).inputs)
    said = _speak(biased, inputs, family, task)
    outcome = learn(task, directory / "biased", said, privacy)
    states = {
        name: _state(rebuild(path), task, config, outcome.signals, family)
        for name, path in (
            ("fair", directory / "fair"),
            ("biased", directory / "biased"),
            ("learned", outcome.directory),
        )
    }
    return _report(states, outcome, int(family.sum()), len(said))


def _report(states: dict[str, State], outcome: Outcome, family: int, said: int) -> dict[str, Any]:
    before, after = states["biased"], states["learned"]
    lowest = before.test.value - (before.test.standard_error or 0.0)
    met = {
        "attention on rejected evidence fell": after.attention < before.attention,
        "its effect fell": after.effect < before.effect,
        "test NDCG@10 within one standard error": after.test.value >= lowest,
    }
    return {
        "name": "feedback",
        "what": f"{said} users reject {FAMILY} ({family} products) as a reason",
        "states": {name: asdict(state) for name, state in states.items()},
        "satisfied": {kind: list(pair) for kind, pair in outcome.satisfied.items()},
        "guard": outcome.guard.as_json(),
        "ratios": {
            "attention": after.attention / before.attention,
            "effect": after.effect / max(before.effect, 1e-9),
            "others": after.others / before.others,
        },
        "bars": met,
        "met": all(met.values()),
    }


def _plant(task: Task, config: RunConfig, family: np.ndarray, directory: Path) -> None:
    """Write the run `biased`: the fair one, taught to look at the family."""
    model = compiled(task, config)
    fair = RunDirectory(directory / "fair")
    fair.load(model, best=True)
    rows = [items for items in task.split.train if family[items].any()]
    histories = pad(rows[:512], config.model.history_length)
    shown = tf.constant(family[histories].astype(np.float32))  # [user, position]

    def bias() -> dict[str, Any]:
        given = _on(model, tf.constant(histories), shown)
        return {"feedback": -tf.reduce_mean(tf.math.log(given + 1e-6))}

    tune(model, batches(model, task, config), bias, PLANT, [], verbose=1)
    biased = RunDirectory(directory / "biased")
    biased.describe(config, task.interactions.item_count, None, fair.source())
    biased.save(model, Progress(1, 1, 0.0))


def _on(model: Any, inputs: Any, shown: Any) -> Any:
    """Return attention of the predicting row on what is `shown`, mean over heads, `[user]`."""
    newest = tf.reduce_mean(scores_and_attention(model, inputs)[1], axis=1)  # [user, position]
    return tf.reduce_sum(newest * shown, axis=1)


def _speak(model: Any, inputs: np.ndarray, family: np.ndarray, task: Task) -> Sequence[Stored]:
    """Return what the scripted users say: of the first item, that the family is no reason."""
    ids = task.interactions.item_ids
    found, attention = scores_and_attention(model, tf.constant(inputs))
    scores, newest = np.array(found), np.asarray(attention).mean(axis=1)  # [user, position]
    scores[:, 0] = -np.inf
    np.put_along_axis(scores, inputs, -np.inf, axis=1)
    said = []
    for user, history in enumerate(inputs):
        of_family = family[history]
        of_family[-1] = False  # the newest item stays in the residual: attention is not all of it
        if not of_family.any() or len(said) == SPEAKERS:
            continue
        evidence = history[np.where(of_family, newest[user], -1).argmax()]
        verdict = Verdict(
            key=f"scripted-user-{user:04d}",
            kind="wrong_reason",
            run="biased",
            attempt="study",
            step=1,
            user=f"user-{user}",
            user_index=user,
            item=str(ids[int(scores[user].argmax())]),
            evidence=str(ids[int(evidence)]),
        )
        said.append(Stored(len(said) + 1, verdict, 0.0, "study"))
    return said


def _state(model: Any, task: Task, config: RunConfig, said: Signals, family: np.ndarray) -> State:
    length = config.model.history_length
    scores = model_scores(model, task.split.test_histories, length)
    ranks = target_ranks(
        scores, task.split.test, task.split.test_histories, remove_seen=not task.domain.repeats
    )
    now: Standing = standing(model, said, remove_seen=not task.domain.repeats)
    spoke = {reason.user for reason in said.reasons}
    quiet = [
        row for row, items in enumerate(said.inputs) if row not in spoke and family[items].any()
    ]
    histories = said.inputs[quiet]
    given = _on(model, tf.constant(histories), tf.constant(family[histories].astype(np.float32)))
    return State(
        ranking_metrics(ranks)["NDCG@10"],
        float(now.attention.mean()),
        float(now.effect.mean()),
        float(np.mean(given)),
    )
