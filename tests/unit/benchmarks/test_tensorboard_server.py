"""One TensorBoard is started for real: what the benchmarks poll and weigh must be it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks import frame_request, frame_route, synthetic
from benchmarks.open import KEEP_IMAGES, Opening
from benchmarks.synthetic import Size
from benchmarks.tensorboard_server import TensorBoard

SIZE = Size(steps=40, users=8, layers=1, heads=2, length=5)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logdir = tmp_path_factory.mktemp("ours")
    synthetic.write_ours(logdir, SIZE)
    return logdir


@pytest.fixture(scope="module")
def server(ours: Path) -> Iterator[TensorBoard]:
    with TensorBoard(ours) as found:
        assert found.wait_for(frame_request.serves_frame(SIZE, SIZE.steps - 1), 120) > 0
        yield found


def test_frames_are_served_and_counted(server: TensorBoard) -> None:
    status, body = server.get(frame_request.frames_path(SIZE, "0-9", user=7))
    assert (status, frame_request.frame_count(body)) == (200, 10)
    frame_route._median_ms(frame_route._frames(server, SIZE, 30), 2)()


def test_a_frame_that_is_not_there_is_not_served(server: TensorBoard) -> None:
    assert not frame_request.serves_frame(SIZE, SIZE.steps)(server)
    assert not frame_request.serves_image(SIZE)(server)


def test_memory_is_that_of_all_processes(server: TensorBoard) -> None:
    alone = psutil.Process(server._process.pid).memory_info().rss
    assert alone <= server.memory_bytes() < 10 * alone


def test_what_never_comes_ends_in_an_error(server: TensorBoard) -> None:
    with pytest.raises(TimeoutError, match="nothing after"):
        server.wait_for(lambda _: False, 0.1)


def test_images_are_served_and_the_process_ends(tmp_path: Path) -> None:
    synthetic.write_images(tmp_path, SIZE)
    opening = Opening(tmp_path, KEEP_IMAGES, frame_request.serves_image(SIZE))
    with TensorBoard(tmp_path, KEEP_IMAGES) as server:
        server.wait_for(opening.is_served, 120)
        pid = server._process.pid
    assert not psutil.pid_exists(pid)


def test_a_server_that_ends_says_why(tmp_path: Path) -> None:
    with (
        TensorBoard(tmp_path, ("--no_such_flag",)) as server,
        pytest.raises(RuntimeError, match="no_such_flag"),
    ):
        server.wait_for(lambda found: found.get("/")[0] == 200, 60)


def test_tensorboard_runs_without_tensorflow(server: TensorBoard) -> None:
    said = server._said()
    assert "TensorFlow installation not found" in said
    libraries = {
        Path(entry.path).name for entry in psutil.Process(server._process.pid).memory_maps()
    }
    assert not {name for name in libraries if "tensorflow" in name}


def test_the_floor_sends_the_bytes_it_is_asked_for(ours: Path) -> None:
    (file,) = (ours / synthetic.RUN).iterdir()
    with (
        frame_route._bare_server(ours) as port,
        socket.create_connection(("127.0.0.1", port)) as connection,
    ):
        connection.sendall(b"3 4 0 2\n")
        received = b"".join(iter(lambda: connection.recv(100), b""))
    content = file.read_bytes()
    assert received == content[3:7] + content[:2]
