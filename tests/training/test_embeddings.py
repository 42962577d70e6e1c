"""Vectors are computed once per encoder and texts, and a damaged file is never believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from training.features.embeddings import embed


@dataclass
class Counting:
    """Counts the texts it encodes; a text's vector is its length."""

    name: str = "counting"
    version: str = "1"
    dimension: int = 2
    encoded: list[str] = field(default_factory=list)

    def encode(self, texts: list[str]) -> np.ndarray:
        self.encoded += texts
        return np.array([[len(text)] * self.dimension for text in texts], np.float32)


TEXTS = ["a", "bb", "a", ""]
VECTORS = [[1, 1], [2, 2], [1, 1], [0, 0]]


def test_each_different_text_is_encoded_once(tmp_path: Path) -> None:
    encoder = Counting()
    assert embed(TEXTS, encoder).tolist() == VECTORS
    assert encoder.encoded == ["a", "bb", ""]
    encoder.encoded.clear()
    for _ in range(2):
        assert embed(TEXTS, encoder, tmp_path / "cache").tolist() == VECTORS
    assert encoder.encoded == ["a", "bb", ""]
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize(
    "other",
    [Counting(name="b"), Counting(version="2"), Counting(dimension=3)],
    ids=["name", "version", "dimension"],
)
def test_another_encoder_has_its_own_vectors(tmp_path: Path, other: Counting) -> None:
    embed(TEXTS, Counting(), tmp_path)
    embed(TEXTS, other, tmp_path)
    assert other.encoded == ["a", "bb", ""]


def test_texts_that_only_join_to_the_same_are_different(tmp_path: Path) -> None:
    assert embed(["ab", "c"], Counting(), tmp_path)[:, 0].tolist() == [2, 1]
    assert embed(["a", "bc"], Counting(), tmp_path)[:, 0].tolist() == [1, 2]


@pytest.mark.parametrize("damage", ["cut", "empty", "other shape", "other type"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: str) -> None:
    embed(TEXTS, Counting(), tmp_path)
    [path] = tmp_path.iterdir()
    whole = path.read_bytes()
    if damage == "other shape":
        np.save(path, np.zeros((1, 2), np.float32))
    elif damage == "other type":
        np.save(path, np.zeros((3, 2), np.int64))
    else:
        path.write_bytes(whole[:-5] if damage == "cut" else b"")
    assert embed(TEXTS, Counting(), tmp_path).tolist() == VECTORS
    assert path.read_bytes() == whole
    assert len(list(tmp_path.iterdir())) == 1


def test_no_texts_give_no_vectors(tmp_path: Path) -> None:
    assert embed([], Counting(), tmp_path).shape == (0, 2)
