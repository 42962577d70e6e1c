"""A child of test_syscalls.py: one fault after the other under a real writer.

Reads `name => rules` as JSON from stdin; prints one line of JSON for each: what was acknowledged
and the status after the disk was healed.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from tensorboard_plugin_attn import AttentionWriter
from tensorboard_plugin_attn.logging import sink, writer_thread
from tests.faults.faulty_disk import SYNC, Disk
from tests.fixtures.logs import LAYER, attention, cohort

sink.FIRST_RETRY_S = sink.LONGEST_RETRY_S = 0.0
MOST_STEPS = 90
AFTER = 3


class Log:
    """A writer and the steps it acknowledged."""

    def __init__(self, directory: Path) -> None:
        self.writer = AttentionWriter(directory, cohort=cohort())
        self.acknowledged: list[int] = []
        self.step = 0

    def one(self) -> None:
        """Log one step and note whether it was acknowledged."""
        self.step += 1
        before = self.writer.status().written
        self.writer.attention(LAYER, attention(seed=self.step), step=self.step, causal=True)
        assert self.writer.flush(60)
        if self.writer.status().written > before:
            self.acknowledged.append(self.step)


def run(directory: Path, rules: list[dict[str, Any]], disk: Disk) -> dict[str, Any]:
    """Log through a fault, and on after it."""
    first = rules[0]["call"]
    # Sync after every entry where syncs fail; else only at the end, for a sync takes its time.
    writer_thread.SYNC_EVERY_S = 0.0 if first == SYNC else 60.0
    log = Log(directory)
    for rule in rules:
        disk.rule(**rule)
    while not disk.hits(first) and log.step < MOST_STEPS:
        log.one()
    hits = disk.hits(first)
    for _ in range(AFTER):
        log.one()
    disk.heal()
    healed_at = log.step
    for _ in range(AFTER):
        log.one()
    status = log.writer.close(60)
    return {
        "hits": hits,
        "healed_at": healed_at,
        "last": log.step,
        "acknowledged": log.acknowledged,
        "status": dataclasses.asdict(status),
    }


def main() -> None:
    """Run every scenario of stdin below the directory of the command line."""
    disk = Disk()
    for name, rules in json.load(sys.stdin).items():
        print(json.dumps({"name": name, **run(Path(sys.argv[1]) / name, rules, disk)}), flush=True)


if __name__ == "__main__":
    main()
