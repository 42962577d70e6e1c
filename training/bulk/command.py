"""Attention, measures and recommendations of all users, by segment, with Apache Beam.

Writes tables and a run that TensorBoard's Attention tab opens. Nothing is published about a group
of fewer than --k people: smaller segments are joined.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import platform
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tensorboard_plugin_attn import __version__
from training.bulk import checkpoint as checkpoints
from training.bulk.partition import DEFAULT_K, MIN_K, at_least

RUNNERS = ("DirectRunner", "FlinkRunner", "SparkRunner", "DataflowRunner")
NEEDS_BEAM = "bulk needs Apache Beam and PyArrow: pip install -e '.[bulk]' (or make setup)"
_UNFINISHED = ".bulk-unfinished"


@dataclass(frozen=True)
class Settings:
    """What a bulk run is told.

    Attributes:
      checkpoint: the model.
      users: a Parquet file, pattern or directory.
      out: a directory that is made.
      user, history: names of columns.
      segment_by: names of the columns that make segments.
      k: the smallest group of users.
      top: items to recommend.
      batch_size: users of one call of the model.
      runner: one of `RUNNERS`.
      workers: processes of the DirectRunner.
      after: earlier results that the same people may read.
      scratch: where workers leave sums; by default in `out`, which they must then see.
      beam: further options of Beam.
    """

    checkpoint: checkpoints.Checkpoint
    users: str
    out: Path
    user: str = "user"
    history: str = "history"
    segment_by: tuple[str, ...] = ()
    k: int = DEFAULT_K
    top: int = 10
    batch_size: int = 256
    runner: str = "DirectRunner"
    workers: int = 1
    after: tuple[Path, ...] = ()
    scratch: str | None = None
    beam: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """What became of every row; for the operator, not for publication.

    Always `rows == users + sum(rejected.values())`.

    Attributes:
      rows: in all files.
      users: in the published groups, each person once.
      groups: how many.
      rejected: rows by the reason why they were not used.
      unknown_items: items of used histories that the model does not know.
      members: by group's name, a number that is the same only for the same people.
    """

    rows: int
    users: int
    groups: int
    rejected: dict[str, int] = field(default_factory=dict)
    unknown_items: int = 0
    members: dict[str, str] = field(default_factory=dict)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's settings."""
    model = parser.add_mutually_exclusive_group(required=True)
    model.add_argument("--run", type=Path, metavar="DIR", help="a run: its best weights")
    model.add_argument(
        "--checkpoint",
        type=Path,
        metavar="PATH",
        help="a run's checkpoints directory (the newest), or one weights file in it",
    )
    parser.add_argument("--users", required=True, help="Parquet: a file, pattern or directory")
    parser.add_argument("--out", type=Path, required=True, help="a directory to make")
    parser.add_argument(
        "--segment-by", nargs="+", default=[], metavar="COLUMN", help="columns that make segments"
    )
    parser.add_argument("--user-column", default="user", metavar="NAME", help="a person's id")
    parser.add_argument(
        "--history-column", default="history", metavar="NAME", help="items, oldest first"
    )
    parser.add_argument(
        "--k", type=int, default=DEFAULT_K, help=f"the smallest group of people, at least {MIN_K}"
    )
    parser.add_argument("--top", type=int, default=10, help="items to recommend to each user")
    parser.add_argument("--batch-size", type=int, default=256, help="users the model takes at once")
    parser.add_argument(
        "--after",
        nargs="+",
        type=Path,
        default=[],
        metavar="DIR",
        help="earlier results with the same readers: refused if a group has other members",
    )
    parser.add_argument("--runner", choices=RUNNERS, default="DirectRunner", help="of Beam")
    parser.add_argument("--workers", type=int, default=1, help="processes of the DirectRunner")
    parser.add_argument(
        "--scratch", metavar="URL", help="where workers leave sums, if they do not see --out"
    )
    parser.add_argument(
        "--beam",
        action="append",
        default=[],
        metavar="OPTION",
        help="an option of Beam's, such as --beam=--flink_master=localhost:8081; repeat it",
    )


def run(options: argparse.Namespace) -> int:
    """Do what `options` say; return the exit code.

    Raises:
      ValueError: something is missing or does not fit; says what.
    """
    settings = Settings(
        checkpoint=checkpoints.find(options.run, options.checkpoint),
        users=options.users,
        out=options.out,
        user=options.user_column,
        history=options.history_column,
        segment_by=tuple(options.segment_by),
        k=options.k,
        top=options.top,
        batch_size=options.batch_size,
        runner=options.runner,
        workers=options.workers,
        after=tuple(options.after),
        scratch=options.scratch,
        beam=tuple(options.beam),
    )
    print(describe(bulk(settings), settings))
    return 0


