"""Embed a run's item texts again and fine-tune it on them: once, or so often at an interval."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from training.arguments import positive
from training.features.choice import ENCODERS
from training.preprocessing.features import text_encoder_of
from training.refresh.refresh import Refreshed, Texts, refresh
from training.run import TEXT_VECTORS, introduction
from training.run_directory import RunDirectory
from training.scenarios.source import Source
from training.scenarios.table import SCENARIOS
from training.task import Task

HOUR_S = 3600.0
REJECTED = 3  # exit code


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--run", type=Path, required=True, help="directory of the run")
    parser.add_argument(
        "--text-encoder",
        choices=tuple(ENCODERS),
        help="another encoder. Default: the run's, which may be a newer version by now",
    )
    parser.add_argument(
        "--epochs", type=positive, default=1, help="of fine-tuning. Default: %(default)s"
    )
    parser.add_argument("--learning-rate", type=float, help="default: a tenth of the run's")
    parser.add_argument(
        "--every", type=float, metavar="HOURS", help="do it again after so long; needs --times"
    )
    parser.add_argument("--times", type=positive, metavar="N", help="so often in all")


def run(options: argparse.Namespace, sleep: Callable[[float], None] | None = None) -> int:
    """Refresh, and print what came of it; the exit code is 3 if quality fell at the last.

    Args:
      options: of `add_arguments`.
      sleep: waits so many seconds; `time.sleep` if not given.

    Raises:
      ValueError: settings do not fit, or the run cannot be refreshed.
    """
    if (options.every is None) != (options.times is None):
        raise ValueError("--every HOURS and --times N go together: how far apart, and how often")
    for name in ("every", "learning_rate"):
        value = getattr(options, name)
        if value is not None and not 0 < value < float("inf"):
            raise ValueError(f"--{name.replace('_', '-')} {value:g}: must be more than 0")
    directory, rejected = options.run, False
    for number in range(options.times or 1):
        if number:
            (sleep or time.sleep)(options.every * HOUR_S)
        outcome = _once(directory, options)
        if outcome is None:
            print(f"{directory.name}: no text's vector changed, so there is nothing to learn")
            continue
        print(f"\n{outcome}\n", flush=True)
        rejected = not outcome.guard.passed
        directory = directory if rejected else outcome.directory
    print(f"tensorboard --logdir {directory.parent}")
    return REJECTED if rejected else 0


def _once(directory: Path, options: argparse.Namespace) -> Refreshed | None:
    settings, _, spec = RunDirectory(directory).description()
    trained_on = Source.from_json(RunDirectory(directory).source())
    scenario, cache = SCENARIOS[trained_on.scenario], directory.parent / TEXT_VECTORS
    name = options.text_encoder or trained_on.text_encoder
    source = replace(trained_on, text_encoder=name)
    data = scenario.data(source, cache)
    print(introduction(data), flush=True)
    encoder = data.encoder.text_encoder
    task = Task.of(data.interactions, settings, data.split, data.features, data.domain)
    another = (
        encoder is not None and text_encoder_of(directory) != f"{encoder.name} {encoder.version}"
    )
    old = None
    if spec is not None and spec.said and name != trained_on.text_encoder:
        with_old = scenario.data(trained_on, cache)
        old = replace(task, features=with_old.features)
    outcome = refresh(
        directory,
        task,
        Texts(name, another),
        scenario.privacy(data),
        source=source.to_json(),
        old=old,
        epochs=options.epochs,
        learning_rate=options.learning_rate,
    )
    if outcome is not None and (outcome.guard.passed or not outcome.goes_on):
        data.encoder.save(outcome.directory)
    return outcome
