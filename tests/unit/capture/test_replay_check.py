"""Portable models that are not the model are found out, and never stop the logging of attention."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_attn import AttentionWriter, Cohort
from tensorboard_plugin_attn.capture.captured_array import CapturedArray
from tensorboard_plugin_attn.capture.ranking import Ranker
from tensorboard_plugin_attn.capture.recorder import Recorder
from tensorboard_plugin_attn.capture.replay_check import difference
from tensorboard_plugin_attn.portable.edits import Edit
from tests.fixtures.logs import own_events
from tests.fixtures.portable_logs import HISTORIES, VOCABULARY, cohort
from tests.fixtures.portable_models import portable_model

MODEL = portable_model()
COHORT: Cohort = cohort()
SCORES = np.stack([MODEL.predict(history, [Edit()])[0] for history in HISTORIES])


def recorded(directory: Path, snapshot: Any, steps: int = 3) -> dict[str, list[int]]:
    """Return the steps at which attention and models were logged."""
    attention = np.tile(np.tri(8, dtype=np.float32) / np.arange(1, 9)[:, None], (4, 1, 1, 1))
    layers = [CapturedArray("block_0/attention", attention)]

    def probe() -> Any:
        return layers, SCORES

    with AttentionWriter(directory, cohort=COHORT) as writer:
        recorder = Recorder(
            writer, COHORT, max_overhead=None, ranker=Ranker(VOCABULARY, COHORT.users, 3)
        )
        recorder.begin()
        for step in range(1, steps + 1):
            if recorder.due(step, None):
                recorder.record(step, None, probe, snapshot)
        recorder.end()
        file = Path(str(writer.status().file))
    tags = ("attention/block_0/attention", "portable_model")
    return {tag: [event.step for event in own_events(file, tag)] for tag in tags}


def test_the_model_itself_is_logged_beside_its_attention(tmp_path: Path) -> None:
    layers: list[Any] = []

    def snapshot(names: Any) -> Any:
        layers.append(tuple(names))
        return MODEL.description, MODEL.tensors

    found = recorded(tmp_path, snapshot)
    assert found == {"attention/block_0/attention": [1, 2, 3], "portable_model": [1, 2, 3]}
    assert set(layers) == {("block_0/attention",)}


def test_a_description_of_another_model_is_found_out_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = replace(MODEL.description, activation="relu")
    with caplog.at_level(logging.WARNING):
        found = recorded(tmp_path, lambda _: (wrong, MODEL.tensors))
    assert found == {"attention/block_0/attention": [1, 2, 3], "portable_model": []}
    [said] = [text for text in caplog.messages if "portable=" in text]
    assert "differ from the model's" in said


def test_an_error_in_it_stops_models_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def snapshot(_: Any) -> Any:
        raise RuntimeError("no such weight")

    with caplog.at_level(logging.WARNING):
        found = recorded(tmp_path, snapshot)
    assert found == {"attention/block_0/attention": [1, 2, 3], "portable_model": []}
    assert [text for text in caplog.messages if "no such weight" in text]


def test_the_same_model_differs_by_rounding_only() -> None:
    off = difference(MODEL.description, MODEL.tensors, VOCABULARY, COHORT.users, SCORES)
    assert off < 1e-5


def test_histories_of_items_that_are_not_scored_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="no user"):
        difference(MODEL.description, MODEL.tensors, [None] * 12, COHORT.users, SCORES)
