"""1000 steps in, 1000 out: whatever the reader, whatever the loader, with no flag from the user."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.app import App, Frames, make_app, multiplexer_provider, parsed_flags
from tests.e2e.conftest import TensorBoard, start_tensorboard
from tests.log_builder import LAYER, RUN, attention_of, write_log

STEPS = range(1, 1001)
WAIT_S = 120


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("thousand")
    write_log(directory / RUN, STEPS)
    return directory


def assert_every_step(app: App) -> None:
    timeline = app.json("/timeline", run=RUN, layer=LAYER)
    assert timeline["steps"] == list(STEPS)
    for first in range(1, 1001, 200):
        found = app.frames(run=RUN, layer=LAYER, user=1, steps=f"{first}-{first + 199}")
        assert found.steps == list(range(first, first + 200))
        assert found.header["absent"] == []
        for frame in (found.header["frames"][0], found.header["frames"][137]):
            shown = found.attention(frame)
            np.testing.assert_allclose(shown, attention_of(frame["step"])[1], atol=0.004)


def test_index(logdir: Path) -> None:
    app = make_app(logdir)
    assert app.plugin._runs.store.name == "index"
    assert_every_step(app)


def test_provider_over_the_python_loader(logdir: Path) -> None:
    arguments = ("--attn_reader=provider",)
    provider = multiplexer_provider(logdir, parsed_flags(logdir, *arguments))
    app = make_app(logdir, *arguments, provider=provider)
    assert app.plugin._runs.store.name == "provider"
    assert_every_step(app)


@pytest.fixture(scope="module", params=["index", "provider"])
def fast_board(request: pytest.FixtureRequest, logdir: Path) -> Iterator[TensorBoard]:
    board = start_tensorboard(logdir, "--load_fast=true", f"--attn_reader={request.param}")
    yield board
    board.stop()


def test_real_tensorboard_with_the_fast_loader(fast_board: TensorBoard) -> None:
    query = urllib.parse.urlencode({"run": RUN, "layer": LAYER})
    wait_for_steps(fast_board, query)
    with urllib.request.urlopen(
        f"{fast_board.address}data/plugin/attn/frames?{query}&user=1&steps=801-1000", timeout=60
    ) as answer:
        found = Frames.parse(answer.read())
    assert found.steps == list(range(801, 1001))
    np.testing.assert_allclose(
        found.attention(found.header["frames"][-1]), attention_of(1000)[1], atol=0.004
    )


def wait_for_steps(board: TensorBoard, query: str) -> None:
    """Ask until every step is there: the data provider hands them over bit by bit."""
    steps: list[int] = []
    deadline_s = time.monotonic() + WAIT_S
    while steps != list(STEPS) and time.monotonic() < deadline_s:
        url = f"{board.address}data/plugin/attn/timeline?{query}"
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                steps = json.load(answer)["steps"]
        except urllib.error.HTTPError as error:
            assert error.code == 404  # not loaded yet
        time.sleep(0.2)
    assert steps == list(STEPS)
