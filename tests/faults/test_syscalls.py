"""Every system call of the writer fails once, or from some call on: training does not notice.

P1, P3 and P4 of the reliability promises, with real calls of a real process.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.faults.faulty_disk import FOREVER, OPEN, SYNC, TRUNCATE, WRITE, compiled
from tests.faults.readers import (
    files_of,
    markers,
    our_steps,
    python_loader_steps,
    rust_loader_steps,
    torn_bytes,
)

ROOT = Path(__file__).parents[2]
NTH = range(1, 61)


def scenarios() -> dict[str, list[dict[str, Any]]]:
    """Return the rules of each scenario by its name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for nth in NTH:
        full = {"call": WRITE, "nth": nth, "error": errno.ENOSPC}
        found[f"full_from_write_{nth}"] = [full]
        found[f"one_write_fails_{nth}"] = [{**full, "count": 1, "error": errno.EIO}]
        found[f"short_then_full_{nth}"] = [{**full, "short": 1 + 7 * nth}]
        cannot_mend = {"call": TRUNCATE, "nth": 1, "error": errno.EIO}
        found[f"torn_for_good_{nth}"] = [{**full, "short": 1 + 7 * nth}, cannot_mend]
    for nth in NTH[::6]:
        found[f"sync_fails_{nth}"] = [{"call": SYNC, "nth": nth, "count": 1, "error": errno.EIO}]
        write = {"call": WRITE, "nth": nth, "count": 1, "error": errno.EDQUOT}
        found[f"no_new_file_{nth}"] = [write, {"call": OPEN, "nth": 2, "error": errno.EROFS}]
    for code in (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EMFILE):
        found[f"cannot_open_{errno.errorcode[code]}"] = [{"call": OPEN, "nth": 1, "error": code}]
    for rules in found.values():
        for rule in rules:
            rule.setdefault("count", FOREVER)
    return found


class Swept:
    """What came of all scenarios."""

    def __init__(self, logdir: Path, environment: dict[str, str]) -> None:
        self.logdir = logdir
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.sweep", str(logdir)],
            cwd=ROOT,
            env=environment,
            input=json.dumps(scenarios()),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        self.outcomes = [json.loads(line) for line in done.stdout.splitlines()]

    @cached_property
    def ours(self) -> dict[str, list[int]]:
        return our_steps(self.logdir)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Swept:
    environment = compiled(tmp_path_factory.mktemp("library"))
    return Swept(tmp_path_factory.mktemp("logs"), environment)


def test_every_scenario_ran_and_its_fault_was_reached(swept: Swept) -> None:
    assert [outcome["name"] for outcome in swept.outcomes] == list(scenarios())
    assert [outcome["name"] for outcome in swept.outcomes if not outcome["hits"]] == []


def test_every_acknowledged_step_is_read(swept: Swept) -> None:
    for outcome in swept.outcomes:
        assert swept.ours[outcome["name"]] == outcome["acknowledged"], outcome


def test_tensorboards_python_loader_reads_them_too(swept: Swept) -> None:
    for outcome in swept.outcomes:
        found = python_loader_steps(swept.logdir / outcome["name"])
        assert found == outcome["acknowledged"], outcome


def test_tensorboards_data_server_reads_them_too(swept: Swept, tmp_path: Path) -> None:
    sample = swept.outcomes[::9]  # its first reading of 260 runs takes half a minute
    expected = {outcome["name"]: outcome["acknowledged"] for outcome in sample}
    assert rust_loader_steps(swept.logdir, expected, links=tmp_path) == expected


def test_written_and_lost_is_all_that_was_offered_and_markers_say_so(swept: Swept) -> None:
    for outcome in swept.outcomes:
        status = outcome["status"]
        assert status["offered"] == outcome["last"], outcome
        assert status["written"] == len(outcome["acknowledged"]), outcome
        assert status["written"] + status["failed"] == status["offered"], outcome
        assert status["waiting"] == 0
        lost = [marker for marker in markers(swept.logdir / outcome["name"]) if marker.frame_count]
        assert sum(marker.frame_count for marker in lost) == status["failed"], outcome


def test_logging_resumes_in_another_file_once_the_disk_is_healed(swept: Swept) -> None:
    for outcome in swept.outcomes:
        healed = list(range(outcome["healed_at"] + 1, outcome["last"] + 1))
        assert outcome["acknowledged"][-len(healed) :] == healed, outcome
        assert outcome["status"]["degraded"] is None, outcome


def test_a_file_whose_sync_failed_is_left(swept: Swept) -> None:
    """The system may have thrown away what it could not write; what it shows is no proof."""
    synced = [outcome for outcome in swept.outcomes if outcome["name"].startswith("sync_fails")]
    files = {outcome["name"]: len(files_of(swept.logdir / outcome["name"])) for outcome in synced}
    assert synced
    assert set(files.values()) == {2}, files


def test_a_single_failure_loses_no_step(swept: Swept) -> None:
    single = [
        outcome
        for outcome in swept.outcomes
        if outcome["name"].startswith(("one_write_fails", "sync_fails"))
    ]
    assert len(single) > len(NTH)
    assert [outcome["name"] for outcome in single if outcome["status"]["failed"]] == []


def test_nothing_follows_a_torn_record_and_no_empty_file_stays(swept: Swept) -> None:
    torn = 0
    for outcome in swept.outcomes:
        for path in files_of(swept.logdir / outcome["name"]):
            torn += torn_bytes(path) > 0
            assert path.stat().st_size > 0
        unmendable = outcome["name"].startswith("torn_for_good")
        tails = [torn_bytes(path) for path in files_of(swept.logdir / outcome["name"])]
        assert sum(tail > 0 for tail in tails) <= unmendable, outcome
        assert len(tails) <= 3, outcome
    assert torn  # the scenario does what its name says


def test_the_shim_is_not_in_this_process() -> None:
    assert "faulty_disk" not in os.environ.get("LD_PRELOAD", "")
