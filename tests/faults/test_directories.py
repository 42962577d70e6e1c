"""The log directory is removed, replaced, or not to be written, while training goes on."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tensorboard_plugin_attn import AttentionWriter
from tensorboard_plugin_attn.logging import sink
from tests.faults.readers import files_of, markers, our_steps, python_loader_steps
from tests.fixtures.logs import LAYER, attention, cohort
from tests.fixtures.tab import Tab


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AttentionWriter]:
    monkeypatch.setattr(sink, "FIRST_RETRY_S", 0.0)
    monkeypatch.setattr(sink, "LONGEST_RETRY_S", 0.0)
    made = AttentionWriter(tmp_path / "run", cohort=cohort())
    yield made
    made.close()


def log(writer: AttentionWriter, *steps: int) -> None:
    for step in steps:
        writer.attention(LAYER, attention(seed=step), step=step, causal=True)
        assert writer.flush(60)


def test_a_directory_that_is_removed_is_made_again(
    writer: AttentionWriter, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log(writer, 1, 2)
    shutil.rmtree(tmp_path / "run")
    with caplog.at_level(logging.WARNING):
        log(writer, 3, 4)
    assert "the log file was removed or replaced; attention goes on in a new file" in caplog.text
    assert our_steps(tmp_path) == {"run": [3, 4]}
    # All that says what the stream is went with the old file: the new one must say it again.
    assert Tab(tmp_path).json("/timeline", run="run", layer=LAYER)["steps"] == [3, 4]
    assert writer.status().written == 4


def test_a_directory_that_is_removed_and_made_again_by_someone_else(
    writer: AttentionWriter, tmp_path: Path
) -> None:
    log(writer, 1)
    shutil.rmtree(tmp_path / "run")
    (tmp_path / "run").mkdir()
    log(writer, 2)
    assert our_steps(tmp_path) == {"run": [2]}


def test_a_file_in_the_place_of_the_directory_fails_until_it_is_gone(
    writer: AttentionWriter, tmp_path: Path
) -> None:
    log(writer, 1)
    (tmp_path / "run").rename(tmp_path / "moved")
    (tmp_path / "run").write_text("in the way")
    log(writer, 2, 3)
    status = writer.status()
    assert (status.degraded, status.failed) == ("File exists", 2)
    (tmp_path / "run").unlink()
    log(writer, 4)
    assert writer.status().degraded is None
    assert our_steps(tmp_path) == {"moved": [1], "run": [4]}
    assert (tmp_path / "run").is_dir()
    (marker,) = markers(tmp_path / "run")
    assert (marker.first_step, marker.last_step, marker.frame_count) == (2, 3, 2)


def test_a_file_that_is_replaced_by_another_is_left_alone(
    writer: AttentionWriter, tmp_path: Path
) -> None:
    log(writer, 1)
    (path,) = files_of(tmp_path / "run")
    path.rename(tmp_path / "elsewhere")
    path.write_bytes((tmp_path / "elsewhere").read_bytes())  # as a restore or an editor would
    log(writer, 2)
    assert path.read_bytes() == (tmp_path / "elsewhere").read_bytes()
    assert our_steps(tmp_path) == {"run": [1, 2]}
    assert python_loader_steps(tmp_path / "run") == [1, 2]


def test_a_file_of_another_writer_is_never_removed(
    writer: AttentionWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file without any entry is removed after a fault, but not what took its name."""
    monkeypatch.setattr(sink.Sink, "_write_entry", lambda *_: 1 / 0)
    log(writer, 1)  # the file holds a catalogue
    monkeypatch.undo()
    (path,) = files_of(tmp_path / "run")
    path.unlink()
    path.write_text("another's")
    log(writer, 2)
    assert path.read_text() == "another's"


def test_what_was_acknowledged_is_never_removed(
    writer: AttentionWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(writer, 1)
    for step in (2, 3, 4):
        with monkeypatch.context() as patched:
            patched.setattr(sink.RecordFile, "append", _full)
            log(writer, step)
    log(writer, 5)
    assert our_steps(tmp_path) == {"run": [1, 5]}


def _full(*_: object) -> int:
    raise OSError(28, "No space left on device")
