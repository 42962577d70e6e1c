"""1000 steps in, 1000 steps out, through every reader and without any sampling flag."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest

from tests.fixtures.logs import LAYER, attention, write_log
from tests.fixtures.providers import ONCE, python_loader, tensorboard_flags
from tests.fixtures.tab import Frames, Tab, unpack

STEPS = list(range(1, 1001))
RUN = "d32/attention"
ROOT = Path(__file__).parents[2]
Get = Callable[..., bytes]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logdir = tmp_path_factory.mktemp("logs")
    write_log(logdir / RUN, STEPS, recommend=False)
    return logdir


def asked(tab: Tab) -> Get:
    """Return a function that asks `tab` as `address_of` asks a process."""

    def get(route: str, **query: object) -> bytes:
        response = tab.get(route, **query)
        assert response.status_code == 200, response.text
        return bytes(response.data)

    return get


def wait_until_read(get: Get, seconds: float = 60.0) -> dict[str, Any]:
    """Poll `/status` until the run is there and nothing is left to index."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        status: dict[str, Any] = json.loads(get("/status"))
        runs = json.loads(get("/runs"))["runs"]
        indexing = status["indexing"]
        all_read = indexing["done_bytes"] == indexing["total_bytes"]
        if all_read and runs and runs[0]["step_count"] == len(STEPS):
            return status
        time.sleep(0.2)
    return status


def check_every_step(get: Get, reader: str) -> None:
    status = wait_until_read(get)
    assert (status["reader"], status["problems"]) == (reader, [])
    assert json.loads(get("/timeline", run=RUN, layer=LAYER))["steps"] == STEPS
    found: list[int] = []
    for first in range(1, 1000, 200):
        body = get("/frames", run=RUN, layer=LAYER, user=1, steps=f"{first}-{first + 199}")
        answer = unpack(body)
        assert answer.header["absent"] == []
        for frame in answer.header["frames"][::50]:
            assert_shows(answer, frame)
        found += answer.steps
    assert found == STEPS
    assert json.loads(get("/measures", run=RUN, layer=LAYER, user=0))["steps"] == STEPS


def assert_shows(answer: Frames, frame: dict[str, Any]) -> None:
    """Compare a frame with the attention that was logged, beyond the stated error never."""
    shown = answer.attention(frame)
    logged = np.tril(attention(seed=frame["step"])[1])
    np.testing.assert_allclose(shown, logged, atol=0.0039 + 1e-6)


def test_the_index_shows_every_step(log: Path) -> None:
    check_every_step(asked(Tab(log, tensorboard_flags(log))), "index")


def test_the_provider_over_the_python_loader_shows_every_step(log: Path) -> None:
    flags = tensorboard_flags(log, "--attn_reader=provider", "--load_fast=false", *ONCE)
    with python_loader(flags) as provider:
        check_every_step(asked(Tab(log, flags, provider)), "provider")


def test_without_our_flags_tensorboard_would_keep_ten_steps(log: Path) -> None:
    """The reason for `AttnLoader.fix_flags`; when this fails, it may go."""
    flags = tensorboard_flags(log, "--attn_reader=provider", "--load_fast=false", *ONCE)
    del flags.samples_per_plugin["attn"]
    with python_loader(flags) as provider:
        get = asked(Tab(log, argparse.Namespace(attn_reader="provider"), provider))
        assert len(json.loads(get("/timeline", run=RUN, layer=LAYER))["steps"]) == 10


@contextmanager
def tensorboard(logdir: Path, *arguments: str) -> Iterator[Get]:
    """Start a TensorBoard process and give a function that asks its plugin."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir), "--port", "0"]
    process = subprocess.Popen(
        [*command, *arguments],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    address: list[str] = []
    ready = threading.Event()

    def listen() -> None:
        for line in process.stderr or ():
            if match := re.search(r"http://localhost:\d+", line):
                address.append(match[0])
                ready.set()
        ready.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        assert ready.wait(120)
        assert address, "TensorBoard did not start"

        def get(route: str, **query: object) -> bytes:
            url = f"{address[0]}/data/plugin/attn{route}?{urlencode(query)}"
            with urllib.request.urlopen(url, timeout=60) as response:
                return bytes(response.read())

        yield get
    finally:
        process.terminate()
        process.wait(30)
        listener.join(30)
        if process.stderr:
            process.stderr.close()


def test_the_provider_over_the_rust_data_server_shows_every_step(log: Path) -> None:
    with tensorboard(log, "--load_fast=true", "--attn_reader=provider") as get:
        check_every_step(get, "provider")