def bulk(settings: Settings) -> Report:
    """Run the model over all users; write `settings.out`, whole or not at all.

    Raises:
      ValueError: something is missing or does not fit, or there are fewer than `k` users.
      OSError: it could not be written.
    """
    _check(settings)
    logging.disable(logging.WARNING)  # Beam warns of clouds whose clients are not installed
    from training.bulk import execution

    logging.disable(logging.NOTSET)
    part = _begin(settings.out)
    try:
        report = execution.execute(settings, part)
    except BaseException:
        shutil.rmtree(part)
        raise
    (part / _UNFINISHED).unlink()
    part.rename(settings.out)
    return report


def _check(settings: Settings) -> None:
    if any(importlib.util.find_spec(name) is None for name in ("apache_beam", "pyarrow")):
        raise ValueError(NEEDS_BEAM)
    if settings.k < MIN_K:
        raise ValueError(f"k={settings.k}: groups of fewer than {MIN_K} people are never published")
    for name in ("top", "batch_size", "workers"):
        if getattr(settings, name) < 1:
            raise ValueError(f"{name}={getattr(settings, name)}: must be 1 or more")
    named = [settings.user, settings.history, *settings.segment_by]
    if twice := [name for name, count in Counter(named).items() if count > 1]:
        raise ValueError(f"column {twice[0]} is named twice")
    if settings.scratch is None and settings.runner != "DirectRunner":
        raise ValueError(
            f"{settings.runner} needs --scratch: an empty directory that its workers and this "
            "machine see, such as gs://bucket/scratch"
        )
    if settings.workers > 1 and settings.runner != "DirectRunner":
        raise ValueError(f"--workers is the DirectRunner's: tell {settings.runner} with --beam")


def _begin(out: Path) -> Path:
    """Return a new directory beside `out`, which gets its name when it is done."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"{out} is there already: name a directory that is not")
    part = out.with_name(f"{out.name}.part")
    if part.exists():
        if not (part / _UNFINISHED).exists():
            raise ValueError(f"{part} is in the way and not of an unfinished bulk run: move it")
        shutil.rmtree(part)  # of a run that was killed
    part.mkdir(parents=True)
    (part / _UNFINISHED).touch()
    if out.exists():
        out.rmdir()
    return part


def about(settings: Settings, provenance: dict[str, str], report: Report) -> str:
    """Return the release's description as JSON; sizes are rounded down as everywhere."""
    content = {
        **provenance,
        "k": settings.k,
        "segment_by": list(settings.segment_by),
        "users_at_least": at_least(report.users),
        "segments": report.groups,
        "promise": "Every number is over k or more people; see docs/guides/bulk.md.",
    }
    return json.dumps(content, indent=2) + "\n"


def versions() -> dict[str, str]:
    """Return the versions a result was made with."""
    from importlib.metadata import version

    return {
        "tensorboard-plugin-attn": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in ("apache-beam", "keras")},
    }


def describe(report: Report, settings: Settings) -> str:
    """Return what became of every row, for people."""
    rejected = sum(report.rejected.values())
    lines = [
        f"{report.rows} rows = {report.users} users + {rejected} rejected; "
        f"{report.groups} segments of {settings.k} users or more",
        *(f"  {count} rejected: {reason}" for reason, count in sorted(report.rejected.items())),
    ]
    if rejected:
        lines.append(f"  file and row of each: {settings.out}/operator/rejected.parquet")
    if report.unknown_items:
        lines.append(f"  {report.unknown_items} items of histories are unknown to the model")
    lines.append(f"tensorboard --logdir {settings.out}\nthen open http://localhost:6006/#attn")
    return "\n".join(lines)


def runner_arguments(settings: Settings) -> Sequence[str]:
    """Return Beam's options."""
    own = [f"--runner={settings.runner}", "--default_sdk_harness_log_level=WARNING"]
    if settings.runner == "DirectRunner":
        mode = "in_memory" if settings.workers == 1 else "multi_processing"
        own += [f"--direct_num_workers={settings.workers}", f"--direct_running_mode={mode}"]
    return [*own, *settings.beam]
