"""What the names of a directory's event files say about a new one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tensorboard_plugin_attn.logging.neighbours import Neighbours, look
from tensorboard_plugin_attn.logging.records import event_file_name

HOST = socket.gethostname() or "localhost"


def name(seconds: int, host: str = HOST, process: int = 1) -> str:
    return f"events.out.tfevents.{seconds:010d}.{host}.{process}.0123abcd.attn"


def test_a_directory_that_is_empty_or_missing_decides_nothing(tmp_path: Path) -> None:
    assert look(tmp_path) == look(tmp_path / "missing") == Neighbours(0, None)


def test_a_file_in_the_place_of_the_directory_decides_nothing(tmp_path: Path) -> None:
    (tmp_path / "run").touch()
    assert look(tmp_path / "run") == Neighbours(0, None)


def test_a_new_name_comes_after_all_others(tmp_path: Path) -> None:
    for seconds in (5, 1_700_000_000, 7):
        (tmp_path / name(seconds, "elsewhere")).touch()
    assert look(tmp_path) == Neighbours(1_700_000_001, None)


def test_the_writers_own_names_are_understood(tmp_path: Path) -> None:
    (tmp_path / event_file_name(1_234_567_890.9)).touch()
    assert look(tmp_path) == Neighbours(1_234_567_891, None)


@pytest.mark.parametrize(
    "other",
    [
        "events.out.tfevents.9999999999.host.1.v2",
        "events.out.tfevents.99999999999999999999999.attn",
        "events.out.tfevents.x.host.1.00000000.attn",
        "events.out.tfevents.9999999999.host.1.0123abcd.attn.bak",
        "notes.txt",
    ],
)
def test_names_of_others_decide_nothing(tmp_path: Path, other: str) -> None:
    (tmp_path / other).touch()
    assert look(tmp_path) == Neighbours(0, None)


def test_a_process_that_runs_is_told_from_one_that_ended(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    )
    (tmp_path / name(3, process=other.pid)).touch()
    try:
        assert look(tmp_path).live_process == other.pid
    finally:
        other.communicate()
    assert look(tmp_path).live_process is None


def test_this_process_and_those_of_other_hosts_are_not_asked_for(tmp_path: Path) -> None:
    (tmp_path / name(3, process=os.getpid())).touch()
    (tmp_path / name(3, "elsewhere", process=1)).touch()
    (tmp_path / name(3, process=1 << 70)).touch()
    assert look(tmp_path) == Neighbours(4, None)
