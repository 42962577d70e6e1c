"""A description of feature attention is believed within its limits, with codes that exist."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_attn.portable.description import DescriptionError
from tensorboard_plugin_attn.portable.edits import Edit
from tensorboard_plugin_attn.portable.feature_description import FeatureDescription
from tensorboard_plugin_attn.portable.feature_model import FeatureModel
from tensorboard_plugin_attn.portable.kinds import read_description

CODES = ("item_codes", "users.fields", "users.neighbours")


def description(**changes: Any) -> FeatureDescription:
    settings: dict[str, Any] = {
        "item_count": 9,
        "history_length": 5,
        "dimension": 4,
        "heads": 2,
        "similarity": "bilinear",
        "scoring": "dot",
        "user_fields": [["country", 3]],
        "item_fields": [["shelf", 4], ["brand", 2]],
        "neighbours": 2,
        "people": 6,
        "users": 2,
        "attention_layers": ["target_attention"],
    }
    return FeatureDescription(**settings | changes)


def tensors(of: FeatureDescription) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {
        name: np.ones(shape, np.float32)
        if name in CODES
        else random.normal(size=shape).astype(np.float32)
        for name, shape in of.shapes().items()
    }


def test_it_comes_back_from_json() -> None:
    for one in (description(), description(similarity="scaled_dot_product", scoring="mlp")):
        assert read_description(one.to_json()) == one
        one.check(tensors(one))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("similarity", "cosine"),
        ("scoring", None),
        ("dimension", 5),
        ("heads", 0),
        ("item_count", (1 << 22) + 1),
        ("item_fields", [["f", 1 << 23]]),
        ("people", -1),
        ("users", 1 << 30),
        ("user_fields", "country"),
        ("user_fields", [["country"]]),
        ("user_fields", [["country", 0]]),
        ("item_fields", [[1, 2]]),
        ("item_fields", [["f", 2]] * 65),
        ("attention_layers", []),
        ("attention_layers", ["a", "b"]),
        ("code", "import os"),
    ],
)
def test_what_no_model_is_is_refused(name: str, value: Any) -> None:
    content = {**json.loads(description().to_json()), name: value}
    with pytest.raises(DescriptionError):
        read_description(json.dumps(content).encode())


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("code", [-1, 0.5, 100, np.nan, 1e30])
def test_a_code_without_an_embedding_is_refused(name: str, code: float) -> None:
    one = description()
    wrong = tensors(one)
    wrong[name][0, 0] = code
    with pytest.raises(DescriptionError):
        FeatureModel(one, wrong)


def test_what_cannot_be_computed_is_refused() -> None:
    one = description()
    model = FeatureModel(one, tensors(one)).of_user(1)
    assert model.features == [
        "user: country",
        "neighbour 1",
        "neighbour 2",
        "item: shelf",
        "item: brand",
    ]
    assert np.isfinite(model.predict([3], [Edit(deleted=frozenset({0}))])).all()
    for edit in (
        Edit(weights=dict.fromkeys(range(6), 0.0)),
        Edit(layers_off=frozenset({0})),
        Edit(heads_off=frozenset({(0, 2)})),
    ):
        with pytest.raises(ValueError, match=r"nothing is left|switched off"):
            model.predict([3], [edit])


def test_what_is_too_large_to_compute_is_refused() -> None:
    with pytest.raises(DescriptionError, match="too large"):
        description(item_count=1 << 22, dimension=8)
