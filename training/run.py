"""A scenario from the command line: new runs or a resumed one, on one device or on many."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from training import distributed
from training.config import ARCHITECTURES, RunConfig
from training.datasets.dataset import Dataset
from training.models.feature_spec import FeatureSpec, feature_names
from training.report import Report, describe
from training.run_directory import RunDirectory, new_run_directory
from training.scenarios.scenario import FEATURE_ATTENTION, Scenario
from training.scenarios.source import Source
from training.train import resume, train

TEXT_VECTORS = "text_vectors"  # directory of the log directory in which they are kept


def run(scenario: Scenario, options: argparse.Namespace) -> list[Report]:
    """Train as `options` say, and print what the data is, and what came of each run.

    Args:
      scenario: what to train.
      options: of `scenario.add_arguments`.

    Raises:
      ValueError: settings do not fit, the data is not what it should be, there is nothing to
        resume, or workers are not named.
    """
    if options.resume is not None:
        return [_resume(scenario, options)]
    configs = scenario.configure(options)
    if len(configs) > 1 and "run_name" in options:
        raise ValueError("--run-name names one run: choose one --model too")
    strategy = distributed.strategy_of(configs[0].fit.strategy)
    source = Source.of(
        scenario.name,
        options,
        max_users=configs[0].fit.max_users,
        texts=FEATURE_ATTENTION in options.model,
    )
    data = scenario.data(source, options.logdir / TEXT_VECTORS)
    print(introduction(data), flush=True)
    privacy = scenario.privacy(data)  # one key: the same users have the same names in every run
    reports = []
    for number, config in enumerate(configs, 1):
        name = run_name(getattr(options, "run_name", config.model.architecture), data)
        # Several workers must agree on the directory, so none takes one by its own look.
        directory = (
            options.logdir / name
            if strategy is not None
            else new_run_directory(options.logdir, name)
        )
        print(f"\nRun {number} of {len(configs)}: {directory.name}", flush=True)
        report = train(
            data.interactions,
            config,
            directory,
            privacy,
            **_of_data(data, source, config),
            strategy=strategy,
        )
        if distributed.is_chief(strategy) and config.model.architecture == FEATURE_ATTENTION:
            data.encoder.save(directory)
        print(conclusion(report, config, data), flush=True)
        reports.append(report)
    return reports


def run_name(wanted: str, data: Dataset) -> str:
    """Return `wanted`, which says so first if the data is synthetic or built."""
    label = data.origin.label
    return wanted if not label or wanted.startswith(label) else f"{label}-{wanted}"


def introduction(data: Dataset) -> str:
    """Return what the data is, and what of it was left out and why, for people."""
    users, items = len(data.interactions.sequences), data.interactions.item_count - 1
    seen = (
        "may come again: what a user has seen stays a candidate"
        if data.repeats
        else ("come once: what a user has seen is no candidate")
    )
    return (
        f"{data.origin}\n{data.report}\n{users} {data.words.users}, {items} {data.words.items}, "
        f"{len(data.split.users)} of the {data.words.users} with items held out. "
        f"{data.words.items.capitalize()} {seen}."
    )


def conclusion(report: Report, config: RunConfig, data: Dataset) -> str:
    """Return what a run logged, what it cost and how good it is, for people."""
    label = f"{data.origin.label.upper()} data\n" if data.origin.label else ""
    return f"\n{label}{describe(report)}\n{pictures(config, data)}\n\n{report.results}\n"


def pictures(config: RunConfig, data: Dataset) -> str:
    """Return what is to be seen in the tab, for people."""
    words, length = data.words, config.model.history_length
    if config.model.architecture != FEATURE_ATTENTION:
        name = ARCHITECTURES[config.model.architecture]
        return f"{name}'s heatmaps: up to {length} {words.items} of a {words.user}, each over each"
    names = ", ".join(feature_names(FeatureSpec.of(data.features), words))
    return (
        f"FeatureAttention's heatmaps: {config.logging.candidates} candidate {words.items} of a "
        f"{words.user} over the {words.interaction} history and these features: {names}"
    )


def _of_data(data: Dataset, source: Source, config: RunConfig) -> dict[str, Any]:
    """Return what `train` is told of the data besides the interactions."""
    if config.model.architecture != FEATURE_ATTENTION:
        source = replace(source, text_encoder="none")
    return {
        "split": data.split,
        "features": data.features,
        "domain": data.domain,
        "source": source.to_json(),
    }


def _resume(scenario: Scenario, options: argparse.Namespace) -> Report:
    directory: Path = options.logdir / options.resume
    run_directory = RunDirectory(directory)
    config, _, _ = run_directory.description()
    try:
        source = Source.from_json(run_directory.source())
    except ValueError as error:
        raise ValueError(f"{directory} cannot be resumed by command: {error}") from error
    if source.scenario != scenario.name:
        raise ValueError(
            f"{options.resume} is a run of {source.scenario}: resume it with "
            f"`python -m training {source.scenario} --resume {options.resume}`"
        )
    if options.data is not None:  # the same data may have moved
        source = replace(source, path=str(options.data.resolve()))
    strategy = distributed.strategy_of(config.fit.strategy)
    data = scenario.data(source, options.logdir / TEXT_VECTORS)
    print(introduction(data), flush=True)
    report = resume(
        data.interactions,
        directory,
        scenario.privacy(data),
        epochs=getattr(options, "epochs", None),
        **_of_data(data, source, config),
        strategy=strategy,
    )
    print(conclusion(report, config, data), flush=True)
    return report
