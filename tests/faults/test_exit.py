"""However the interpreter ends: nothing acknowledged is lost, and what can be written is."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.faults.children import run_child
from tests.faults.readers import our_steps

INTERRUPTED = -signal.SIGINT  # Python ends itself by the signal
ALL = list(range(1, 41))
OFFER = "writer = new_writer(RUN)\nlog(writer, *range(1, 41), flush=False)\n"

# What the child does after it offered forty steps, and how it then ends.
ENDINGS = {
    "falls off the end": ("", 0),
    "sys.exit": ("sys.exit(3)", 3),
    "an exception": ("raise RuntimeError('training failed')", 1),
    "Ctrl-C": ("os.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)", INTERRUPTED),
    "a forgotten writer": ("del writer", 0),
    "a writer in a cycle": ("cycle = [writer]\ncycle.append(cycle)\ndel writer, cycle", 0),
    "a writer in a module": ("import json\njson.attn_writer = writer", 0),
    "closed and again": ("writer.close()\nwriter.close()\ndel writer", 0),
    "an interrupted close": (
        "join = threading.Thread.join\n"
        "def interrupt(*_):\n"
        "    threading.Thread.join = join\n"
        "    raise KeyboardInterrupt\n"
        "threading.Thread.join = interrupt\n"
        "writer.close()\n",
        INTERRUPTED,
    ),
    "a sys.exit in another thread": (
        "thread = threading.Thread(target=lambda: sys.exit(9))\nthread.start()",
        0,
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_was_offered_is_written(tmp_path: Path, ending: str) -> None:
    script, code = ENDINGS[ending]
    done = run_child(OFFER + script, tmp_path / "run")
    assert done.returncode == code, done.stderr
    assert our_steps(tmp_path)["run"] == ALL
    assert "gave up" not in done.stderr


def test_a_thread_that_trains_on_when_main_has_ended_is_written_too(tmp_path: Path) -> None:
    script = """
    writer = new_writer(RUN)

    def train():
        threading.main_thread().join()
        log(writer, 1, 2, 3)

    threading.Thread(target=train).start()
    """
    done = run_child(script, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert our_steps(tmp_path)["run"] == [1, 2, 3]


def test_a_daemon_thread_that_logs_during_the_end_disturbs_nothing(tmp_path: Path) -> None:
    script = """
    writer = new_writer(RUN)
    begun = threading.Event()

    def train():
        for step in range(10, 1_000_000):
            log(writer, step, flush=False)
            begun.set()

    log(writer, 1, 2, 3)
    threading.Thread(target=train, daemon=True).start()
    begun.wait()
    """
    done = run_child(script, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert our_steps(tmp_path)["run"][:3] == [1, 2, 3]


@pytest.mark.parametrize(
    ("end", "code"),
    [("os._exit(4)", 4), ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM)],
)
def test_an_end_that_python_does_not_notice_loses_nothing_acknowledged(
    tmp_path: Path, end: str, code: int
) -> None:
    script = f"""
    writer = new_writer(RUN)
    log(writer, *range(1, 21))
    log(writer, *range(21, 41), flush=False)
    os.write(1, b"%d" % writer.status().written)
    {end}
    """
    done = run_child(script, tmp_path / "run")
    assert done.returncode == code, done.stderr
    assert int(done.stdout) >= 20
    found = our_steps(tmp_path)["run"]
    assert found == ALL[: len(found)]
    assert len(found) >= int(done.stdout)


def test_a_handler_of_sigterm_that_closes_the_writer_works(tmp_path: Path) -> None:
    script = """
    writer = new_writer(RUN)

    def stop(*_):
        status = writer.close()
        os._exit(status.waiting)

    signal.signal(signal.SIGTERM, stop)
    for step in range(1, 1_000_000):
        log(writer, step, flush=False)
        if step == 40:
            os.kill(os.getpid(), signal.SIGTERM)
    """
    done = run_child(script, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert our_steps(tmp_path)["run"] == ALL


def test_a_writer_that_goes_while_modules_are_torn_down_raises_nothing(tmp_path: Path) -> None:
    script = """
    writer = new_writer(RUN)

    class Late:
        def __del__(self):  # runs when the interpreter clears its modules, after `atexit`
            self.writer.attention("late", self.values, step=99)
            print(self.writer.close().written)

    late = Late()
    late.writer, late.values = writer, attention()
    log(writer, 1)
    sys.late = late
    del late
    """
    done = run_child(script, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "Exception" not in done.stderr
    assert our_steps(tmp_path)["run"] == [1]


def test_a_thread_that_dies_during_the_end_does_not_hold_it_up(tmp_path: Path) -> None:
    """From Python 3.12 on no thread can be started then: what waits is reported, not waited for."""
    script = """
    import atexit
    from tensorboard_plugin_attn.logging import sink, writer_thread
    writer_thread.EXIT_TIMEOUT_S = 600.0  # longer than this test may take
    writer = new_writer(RUN)
    log(writer, 1)

    @atexit.register
    def die():
        def leave(*_):
            raise SystemExit
        def refuse(*_):
            raise RuntimeError("can't start new thread at interpreter shutdown")
        sink.Sink._write_entry = leave
        log(writer, 2, flush=False)
        writer._thread.join(60)
        threading.Thread.start = refuse
        writer_thread.RESTART_EVERY_S = 0.0
        writer._thread._start_again_at_s = 0.0
    """
    done = run_child(script, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "gave up waiting for the disk; <WriterStatus 2 offered = 1 written + 1 waiting" in (
        done.stderr
    )
    assert our_steps(tmp_path)["run"] == [1]
