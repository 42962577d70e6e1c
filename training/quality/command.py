"""Train on the quality tasks with several seeds; compare with baselines and bars."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks import machine
from tensorboard_plugin_attn import Privacy
from training.arguments import positive
from training.config import ARCHITECTURES
from training.preprocessing.interactions import Interactions
from training.preprocessing.splitting import leave_one_out
from training.quality.report import Quality, write
from training.quality.tasks import ECOMMERCE, MOVIES, QualityTask, read_ecommerce, read_movies
from training.train import new_run_directory, train

RESULT = Path(__file__).parents[2] / "benchmarks" / "results" / "quality.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's settings to `parser`."""
    parser.formatter_class = argparse.ArgumentDefaultsHelpFormatter
    parser.add_argument(
        "--data",
        choices=("movies", "ecommerce"),
        help="one data set; both if not said, movies if there is a --path",
        default=argparse.SUPPRESS,
    )
    parser.add_argument(
        "--path",
        type=Path,
        default=None,
        help="RecBole's ml-100k folder, for movies (default: that of an installed recbole); "
        "`python -m training.datasets.movies DIRECTORY` fetches it",
    )
    parser.add_argument("--seeds", type=positive, default=3, help="trainings of each")
    parser.add_argument(
        "--model",
        choices=tuple(ARCHITECTURES),
        default="sasrec",
        help="what is trained; the bars are for sasrec",
    )
    parser.add_argument(
        "--epochs",
        type=positive,
        default=argparse.SUPPRESS,
        help="at most so many, to try it out (default: until validation gets no better)",
    )
    parser.add_argument(
        "--max-users",
        type=positive,
        default=argparse.SUPPRESS,
        help="on so many users only, to try it out (default: all)",
    )
    parser.add_argument(
        "--logdir", type=Path, help="keep the runs there; forgotten if not said", default=None
    )
    parser.add_argument("--output", type=Path, default=RESULT, help="the result file")


def run(options: argparse.Namespace) -> int:
    """Train and report; return 0 if every bar is met.

    Raises:
      ValueError: the data cannot be read.
    """
    found = []
    for task, read in _tasks(options):
        quality = measure(task, read(), options)
        print(f"\n{quality}\n", flush=True)
        found.append(quality)
    write(found, options.output)
    print(f"Written to {options.output}")
    return 0 if all(quality.meets_bars() for quality in found) else 1


def measure(task: QualityTask, data: Interactions, options: argparse.Namespace) -> Quality:
    """Return what `options.seeds` trainings on `data` reach."""
    commit = machine.commit()  # of the code that is about to run
    reports = []
    for seed in range(options.seeds):
        fit = replace(
            task.config.fit,
            seed=seed,
            epochs=getattr(options, "epochs", task.config.fit.epochs),
            max_users=getattr(options, "max_users", None),
        )
        config = replace(
            task.config,
            fit=fit,
            model=replace(task.config.model, architecture=options.model),
            loss=replace(task.config.loss, seed=seed),
        )
        print(f"\n{task.name}, seed {seed} ({seed + 1} of {options.seeds})", flush=True)
        with tempfile.TemporaryDirectory() as forgotten:
            logdir = options.logdir or Path(forgotten)
            name = f"{options.model}-{task.name.replace(' ', '-').lower()}-seed{seed}"
            report = train(data, config, new_run_directory(logdir, name), Privacy(), verbose=2)
        print(report.results, flush=True)
        reports.append(report)
    max_users = getattr(options, "max_users", None)
    return Quality(
        data=task.name,
        model=ARCHITECTURES[options.model],
        bars=task.bars if options.model == task.config.model.architecture else {},
        runs=[report.results for report in reports],
        epochs=[report.progress.best_epoch for report in reports],
        seconds=[report.seconds for report in reports],
        users=len(leave_one_out(data.first_users(max_users).sequences).users),
        commit=commit,
    )


def _tasks(
    options: argparse.Namespace,
) -> list[tuple[QualityTask, Callable[[], Interactions]]]:
    wanted = getattr(options, "data", None)
    found: list[tuple[QualityTask, Callable[[], Interactions]]] = []
    if wanted == "movies" or (wanted is None and options.path is not None):
        found.append((MOVIES, lambda: read_movies(options.path)))
    if wanted in (None, "ecommerce"):
        found.append((ECOMMERCE, read_ecommerce))
    return found
