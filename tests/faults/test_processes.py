"""Forks, spawned workers, two writers in one place, resumed trainings: none erases another (P5)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tensorboard_plugin_attn import AttentionWriter
from tests.faults.children import run_child, start
from tests.faults.readers import files_of, our_steps, python_loader_steps
from tests.fixtures.logs import LAYER, attention, cohort, header_of, own_events
from tests.fixtures.tab import Tab

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def shown_steps(logdir: Path, run: str) -> list[int]:
    """Return the steps the tab shows of a run."""
    steps: list[int] = Tab(logdir).json("/timeline", run=run, layer=LAYER)["steps"]
    return steps


def log(writer: AttentionWriter, *steps: int) -> None:
    for step in steps:
        writer.attention(LAYER, attention(seed=step), step=step, causal=True)
        assert writer.flush(60)


@needs_fork
def test_a_fork_while_every_lock_is_held_hangs_neither_side(tmp_path: Path) -> None:
    script = """
    from contextlib import ExitStack
    open_one, closed = new_writer(RUN / "open"), new_writer(RUN / "closed")
    log(open_one, 1)
    closed.close()
    held, forked = threading.Event(), threading.Event()

    def hold():
        with ExitStack() as locks:
            for writer in (open_one, closed):
                for lock in (writer._queue._changed, writer._counts._lock, writer._losses._lock):
                    locks.enter_context(lock)
                locks.enter_context(writer._thread._starting)
            held.set()
            forked.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    child = os.fork()
    if not child:
        signal.alarm(30)  # a child that hangs is killed, and its parent sees it
        log(open_one, 101)
        log(closed, 102, flush=False)
        assert open_one.close().written == 1
        assert closed.close().dropped == 1
        del open_one, closed
        os._exit(0)
    forked.set()
    holder.join()
    assert os.waitpid(child, 0)[1] == 0
    log(open_one, 2)
    assert open_one.close().written == 2
    """
    done = run_child(script, tmp_path)
    assert done.returncode == 0, done.stderr
    found = our_steps(tmp_path)
    assert found.pop("open") == [1, 2]
    assert list(found.values()) == [[101]]


@needs_fork
def test_forks_of_a_writer_at_work_lose_nothing(tmp_path: Path) -> None:
    script = """
    writer = new_writer(RUN, queue_limits=QueueLimits(entries=1000))
    children = []
    for number in range(8):
        log(writer, *range(10 * number, 10 * number + 10), flush=False)  # the thread is at work
        child = os.fork()
        if not child:
            signal.alarm(60)
            log(writer, *range(1000 + number, 1100 + number, 10), flush=False)
            status = writer.close()
            os._exit(status.written != status.offered)
        children.append(child)
    assert writer.close().written == 80
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 8
    """
    done = run_child(script, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    found = our_steps(tmp_path)
    assert found.pop("run") == list(range(80))
    assert sorted(found.values()) == [list(range(1000 + n, 1100 + n, 10)) for n in range(8)]
    assert all(run.startswith("run/fork_") for run in found)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_of_multiprocessing_write_everything_without_close(
    tmp_path: Path, method: str
) -> None:
    script = f"""
    import multiprocessing
    from tests.faults import workers
    context = multiprocessing.get_context({method!r})
    processes = [
        context.Process(target=workers.work, args=(str(RUN), number)) for number in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    sys.exit(max(abs(process.exitcode) for process in processes))
    """
    done = run_child(script, tmp_path)
    assert done.returncode == 0, done.stderr
    expected = list(range(1, 31))
    assert our_steps(tmp_path) == {f"worker_{number}": expected for number in range(3)}
    for number in range(3):
        (path,) = files_of(tmp_path / f"worker_{number}")
        assert header_of(own_events(path)[-1]).worker == number


@needs_fork
def test_a_worker_that_inherited_a_writer_writes_a_run_of_its_own(tmp_path: Path) -> None:
    script = """
    import multiprocessing
    from tests.faults import workers
    workers.inherited = new_writer(RUN)
    log(workers.inherited, 1, 2)
    context = multiprocessing.get_context("fork")
    process = context.Process(target=workers.use_the_parents_writer)
    process.start()
    log(workers.inherited, 3)
    process.join()
    assert process.exitcode == 0
    assert workers.inherited.close().written == 3
    """
    done = run_child(script, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    found = our_steps(tmp_path)
    assert found.pop("run") == [1, 2, 3]
    assert list(found.values()) == [list(range(101, 111))]


def test_loaders_workers_that_never_log_leave_nothing(tmp_path: Path) -> None:
    script = """
    import multiprocessing
    writer = new_writer(RUN)
    log(writer, 1)
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert sum(pool.map(abs, range(100))) == 4950
        log(writer, 2)
    assert writer.close().written == 2
    """
    done = run_child(script, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "run").iterdir())) == 1
    assert our_steps(tmp_path) == {"run": [1, 2]}


def test_two_writers_in_one_directory_are_warned_of_once_and_erase_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = tmp_path / "run"
    first = AttentionWriter(run, cohort=cohort())
    log(first, 1, 2, 3)
    second = AttentionWriter(run, cohort=cohort())
    log(second, 3)
    log(first, 4)
    log(second, 4)
    log(first, 5)
    assert (first.close().written, second.close().written) == (5, 2)
    assert [record.message for record in caplog.records if "second writer" in record.message] == [
        f"a second writer for {run}: give each one of its own, or the attempt that began last "
        "hides the other's steps"
    ]
    files = files_of(run)
    assert [[event.step for event in own_events(path, f"attention/{LAYER}")] for path in files] == [
        [1, 2, 3, 4, 5],
        [3, 4],
    ]
    attempts = [header_of(own_events(path)[0]).attempt for path in files]
    assert attempts[0].id != attempts[1].id
    assert attempts[0].start_time_s < attempts[1].start_time_s
    assert shown_steps(tmp_path, "run") == [1, 2, 3, 4]


def test_a_writer_after_another_was_closed_is_no_second_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    AttentionWriter(tmp_path).close()
    AttentionWriter(tmp_path).close()
    AttentionWriter(tmp_path / "other").close()
    assert caplog.text == ""


def test_another_process_in_the_same_directory_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    child = start("log(new_writer(RUN), 1)\nprint('on', flush=True)\nsys.stdin.read()", tmp_path)
    try:
        assert child.stdout
        assert child.stdout.readline() == "on\n"
        with AttentionWriter(tmp_path, cohort=cohort()) as writer:
            log(writer, 1, 2)
        assert f"process {child.pid} writes to the same directory" in caplog.text
    finally:
        child.communicate("")
    caplog.clear()
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        log(writer, 3)
    assert caplog.text == ""  # that process is gone
    assert len(files_of(tmp_path)) == 3


@pytest.mark.parametrize("at", [1, 4, 9, 20])
def test_a_training_resumed_at_an_earlier_step_hides_only_what_it_repeats(
    tmp_path: Path, at: int
) -> None:
    run = tmp_path / "run"
    for steps in (range(1, 10), range(at, at + 3)):
        done = run_child(f"log(new_writer(RUN), *{list(steps)})", run)
        assert done.returncode == 0, done.stderr
    assert shown_steps(tmp_path, "run") == [*range(1, min(at, 10)), *range(at, at + 3)]
    assert our_steps(tmp_path)["run"] == [*range(1, 10), *range(at, at + 3)]  # nothing is erased
    assert python_loader_steps(run) == [*range(1, 10), *range(at, at + 3)]
