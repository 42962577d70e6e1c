"""Features have the documented shapes, mean what their labels say, and survive saving."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from training.features.hashing import HashingEncoder
from training.preprocessing.features import FeatureEncoder, Features
from training.preprocessing.interactions import Attribute, Interactions
from training.preprocessing.splitting import leave_one_out


def objects(*values: object) -> np.ndarray:
    array = np.empty(len(values), object)
    array[:] = values
    return array


def interactions() -> Interactions:
    return Interactions(
        sequences=[np.array(s, np.int32) for s in ([1, 2, 3, 4], [2, 1, 1, 5], [1])],
        user_ids=["u", "v", "w"],
        item_ids=["", "a", "b", "c", "d", "e"],
        item_titles=["", "A", "B", "C", "D", "E"],
        item_attributes=[{}] * 6,
        user_attributes=[{}] * 3,
        item_columns={
            "kind": Attribute("categorical", objects(None, "x", "x", "y", "x", "z")),
            "tags": Attribute("multiple", objects((), ("p", "q"), ("p", "q"), ("r",), (), ("q",))),
            "price": Attribute("numeric", np.array([np.nan, 1, 2, 900, np.nan, 1])),
        },
        user_columns={"town": Attribute("categorical", objects("Ulm", "Ulm", "Bonn"))},
        neighbours=[np.array(n, np.int32) for n in ([1, 2], [0], [])],
        item_texts=["", "a red mug", "a blue mug", "a chair", "", "a red mug"],
        texts=[["hello"] * 4, ["a", "b", "", "d"], ["bye"]],
    )


@pytest.fixture
def encoder() -> FeatureEncoder:
    data = interactions()
    return FeatureEncoder.learn(
        data, leave_one_out(data.sequences), HashingEncoder(), max_neighbours=2
    )


def test_fields_are_numbers_of_their_labels(encoder: FeatureEncoder) -> None:
    features = encoder.encode(interactions())
    named = {
        name: [features.item_labels[name][number] for number in numbers]
        for name, numbers in features.item_fields.items()
    }
    # Items 1 and 2 are learned from; 3, 4 and 5 are held out.
    assert named["kind"] == ["", "x", "x", "(unknown)", "x", "(unknown)"]
    assert named["tags"] == ["", "p", "p", "(unknown)", "", "q"]
    assert named["tags 2"] == ["", "q", "q", "", "", ""]
    assert "tags 3" not in named  # no item that was learned from has three
    assert named["price"][0] == named["price"][4] == ""
    assert named["price"][3] == named["price"][2]  # 900 is in the highest band
    assert all(numbers.dtype == np.int32 for numbers in features.item_fields.values())
    towns = features.user_labels["town"]
    assert [towns[n] for n in features.user_fields["town"]] == ["Ulm", "Ulm", "(unknown)"]


def test_neighbours_texts_and_dense_rows_are_padded_with_nothing(encoder: FeatureEncoder) -> None:
    features = encoder.encode(interactions())
    assert features.neighbours is not None
    assert features.neighbours.tolist() == [[2, 3], [1, 0], [0, 0]]  # user number + 1
    assert features.item_text is not None
    assert features.item_text.shape == (6, 64)
    assert not features.item_text[[0, 4]].any()
    assert (features.item_text[1] == features.item_text[5]).all()
    assert features.texts is not None
    assert [text.shape for text in features.texts] == [(4, 64), (4, 64), (1, 64)]
    assert features.item_dense is not None
    assert not features.item_dense[0].any()
    assert features.item_dense.shape == (6, len(features.item_dense_names))


def test_without_attributes_there_are_no_features() -> None:
    bare = dataclasses.replace(
        interactions(),
        item_columns={},
        user_columns={},
        neighbours=None,
        item_texts=None,
        texts=None,
    )
    encoder = FeatureEncoder.learn(bare, leave_one_out(bare.sequences), HashingEncoder())
    assert encoder.encode(bare) == Features({}, {}, {}, {})


def test_a_saved_encoder_gives_the_same_features(encoder: FeatureEncoder, tmp_path: Path) -> None:
    encoder.save(tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["features.json"]
    again = FeatureEncoder.load(tmp_path / "run", HashingEncoder())
    assert again == encoder
    before, after = encoder.encode(interactions()), again.encode(interactions())
    for field in dataclasses.fields(Features):
        np.testing.assert_equal(getattr(after, field.name), getattr(before, field.name))


def test_another_text_encoder_or_version_is_refused(
    encoder: FeatureEncoder, tmp_path: Path
) -> None:
    encoder.save(tmp_path)
    with pytest.raises(ValueError, match="trained with text encoder 'hashing-spelling-only 1'"):
        FeatureEncoder.load(tmp_path, HashingEncoder(version="2"))
    path = tmp_path / "features.json"
    path.write_text(path.read_text().replace('"version": 1', '"version": 9'))
    with pytest.raises(ValueError, match="has version 9: train again"):
        FeatureEncoder.load(tmp_path)
