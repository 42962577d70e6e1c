"""Masked items and candidates: right inputs, right targets, the same with the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.batches import CandidateBatches, MaskedBatches, masked, prefixes
from training.preprocessing.sequences import pad

MASK = 99
SEQUENCES = [np.arange(first, first + 9, dtype=np.int32) for first in range(1, 30, 3)]


@given(
    lengths=st.lists(st.integers(1, 8), min_size=1, max_size=20),
    share=st.floats(0, 1),
    seed=st.integers(0, 9),
)
def test_what_is_masked_is_asked_and_nothing_else_is_changed(
    lengths: list[int], share: float, seed: int
) -> None:
    windows = pad([np.arange(1, length + 1) for length in lengths], 8)
    inputs, targets = masked(windows, MASK, share, np.random.default_rng(seed))
    assert ((inputs == MASK) == (targets > 0)).all()
    np.testing.assert_array_equal(np.where(inputs == MASK, targets, inputs), windows)
    assert (targets > 0).any(axis=1).all()
    assert (targets[windows == 0] == 0).all()


def test_some_windows_mask_the_last_item_alone() -> None:
    windows = np.tile(np.arange(1, 9, dtype=np.int32), (400, 1))
    _, targets = masked(windows, MASK, 0.5, np.random.default_rng(0))
    alone = (targets[:, :-1] == 0).all(axis=1) & (targets[:, -1] > 0)
    assert 0.05 < alone.mean() < 0.2
    assert 0.4 < (targets > 0).mean() < 0.5


def masked_batches(seed: int) -> MaskedBatches:
    return MaskedBatches(SEQUENCES, 6, 4, seed, mask_token=MASK, share=0.3)


def candidate_batches(seed: int, **settings: object) -> CandidateBatches:
    chances = np.ones(40)
    chances[0] = 0
    arguments = {
        "per_user": 3,
        "negatives": 5,
        "probabilities": chances,
        "users": {"country": np.arange(len(SEQUENCES))},
        **settings,
    }
    return CandidateBatches(SEQUENCES, 6, 4, seed, **arguments)


def flat(batches) -> list[np.ndarray]:
    found = []
    for number in range(len(batches)):
        inputs, targets = batches[number]
        found += [*(inputs.values() if isinstance(inputs, dict) else [inputs]), targets]
    return found


@pytest.mark.parametrize("make", [masked_batches, candidate_batches])
def test_epochs_follow_from_the_seed(make) -> None:
    first, second, other = make(1), make(1), make(2)
    for _ in range(2):
        for one, two in zip(flat(first), flat(second), strict=True):
            np.testing.assert_array_equal(one, two)
        before = flat(first)
        first.on_epoch_end()
        second.on_epoch_end()
        assert any((a != b).any() for a, b in zip(before, flat(first), strict=True))
    assert any((a != b).any() for a, b in zip(flat(make(1)), flat(other), strict=True))


def test_the_target_follows_its_history_and_users_keep_their_features() -> None:
    batches = candidate_batches(0)
    assert len(batches) == len(SEQUENCES) * 3 // 4
    for number in range(len(batches)):
        inputs, targets = batches[number]
        assert (targets == 0).all()
        assert inputs["candidate"].shape == (4, 6)
        assert (inputs["candidate"] > 0).all()
        for row, user in enumerate(inputs["country"]):
            target = int(inputs["candidate"][row, 0])
            place = SEQUENCES[user].tolist().index(target)
            expected = pad([SEQUENCES[user][:place]], 6)[0]
            np.testing.assert_array_equal(inputs["history"][row], expected)
        assert (inputs["candidate"][:, 1:] == inputs["candidate"][:1, 1:]).all()


def test_prefixes_are_at_most_so_many_and_never_the_first_item() -> None:
    found = prefixes([1, 0, 5, 2], 3, np.random.default_rng(0))
    assert found[:, 0].tolist() == [2, 2, 2, 3]
    assert found[:, 1].min() >= 1
    assert len({tuple(each) for each in found.tolist()}) == len(found)


@pytest.mark.parametrize("make", [MaskedBatches, CandidateBatches])
def test_users_with_one_item_each_are_refused(make) -> None:
    extra = (
        {"mask_token": MASK, "share": 0.2}
        if make is MaskedBatches
        else {"per_user": 1, "negatives": 1, "probabilities": np.ones(3), "users": {}}
    )
    with pytest.raises(ValueError, match="longer histories"):
        make([np.array([1], np.int32)], 5, 4, 0, **extra)
