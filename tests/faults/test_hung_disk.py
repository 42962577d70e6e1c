"""A disk that takes nothing and says nothing: training goes on, and the process ends all the same.

No test here looks at a clock: what is checked is the order of things.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.faults.children import run_child
from tests.faults.faulty_disk import compiled
from tests.faults.readers import markers, our_steps

HANG = """
    import json
    from tests.faults.faulty_disk import HANG, OPEN, SYNC, WRITE, Disk
    disk = Disk()

    def wait_for_hang(call):
        while not disk.hits(call):
            time.sleep(0.001)

    """


def test_training_goes_on_while_a_write_hangs_and_what_did_not_fit_is_counted(
    tmp_path: Path,
) -> None:
    script = """
    writer = new_writer(RUN, queue_limits=QueueLimits(entries=4))
    log(writer, 1)
    disk.rule(WRITE, action=HANG)
    log(writer, 2, flush=False)
    wait_for_hang(WRITE)
    log(writer, *range(3, 13), flush=False)  # returns, though nothing has been released
    hung = writer.status()
    print(json.dumps([writer.flush(0.01), hung.written, hung.waiting, hung.dropped]))
    disk.release()
    disk.heal()
    assert writer.flush(60)
    log(writer, 13)
    done = writer.close()
    print(json.dumps([done.written, done.dropped]))
    """
    done = run_child(HANG + script, tmp_path / "run", compiled(tmp_path))
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == [[False, 1, 5, 6], [7, 6]]
    assert our_steps(tmp_path)["run"] == [1, 2, 9, 10, 11, 12, 13]
    (marker,) = markers(tmp_path / "run")
    assert (marker.first_step, marker.last_step, marker.frame_count) == (3, 8, 6)
    assert "the writer cannot keep up" in done.stderr


def test_the_process_ends_while_the_disk_still_hangs(tmp_path: Path) -> None:
    script = """
    from tensorboard_plugin_attn.logging import writer_thread
    writer_thread.EXIT_TIMEOUT_S = 0.3  # ten seconds, but for this test
    writers = [new_writer(RUN / str(number)) for number in range(3)]
    for writer in writers:
        log(writer, 1)
    disk.rule(WRITE, action=HANG)
    for writer in writers:
        log(writer, 2, flush=False)
    wait_for_hang(WRITE)
    print("trained", flush=True)
    """  # and nobody ever releases the disk
    done = run_child(HANG + script, tmp_path, compiled(tmp_path))
    assert (done.returncode, done.stdout) == (0, "trained\n"), done.stderr
    assert done.stderr.count("gave up waiting for the disk") == 3
    assert "2 offered = 1 written + 1 waiting" in done.stderr
    assert our_steps(tmp_path) == {"0": [1], "1": [1], "2": [1]}


def test_a_disk_that_was_given_up_is_not_waited_for_again(tmp_path: Path) -> None:
    script = """
    writer = new_writer(RUN)
    disk.rule(WRITE, action=HANG)
    log(writer, 1, flush=False)
    wait_for_hang(WRITE)
    writer.close(0.05)
    print(writer._thread.close(1e9), writer.close(1e9).waiting, flush=True)
    """  # at the end of the process, too, the first call's time is all there is
    done = run_child(HANG + script, tmp_path, compiled(tmp_path))
    assert (done.returncode, done.stdout) == (0, "False 1\n"), done.stderr
    assert done.stderr.count("gave up") == 1


def test_training_goes_on_while_opening_hangs(tmp_path: Path) -> None:
    script = """
    disk.rule(OPEN, action=HANG)
    writer = new_writer(RUN)
    log(writer, 1, 2, flush=False)
    wait_for_hang(OPEN)
    log(writer, 3, flush=False)
    print(writer.status().waiting, writer.flush(0.01))
    disk.release()
    assert writer.close().written == 3
    """
    done = run_child(HANG + script, tmp_path, compiled(tmp_path))
    assert (done.returncode, done.stdout) == (0, "3 False\n"), done.stderr


def test_training_goes_on_while_a_sync_hangs(tmp_path: Path) -> None:
    script = """
    from tensorboard_plugin_attn.logging import writer_thread
    writer_thread.SYNC_EVERY_S = 0.0
    writer = new_writer(RUN)
    disk.rule(SYNC, action=HANG)
    log(writer, 1, flush=False)
    wait_for_hang(SYNC)
    log(writer, 2, 3, flush=False)
    print(writer.status().written, writer.status().waiting)
    disk.release()
    disk.heal()
    assert writer.close().written == 3
    """
    done = run_child(HANG + script, tmp_path, compiled(tmp_path))
    assert (done.returncode, done.stdout) == (0, "1 2\n"), done.stderr


def test_a_fifo_in_the_place_of_the_directory_is_a_fault_like_others(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run")
    script = """
    writer = new_writer(RUN)
    log(writer, 1)
    print(writer.close().degraded)
    """
    done = run_child(script, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "File exists\n"
