"""What a log directory holds, what is wrong with it, and what of people stands in it."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from collections.abc import Iterator
from pathlib import Path

from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import Run
from tensorboard_plugin_attn.version import VERSION

GROUP = "tensorboard_plugins"
PACKAGES = ("tensorboard", "numpy", "protobuf", "werkzeug", "sqlalchemy", "tensorflow", "torch")
_PSEUDONYM = re.compile(r"u-[0-9a-f]{32}")
_PLAIN_LABEL = re.compile(r"(User|User \d+|[A-Z][a-z]+ \d+|)")


def report(logdir: Path) -> Iterator[tuple[bool, str]]:
    """Yield lines, each with whether all is well.

    Raises:
      ValueError: there is no such directory.
    """
    if not logdir.is_dir():
        raise ValueError(f"{logdir} is no directory: give TensorBoard's --logdir")
    yield True, f"tensorboard-plugin-attn {VERSION}, Python {platform.python_version()}"
    yield True, ", ".join(f"{name} {version}" for name, version in _versions())
    found = _found_by_tensorboard()
    yield found, f"TensorBoard {'finds' if found else 'does NOT find'} the plugin in this Python"
    index = EventIndex(logdir, budget_s=float("inf"))
    runs = Runs(index)
    runs.refresh()
    with runs.locked() as known:
        shown = {name: run for name, run in sorted(known.items()) if run.has_data}
    yield bool(shown), f"{len(shown)} runs with attention, {index.progress().total_bytes} bytes"
    for name, run in shown.items():
        yield True, f"{name}: {_steps(run)}"
        yield from _people(runs, name)
    for problem in runs.problems:
        place = f"{problem.run}/{problem.file}"
        if problem.offset is not None:
            place += f" at byte {problem.offset}"
        yield False, f"{place}: {problem.message} {problem.hint}"


def _versions() -> Iterator[tuple[str, str]]:
    for name in PACKAGES:
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue


def _found_by_tensorboard() -> bool:
    return any(each.name == "attn" for each in importlib.metadata.entry_points(group=GROUP))


def _steps(run: Run) -> str:
    layers = ", ".join(sorted(run.layers)) or "no layers"
    steps = {
        frame.step for stream in run.layers.values() for frame in stream.timeline(run.attempts)
    }
    span = f"{len(steps)} steps from {min(steps)} to {max(steps)}" if steps else "no steps"
    return f"{span}, {len(run.attempts)} attempts, layers {layers}"


def _people(runs: Runs, name: str) -> Iterator[tuple[bool, str]]:
    """Yield what stands of people in one run."""
    catalogue = runs.catalogue(name)
    users = catalogue.users
    if not users:
        yield True, f"{name}: no users are described"
        return
    bare = [user.id for user in users if user.id and not _is_pseudonym(user.id)]
    if bare:
        yield (
            False,
            (
                f"{name}: {len(bare)} of {len(users)} user ids are no pseudonyms: write logs with "
                "AttentionWriter or a callback, which make them"
            ),
        )
    else:
        yield True, f"{name}: {len(users)} users under pseudonyms"
    labels = sum(not _PLAIN_LABEL.fullmatch(user.label) for user in users)
    if labels:
        yield False, f"{name}: {labels} users have labels of their own (Privacy(user_labels=True))"
    attributes = sorted({key for user in users for key in user.attributes})
    if attributes:
        yield True, f"{name}: attributes of users: {', '.join(attributes)}"
    lengths = [len(axis.items) for user in users for axis in user.axes.values()]
    if lengths:
        yield (
            True,
            (
                f"{name}: histories of {min(lengths)} to {max(lengths)} items: a long one can tell "
                "who somebody is, even under a pseudonym"
            ),
        )


def _is_pseudonym(user_id: str) -> bool:
    return user_id == "removed" or _PSEUDONYM.fullmatch(user_id) is not None
