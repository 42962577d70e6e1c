"""A TensorBoard process on this machine's loopback: when it answers, and what memory it takes."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import psutil

_ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
POLL_EVERY_S = 0.01
REQUEST_TIMEOUT_S = 30.0


class TensorBoard:
    """Starts TensorBoard on `logdir`; ends it, and the data server it started, when left."""

    def __init__(self, logdir: Path, flags: Sequence[str] = ()) -> None:
        self.port = _free_port()
        self._console = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        command = [sys.executable, "-m", "benchmarks.bare_tensorboard", "--logdir", str(logdir)]
        self.began_s = time.perf_counter()
        self._process = subprocess.Popen(
            [*command, "--host", HOST, "--port", str(self.port), *flags],
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self._console,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
        )

    @property
    def address(self) -> str:
        """Return where the browser goes."""
        return f"http://{HOST}:{self.port}/"

    def get(self, path: str) -> tuple[int, bytes]:
        """Return status and body of one request, on a connection of its own as TensorBoard asks.

        Raises:
          OSError: the server does not answer, or not yet.
        """
        connection = http.client.HTTPConnection(HOST, self.port, timeout=REQUEST_TIMEOUT_S)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()

    def wait_for(self, what: Callable[[TensorBoard], bool], timeout_s: float) -> float:
        """Return the seconds from the start of the process until `what` held.

        Raises:
          TimeoutError: it did not in time.
          RuntimeError: the process ended.
        """
        while time.perf_counter() < self.began_s + timeout_s:
            try:
                if what(self):
                    return time.perf_counter() - self.began_s
            except OSError:
                if self._process.poll() is not None:
                    raise RuntimeError(f"TensorBoard ended: {self._said()}") from None
            time.sleep(POLL_EVERY_S)
        raise TimeoutError(f"nothing after {timeout_s} s: {self._said()}")

    def memory_bytes(self) -> int:
        """Return the resident memory of the process and of those it started."""
        process = psutil.Process(self._process.pid)
        family = [process, *process.children(recursive=True)]
        return sum(_resident(member) for member in family)

    def settled_memory_bytes(self, timeout_s: float, quiet_s: float = 1.5) -> int:
        """Return the memory once it has changed by less than 1 % for `quiet_s`."""
        ends_s = time.perf_counter() + timeout_s
        known, since_s = self.memory_bytes(), time.perf_counter()
        while time.perf_counter() < min(ends_s, since_s + quiet_s):
            time.sleep(0.1)
            now = self.memory_bytes()
            if abs(now - known) > 0.01 * known:
                known, since_s = now, time.perf_counter()
        return self.memory_bytes()

    def __enter__(self) -> TensorBoard:
        """Return itself, started."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes."""
        try:
            children = psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            children = []
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        for child in children:
            if child.is_running():
                child.kill()
        self._console.close()

    def _said(self) -> str:
        self._console.seek(0)
        text = self._console.read().decode(errors="replace")
        return re.sub(r"\s+", " ", text)[-400:]


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])
