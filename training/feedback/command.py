"""Learn from feedback on a run, in a new run beside it that is marked rejected if quality falls."""

from __future__ import annotations

import argparse
from pathlib import Path

from tensorboard_plugin_attn.feedback.command import everything
from tensorboard_plugin_attn.feedback.errors import UnavailableError
from tensorboard_plugin_attn.feedback.location import database_url
from tensorboard_plugin_attn.feedback.store import FeedbackStore
from tensorboard_plugin_attn.feedback.verdict import Stored
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.runs import Runs
from training.feedback.child import learn
from training.feedback.tuning import TuningConfig
from training.run import TEXT_VECTORS, introduction
from training.run_directory import RunDirectory
from training.scenarios.source import Source
from training.scenarios.table import SCENARIOS
from training.task import Task

WAIT_S = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    defaults = TuningConfig()
    parser.add_argument(
        "--run", type=Path, required=True, help="directory of the run that was judged"
    )
    parser.add_argument("--steps", type=int, default=defaults.steps, help="default: %(default)s")
    parser.add_argument(
        "--learning-rate", type=float, default=defaults.learning_rate, help="default: %(default)s"
    )
    parser.add_argument(
        "--weight",
        type=float,
        default=defaults.weight,
        help="of the feedback beside the training data. Default: %(default)s",
    )


def run(options: argparse.Namespace) -> int:
    """Learn, and print what came of it; the exit code is 3 if quality fell.

    Raises:
      ValueError: there is no such run, nothing to learn from, or no database.
    """
    config = TuningConfig(options.steps, options.learning_rate, options.weight)
    directory = RunDirectory(options.run)
    settings, _, _ = directory.description()
    source = Source.from_json(directory.source())
    said = said_of(options.run)
    data = SCENARIOS[source.scenario].data(source, options.run.parent / TEXT_VECTORS)
    print(introduction(data), flush=True)
    task = Task.of(data.interactions, settings, data.split, data.features, data.domain)
    privacy = SCENARIOS[source.scenario].privacy(data)
    outcome = learn(task, options.run, said, privacy, config=config)
    print(f"\n{outcome}\n")
    print(f"tensorboard --logdir {options.run.parent}\nthen compare the two runs")
    return 0 if outcome.guard.passed else 3


def said_of(run_directory: Path) -> list[Stored]:
    """Return every verdict on the run in `run_directory`, found by the ids of its attempts.

    Raises:
      ValueError: there is no attention in it, or the database does not answer.
    """
    runs = Runs(EventIndex(str(run_directory)))
    runs.refresh()
    with runs.locked() as known:
        attempts = [attempt.id for run in known.values() for attempt in run.attempts]
    if not attempts:
        raise ValueError(f"{run_directory} holds no attention: give a run's directory")
    store = FeedbackStore(database_url(), wait_s=WAIT_S)
    try:
        return list(everything(store, attempts=attempts))
    except UnavailableError as error:
        raise ValueError(str(error)) from error
    finally:
        store.close()
