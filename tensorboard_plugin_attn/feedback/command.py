"""Look at, export, purge and upgrade the feedback database that ATTN_FEEDBACK_URL names."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict

from tensorboard_plugin_attn.feedback.decision import DECISIONS, Decided
from tensorboard_plugin_attn.feedback.errors import UnavailableError
from tensorboard_plugin_attn.feedback.location import database_url
from tensorboard_plugin_attn.feedback.store import FeedbackStore
from tensorboard_plugin_attn.feedback.upgrade import upgrade
from tensorboard_plugin_attn.feedback.verdict import KINDS, Stored

DAY_S = 86_400.0
WAIT_S = 30.0
PAGE = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("status", help="where it is, and how much of what is in it")
    export = actions.add_parser(
        "export", help="print every verdict and decision as a line of JSON, oldest last"
    )
    export.add_argument("--user", help="only this user's pseudonym, and no decisions")
    export.add_argument("--kind", choices=KINDS, help="only this kind, and no decisions")
    export.add_argument("--undone", action="store_true", help="those taken back, too")
    purge = actions.add_parser("purge", help="delete for good: of one user, or what is old")
    purge.add_argument("--user", help="the user's pseudonym, as the tab shows it")
    purge.add_argument("--older-than-days", type=float, metavar="DAYS")
    actions.add_parser("upgrade", help="bring a database of an older version up to date")


def run(options: argparse.Namespace) -> int:
    """Do what `options` say; return the exit code.

    Raises:
      ValueError: the database cannot be used, or the options make no sense.
    """
    url = database_url()
    if options.action == "upgrade":
        before, after = upgrade(url)
        print(f"revision {before or 'none'} -> {after}")
        return 0
    store = FeedbackStore(url, wait_s=WAIT_S)
    try:
        if options.action == "status":
            _print_status(store, url.render_as_string(hide_password=True))
        elif options.action == "export":
            _export(store, options)
        else:
            days = options.older_than_days
            older_than_s = None if days is None else time.time() - days * DAY_S
            count = store.purge(user=options.user, older_than_s=older_than_s)
            print(f"{count} rows deleted")
    except UnavailableError as error:
        print(f"feedback: {error}", file=sys.stderr)
        return 1
    finally:
        store.close()
    return 0


def everything(
    store: FeedbackStore,
    *,
    attempts: list[str] | None = None,
    user: str | None = None,
    kind: str | None = None,
) -> Iterator[Stored]:
    """Yield every verdict that fits, newest first, page by page."""
    before: int | None = None
    while page := store.read(attempts=attempts, user=user, kind=kind, before=before, count=PAGE):
        yield from page
        before = page[-1].number


def every_decision(store: FeedbackStore) -> Iterator[Decided]:
    """Yield every decision, newest first, page by page: of each attempt the first one holds."""
    before: int | None = None
    while page := store.decided(before=before, count=PAGE):
        yield from page
        before = page[-1].number


def _export(store: FeedbackStore, options: argparse.Namespace) -> None:
    """Print verdicts, then decisions: lines have `verdict` or `decision`."""
    for stored in everything(store, user=options.user, kind=options.kind):
        if options.undone or stored.undone_s is None:
            print(json.dumps(asdict(stored), ensure_ascii=False))
    if options.user is None and options.kind is None:
        for decided in every_decision(store):
            print(json.dumps(asdict(decided), ensure_ascii=False))


def _print_status(store: FeedbackStore, where: str) -> None:
    counts = dict.fromkeys((*KINDS, "taken back"), 0)
    for stored in everything(store):
        counts["taken back" if stored.undone_s is not None else stored.verdict.kind] += 1
    decided: dict[str, str] = {}
    for each in every_decision(store):
        decided.setdefault(each.decision.attempt, each.decision.decision)
    counts |= {f"runs {name}": list(decided.values()).count(name) for name in DECISIONS}
    print(where)
    for kind, count in counts.items():
        print(f"{count:8}  {kind}")
