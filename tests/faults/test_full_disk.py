"""A disk that is really full: a small tmpfs, filled and freed again; and a limit of file size."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tensorboard_plugin_attn import AttentionWriter
from tensorboard_plugin_attn.logging import records, sink
from tests.faults.children import run_child
from tests.faults.readers import files_of, markers, our_steps, python_loader_steps, torn_bytes
from tests.fixtures.logs import LAYER, attention, cohort


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount 256 KiB; skips where that is not allowed."""
    place = tmp_path / "disk"
    place.mkdir()
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("full disk: needs root to mount a tmpfs; the file size limit is tested below")
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"full disk: mounting a tmpfs is not permitted: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_disk_that_fills_and_is_freed(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink, "FIRST_RETRY_S", 0.0)
    monkeypatch.setattr(sink, "LONGEST_RETRY_S", 0.0)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (160 << 10))
    writer = AttentionWriter(small_disk / "run", cohort=cohort())
    acknowledged: list[int] = []

    def log(step: int) -> None:
        before = writer.status().written
        values = attention(heads=4, queries=32, seed=step)
        writer.attention(LAYER, values, step=step, causal=True)
        assert writer.flush(60)
        if writer.status().written > before:
            acknowledged.append(step)

    step = 0
    while writer.status().failed < 20:  # the disk is full for a while
        step += 1
        assert step < 1000, "256 KiB are never full"
        log(step)
    assert writer.status().degraded == "No space left on device"
    assert shutil.disk_usage(small_disk).free < 8192
    during = len(files_of(small_disk / "run"))
    ballast.unlink()
    for later in range(step + 1, step + 6):
        log(later)
    status = writer.close(60)
    assert acknowledged[-5:] == list(range(step + 1, step + 6))
    assert status.written == len(acknowledged) < status.offered
    assert status.written + status.failed == status.offered
    assert status.degraded is None
    run = small_disk / "run"
    assert our_steps(small_disk)["run"] == acknowledged
    assert python_loader_steps(run) == acknowledged
    assert sum(marker.frame_count for marker in markers(run)) == status.failed
    assert during == 1  # twenty retries left no file behind
    assert [torn_bytes(path) for path in files_of(run)] == [0, 0]


def test_retries_on_a_disk_with_room_for_little_leave_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The catalogue still fits, the frame does not: each retry must clear up after itself."""
    monkeypatch.setattr(sink, "FIRST_RETRY_S", 0.0)
    monkeypatch.setattr(sink, "LONGEST_RETRY_S", 0.0)
    write = os.write

    def little_room(fd: int, data: bytes) -> int:
        if len(data) > 1000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(fd, data)

    run = tmp_path / "run"
    with AttentionWriter(run, cohort=cohort(), scalars=False, alerts=False) as writer:
        for step in range(1, 11):
            values = attention(heads=4, queries=32 if 3 <= step <= 8 else 2, seed=step)
            with monkeypatch.context() as patched:
                patched.setattr(records.os, "write", little_room)
                writer.attention(LAYER, values, step=step, causal=True)
                assert writer.flush(60)
    assert (writer.status().written, writer.status().failed) == (4, 6)
    assert our_steps(tmp_path)["run"] == [1, 2, 9, 10]
    assert len(files_of(run)) == 2


def test_a_disk_that_is_full_to_the_end_does_not_hold_up_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    writer = AttentionWriter(tmp_path / "run", cohort=cohort())
    with monkeypatch.context() as patched:
        patched.setattr(records.os, "write", full)
        writer.attention(LAYER, attention(), step=1, causal=True)
        status = writer.close(60)
        assert writer._thread.is_finished  # though the marker of step 1 could not be written
    assert (status.failed, status.waiting) == (1, 0)
    assert status.degraded == "No space left on device"
    assert "gave up" not in caplog.text
    assert files_of(tmp_path / "run") == []


LIMITED = """
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
    writer = new_writer(RUN)
    log(writer, *range(1, 101))
    print(repr(writer.close()))
    """


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limit of a file's size here")
def test_a_limit_of_the_files_size_loses_nothing(tmp_path: Path) -> None:
    done = run_child(LIMITED, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "100 offered = 100 written;" in done.stdout
    assert "attention goes on in a new file: File too large" in done.stderr
    files = files_of(tmp_path / "run")
    assert len(files) > 2
    assert all(path.stat().st_size <= 10_000 for path in files)
    assert our_steps(tmp_path)["run"] == list(range(1, 101))
    assert python_loader_steps(tmp_path / "run") == list(range(1, 101))
