"""kill -9 loses no acknowledged step, and the file is read up to the last one (P2)."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.faults.children import run_child, start
from tests.faults.faulty_disk import compiled
from tests.faults.readers import (
    files_of,
    our_steps,
    python_loader_steps,
    rust_loader_steps,
    torn_bytes,
)

AT_ONCE = 4  # children that run at the same time
MOST_S = 0.15  # between the first acknowledgement and the kill

# Both ways a trainer can know what is written: `flush` returned true, or `status` counts it.
CHILDREN = {
    "flush": """
        writer = new_writer(RUN)
        for step in range(1, 1_000_000):
            log(writer, step)
            os.write(1, b"%d\\n" % step)
        """,
    "status": """
        writer = new_writer(RUN)
        said = 0
        for step in range(1, 1_000_000):
            log(writer, step, flush=False)
            while True:
                status = writer.status()
                if status.written > said:
                    said = status.written
                    os.write(1, b"%d\\n" % said)
                if status.waiting < 32:
                    break
                time.sleep(0)
        """,
}


def kill_after(child: subprocess.Popen[str], seconds: float) -> int:
    """Let the child acknowledge one step and go on for `seconds`; return the last it said."""
    assert child.stdout
    first = child.stdout.readline()
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    rest, errors = child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL, errors
    said = (first + rest).split("\n")[:-1]  # a line that is not whole was not said
    return int(said[-1])


def kill_children(logdir: Path, kills: int, seed: int) -> dict[str, int]:
    """Return the last acknowledged step by run; `AT_ONCE` children at a time."""
    moments = random.Random(seed)  # the moments of the kills; nothing else is random
    acknowledged: dict[str, int] = {}
    for group in range(0, kills, AT_ONCE):
        names = [f"{number:03d}" for number in range(group, min(group + AT_ONCE, kills))]
        children = {
            name: start(CHILDREN[("flush", "status")[int(name) % 2]], logdir / name)
            for name in names
        }
        try:
            for name, child in children.items():
                acknowledged[name] = kill_after(child, moments.uniform(0, MOST_S))
        finally:
            for child in children.values():
                child.kill()
                child.communicate()
    return acknowledged


def check(logdir: Path, acknowledged: dict[str, int], sample: Iterable[str]) -> None:
    found = our_steps(logdir)
    for name, last in acknowledged.items():
        steps = list(range(1, last + 1))
        assert found[name][:last] == steps, name
        assert python_loader_steps(logdir / name)[:last] == steps, name
    expected = {name: range(1, acknowledged[name] + 1) for name in sample}
    links = logdir / "links"
    links.mkdir()
    rust = rust_loader_steps(logdir, expected, links)
    for name, steps in expected.items():
        assert set(steps) <= set(rust[name]), name


def test_forty_kills_lose_no_acknowledged_step(tmp_path: Path) -> None:
    acknowledged = kill_children(tmp_path, 40, seed=1)
    assert sum(acknowledged.values()) > 400  # the children did log
    check(tmp_path, acknowledged, sample=list(acknowledged)[::10])


@pytest.mark.slow
def test_two_hundred_kills_lose_no_acknowledged_step(tmp_path: Path) -> None:
    acknowledged = kill_children(tmp_path, 200, seed=2)
    check(tmp_path, acknowledged, sample=list(acknowledged)[::20])


# Random moments seldom hit the middle of a write(2). These do: the process kills itself in its
# nth write of an event file, after so many bytes of the record.
TORN = """
    from tests.faults.faulty_disk import KILL, WRITE, Disk
    nth, size = map(int, os.environ["DIE_AT"].split())
    Disk().rule(WRITE, nth=nth, short=size, action=KILL)
    writer = new_writer(RUN)
    for step in range(1, 100):
        log(writer, step)
        os.write(1, b"%d\\n" % step)
    """


def test_a_record_torn_by_the_kill_hides_nothing_before_it(tmp_path: Path) -> None:
    environment = compiled(tmp_path)
    expected: dict[str, list[int]] = {}
    for nth, size in ((4, 1), (5, 11), (6, 12), (7, 200), (8, 1 << 20)):
        name = f"{nth}_{size}"
        done = run_child(TORN, tmp_path / name, {**environment, "DIE_AT": f"{nth} {size}"})
        assert done.returncode == -signal.SIGKILL, done.stderr
        expected[name] = [int(line) for line in done.stdout.split()]
        assert expected[name] == list(range(1, nth - 2))  # two writes come before the first step
        (path,) = files_of(tmp_path / name)
        assert (torn_bytes(path) > 0) == (size < 1 << 20)
    whole = {name: list(steps) for name, steps in expected.items()}
    whole[f"8_{1 << 20}"].append(6)  # written, though its process never got to say so
    assert our_steps(tmp_path) == whole
    for name, steps in whole.items():
        assert python_loader_steps(tmp_path / name) == steps
    assert rust_loader_steps(tmp_path, whole) == whole


def test_a_training_that_is_resumed_after_a_kill_writes_another_file(tmp_path: Path) -> None:
    environment = compiled(tmp_path)
    run = tmp_path / "run"
    done = run_child(TORN, run, {**environment, "DIE_AT": "7 200"})
    assert done.returncode == -signal.SIGKILL
    (torn,) = files_of(run)
    before = torn.read_bytes()
    done = run_child("writer = new_writer(RUN)\nlog(writer, 5, 6, 7)\nwriter.close()", run)
    assert done.returncode == 0, done.stderr
    assert torn.read_bytes() == before
    assert our_steps(tmp_path)["run"] == [1, 2, 3, 4, 5, 6, 7]
    assert python_loader_steps(run) == [1, 2, 3, 4, 5, 6, 7]
