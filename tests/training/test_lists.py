"""Diversity, novelty, popularity and coverage of lists, and segments, against definitions."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from training.lists import ListMeasures, top_items
from training.segments import segments

TRAIN = [np.array([1, 2, 3]), np.array([1, 2]), np.array([1, 4, 4])]
BUYERS = {1: {0, 1, 2}, 2: {0, 1}, 3: {0}, 4: {2}, 5: set()}
LISTS = np.array([[1, 2, 5], [4, 3, 1]])


def cosine(a: int, b: int) -> float:
    size = math.sqrt(max(1, len(BUYERS[a])) * max(1, len(BUYERS[b])))
    return len(BUYERS[a] & BUYERS[b]) / size


def test_measures_of_lists_are_their_definitions() -> None:
    found = ListMeasures(TRAIN, 6).of(np.vstack([LISTS, LISTS[:1]]))
    lists = [*LISTS.tolist(), LISTS[0].tolist()]
    assert found["coverage"].value == pytest.approx(5 / 5)
    assert found["coverage"].standard_error is None
    diversity = [1 - np.mean([cosine(a, b) for a, b in combinations(each, 2)]) for each in lists]
    assert found["diversity"].value == pytest.approx(np.mean(diversity))
    novelty = [
        np.mean([-math.log2(max(1, len(BUYERS[item])) / 3) for item in each]) for each in lists
    ]
    assert found["novelty (bits)"].value == pytest.approx(np.mean(novelty))
    lift = [
        np.mean([len(BUYERS[item]) for item in each]) / np.mean([len(BUYERS[item]) for item in own])
        - 1
        for each, own in zip(lists, TRAIN, strict=True)
    ]
    assert found["popularity lift"].value == pytest.approx(np.mean(lift))


def test_a_list_of_one_item_is_diverse() -> None:
    found = ListMeasures(TRAIN, 6).of(np.array([[1], [2], [2]]))
    assert found["diversity"].value == 1
    assert found["coverage"].value == pytest.approx(2 / 5)


def test_top_items_are_best_first_and_ties_by_column() -> None:
    scores = np.array([[-np.inf, 1, 3, 3, 2]])
    assert top_items(scores, 3).tolist() == [[2, 3, 4]]
    assert top_items(scores, 10).tolist() == [[2, 3, 4, 1]]


def test_every_user_is_in_one_segment_of_each_kind() -> None:
    random = np.random.default_rng(0)
    train = [random.zipf(1.5, size) % 40 + 1 for size in random.integers(3, 60, 80)]
    targets = random.integers(1, 41, 80)
    found = segments(train, train, targets, 41)
    for kind in ("history", "target"):
        chosen = [users for name, users in found.items() if name.startswith(kind)]
        assert (np.sum(chosen, axis=0) == 1).all()
    counts = np.bincount(np.concatenate(train), minlength=41)
    head = {int(item) for item in targets[found["target in the head"]]}
    tail = {int(item) for item in targets[found["target in the tail"]]}
    assert min(counts[list(head)]) >= max(counts[list(tail)])


def test_histories_of_one_length_are_one_segment() -> None:
    train = [np.array([1, 2])] * 4
    found = segments(train, train, np.array([1, 1, 2, 2]), 3)
    assert found["history up to 2"].all()
    assert not any(name.startswith("history over") for name in found)
