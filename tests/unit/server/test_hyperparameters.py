"""Hyperparameters stand beside the attention and never take it down."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from tensorboard.plugins.hparams import metadata, plugin_data_pb2
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from tensorboard_plugin_attn.server.hyperparameters import read_hyperparameters
from tensorboard_plugin_attn.server.routes.runs import of_nearest_parent


class Provider:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def list_tensors(self, *_: object, **__: object) -> dict[str, dict[str, Any]]:
        series = SimpleNamespace(plugin_content=self.content)
        return {"d32": {metadata.SESSION_START_INFO_TAG: series}, "other": {"tag": series}}


def session(**values: object) -> bytes:
    info = plugin_data_pb2.SessionStartInfo()
    for name, value in values.items():
        if isinstance(value, bool):
            info.hparams[name].bool_value = value
        elif isinstance(value, str):
            info.hparams[name].string_value = value
        else:
            info.hparams[name].number_value = float(value)  # type: ignore[arg-type]
    return plugin_data_pb2.HParamsPluginData(
        session_start_info=info, version=metadata.PLUGIN_DATA_VERSION
    ).SerializeToString()


def asked(provider: object) -> object:
    return read_hyperparameters(provider, Request(EnvironBuilder().get_environ()))  # type: ignore[arg-type]


def test_values_are_read_by_run() -> None:
    found = asked(Provider(session(dimension=32, causal=True, model="sasrec")))
    assert found == {"d32": {"dimension": 32.0, "causal": True, "model": "sasrec"}}


def test_without_a_provider_there_are_none() -> None:
    assert asked(None) == {}


@pytest.mark.parametrize("content", [b"\xff\xff", b""])
def test_what_cannot_be_read_is_said_and_left_out(
    content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert asked(Provider(content)) == {}
    assert "hyperparameters cannot be read" in caplog.text


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("d32/attention", {"d": 32}),
        ("d32", {"d": 32}),
        ("d32/deep/er", {"d": 32}),
        ("d64/attention", {"d": 64}),
        ("other", {"d": 0}),
        (".", {"d": 0}),
    ],
)
def test_a_run_has_those_of_the_nearest_directory_above(
    run: str, expected: dict[str, object]
) -> None:
    known = {"d32": {"d": 32}, "d64/attention": {"d": 64}, ".": {"d": 0}}
    assert of_nearest_parent(known, run) == expected


def test_without_any_a_run_has_none() -> None:
    assert of_nearest_parent({}, "d32/attention") == {}
