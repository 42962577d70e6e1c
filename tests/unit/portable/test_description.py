"""A description is believed only within its limits, and only with the tensors it describes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn.portable.description import DescriptionError, Served
from tensorboard_plugin_attn.portable.kinds import read_description
from tests.fixtures.portable_models import description, tensors


def test_it_comes_back_from_json() -> None:
    for one in (description(), description(predicts_from="mask", activation="relu"), Served(9, 5)):
        assert read_description(one.to_json()) == one


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("item_count", 0),
        ("item_count", 1 << 40),
        ("item_count", True),
        ("item_count", "12"),
        ("dimension", 7),
        ("dimension", 1 << 20),
        ("heads", 3),
        ("heads", 0),
        ("layers", 1000),
        ("layers", 1),
        ("dense_size", -1),
        ("history_length", 1.5),
        ("history_length", 2000),
        ("causal", "yes"),
        ("predicts_from", "anything"),
        ("predicts_from", "mask"),
        ("activation", "__import__"),
        ("embedding_scale", float("nan")),
        ("embedding_scale", "2"),
        ("epsilon", 0),
        ("attention_layers", "ab"),
        ("attention_layers", ["a", 1]),
        ("attention_layers", ["a", "b" * 300]),
        ("token_count", 17),
        ("version", 2),
        ("architecture", "sasrec.SASRec"),
        ("module", "os"),
    ],
)
def test_what_no_model_is_is_refused(name: str, value: Any) -> None:
    content = {**json.loads(description().to_json()), name: value}
    with pytest.raises(DescriptionError):
        read_description(json.dumps(content).encode())


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"[" * 9000, b"\xff", b"{" + b" " * 40000])
def test_what_is_no_description_is_refused(text: bytes) -> None:
    with pytest.raises(DescriptionError):
        read_description(text)


def test_a_missing_setting_is_refused() -> None:
    content = json.loads(description().to_json())
    del content["heads"]
    with pytest.raises(DescriptionError, match="not whole"):
        read_description(json.dumps(content).encode())


@given(st.binary(max_size=100))
def test_any_bytes_are_refused(text: bytes) -> None:
    with pytest.raises(DescriptionError):
        read_description(text)


def test_tensors_must_be_those_it_describes() -> None:
    one = description()
    right = tensors(one)
    one.check(right)
    missing = {name: array for name, array in right.items() if name != "items"}
    wrong = right | {"items": right["items"][:-1]}
    diverged = right | {"items": np.full_like(right["items"], np.nan)}
    for bad, why in (
        (missing, "not those"),
        (right | {"more": right["items"]}, "not those"),
        (wrong, "items is"),
        (diverged, "diverged"),
    ):
        with pytest.raises(DescriptionError, match=why):
            one.check(bad)


def test_a_served_model_has_no_tensors_in_the_log() -> None:
    Served(12, 8).check({})
    with pytest.raises(DescriptionError, match="no tensors"):
        Served(12, 8).check(tensors(description()))
    with pytest.raises(DescriptionError, match="item_count"):
        Served(0, 8)
