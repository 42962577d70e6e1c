"""One frame, and thirty, from the log to a client: our index against TensorBoard's data provider.

The same plugin in the same TensorBoard over the same log, on the loopback; only the reader
differs. The floor is `pread` of as many bytes and one bare round trip, without HTTP or Python on
the other side doing anything else.
"""

from __future__ import annotations

import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import frame_request, synthetic
from benchmarks.result import Bar, Result
from benchmarks.runner import Contender, interleave
from benchmarks.tensorboard_server import HOST, TensorBoard

OURS, PROVIDER = "event index", "data provider"
FLOOR = "pread and a bare round trip"
SIZE = synthetic.Size(steps=480, users=8, layers=2, heads=8, length=50)
QUICK_SIZE = synthetic.Size(steps=64, users=8, layers=2, heads=8, length=50)
TIMEOUT_S = 120.0
MANY = 30


def run(quick: bool) -> list[Result]:
    """Measure milliseconds per request."""
    size, runs, requests = (QUICK_SIZE, 2, 3) if quick else (SIZE, 15, 12)
    with ExitStack() as stack:
        logdir = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        synthetic.write_ours(logdir, size)
        index = stack.enter_context(TensorBoard(logdir))
        provider = stack.enter_context(TensorBoard(logdir, ("--attn_reader", "provider")))
        for server in (index, provider):
            server.wait_for(frame_request.serves_frame(size, size.steps - 1), TIMEOUT_S)
        port = stack.enter_context(_bare_server(logdir))
        return [
            _measure("frame_route", 1, size, (index, provider, port), runs, requests),
            _measure("frame_route_30", MANY, size, (index, provider, port), runs, requests),
        ]


def _measure(
    name: str,
    count: int,
    size: synthetic.Size,
    servers: tuple[TensorBoard, TensorBoard, int],
    runs: int,
    requests: int,
) -> Result:
    index, provider, port = servers
    body = index.get(frame_request.frames_path(size, f"0-{count - 1}"))[1]
    lengths = [len(body) // count] * count
    costs = interleave(
        [
            Contender(OURS, _median_ms(_frames(index, size, count), requests)),
            Contender(PROVIDER, _median_ms(_frames(provider, size, count), requests)),
            Contender(FLOOR, _median_ms(_bare(port, lengths), requests)),
        ],
        runs,
    )
    return Result(
        name=name,
        what=f"{count} frame{'s' * (count > 1)} of {size.heads} heads, L={size.length}, "
        f"{len(body) / 1e3:.0f} kB, from {size.steps} steps; median of {requests} requests",
        unit="ms",
        costs=costs,
        ours=OURS,
        reference=PROVIDER,
        bar=Bar(0.1, "at most", "3× the floor"),
    )


def _median_ms(work: Callable[[random.Random], None], requests: int) -> Callable[[], float]:
    where = random.Random(0)

    def once() -> float:
        times = []
        for _ in range(requests):
            began_s = time.perf_counter()
            work(where)
            times.append(1e3 * (time.perf_counter() - began_s))
        return statistics.median(times)

    return once


def _frames(
    server: TensorBoard, size: synthetic.Size, count: int
) -> Callable[[random.Random], None]:
    def work(where: random.Random) -> None:
        start = where.randrange(size.steps - count)
        steps = str(start) if count == 1 else f"{start}-{start + count - 1}"
        status, body = server.get(frame_request.frames_path(size, steps, user=where.randrange(8)))
        if status != 200 or frame_request.frame_count(body) != count:
            raise RuntimeError(f"HTTP {status}: not {count} frames")

    return work


def _bare(port: int, lengths: list[int]) -> Callable[[random.Random], None]:
    def work(where: random.Random) -> None:
        parts = [f"{where.randrange(1 << 20)} {length}" for length in lengths]
        with socket.create_connection((HOST, port)) as connection:
            connection.sendall(" ".join(parts).encode() + b"\n")
            got = 0
            while data := connection.recv(1 << 16):
                got += len(data)
        if got != sum(lengths):
            raise RuntimeError(f"{got} bytes of {sum(lengths)}")

    return work


@contextmanager
def _bare_server(logdir: Path) -> Iterator[int]:
    (file,) = (logdir / synthetic.RUN).iterdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bare_server", str(file)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout:
            process.stdout.close()
