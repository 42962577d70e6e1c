"""The commands `doctor` and `purge`."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from tensorboard_plugin_attn.doctor.purge import Purged, purge_older_than, purge_user
from tensorboard_plugin_attn.doctor.report import report

DAY_S = 86_400.0


def add_arguments(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands."""
    doctor = commands.add_parser(
        "doctor", help="say what is in a log, what is wrong with it, and what of people"
    )
    doctor.add_argument("logdir", type=Path, help="as of TensorBoard")
    doctor.set_defaults(run=run_doctor)
    purge = commands.add_parser(
        "purge", help="take a user, or what is old, out of a log: the bytes are removed"
    )
    purge.add_argument("logdir", type=Path, help="as of TensorBoard")
    chosen = purge.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--user", help="the user's pseudonym, as the tab shows it")
    chosen.add_argument(
        "--older-than-days", type=float, metavar="DAYS", help="files all of whose events are older"
    )
    purge.add_argument("--force", action="store_true", help="even where a training still writes")
    purge.set_defaults(run=run_purge)


def run_doctor(options: argparse.Namespace) -> int:
    """Print the report; 1 if something is not well.

    Raises:
      ValueError: there is no such directory.
    """
    well = True
    for fine, line in report(options.logdir):
        well &= fine
        print(f"{'    ' if fine else ' !! '}{line}")
    return 0 if well else 1


def run_purge(options: argparse.Namespace) -> int:
    """Purge, and print what was done; 1 if there was nothing.

    Raises:
      ValueError: there is no such directory, or a training still writes.
    """
    if not options.logdir.is_dir():
        raise ValueError(f"{options.logdir} is no directory: give TensorBoard's --logdir")
    if options.user is not None:
        done = purge_user(options.logdir, options.user, force=options.force)
    else:
        done = purge_older_than(options.logdir, time.time() - options.older_than_days * DAY_S)
    print(_describe(done, options.user))
    return 0 if done.files else 1


def _describe(done: Purged, user: str | None) -> str:
    if user is None:
        return f"{len(done.files)} files removed"
    text = f"{len(done.files)} files written anew, the user taken out of {done.frames} frames"
    if done.unreadable_bytes:
        text += f"; {done.unreadable_bytes} unreadable bytes at the ends of files were removed"
    return (
        f"{text}. What is left: means over the cohort, and the model. Feedback is purged with "
        "`feedback purge --user`"
    )
