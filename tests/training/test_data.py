"""The packed data, the split and the windows: right counts, and nothing from the future."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.datasets.ecommerce import PACKED
from training.preprocessing.dataset import WindowBatches
from training.preprocessing.interactions import read_online_retail
from training.preprocessing.sequences import next_item_windows, pad
from training.preprocessing.splitting import leave_one_out

sequences_lists = st.lists(
    st.lists(st.integers(1, 500), min_size=0, max_size=40).map(
        lambda items: np.array(items, np.int32)
    ),
    min_size=1,
    max_size=8,
)


def test_packed_data_is_what_its_readme_says() -> None:
    interactions = read_online_retail(PACKED)
    assert sum(map(len, interactions.sequences)) == 271_962
    assert len(interactions.sequences) == 4_035
    assert interactions.item_count == 3_457 + 1
    assert PACKED.stat().st_size < 1_000_000
    assert "WHITE HANGING HEART T-LIGHT HOLDER" in interactions.item_titles
    assert all(sequence.min() > 0 for sequence in interactions.sequences)
    readme = (PACKED.parent / "README.md").read_text()
    assert "271 962" in readme
    assert "CC BY 4.0" in readme


def test_a_file_that_is_no_packed_data_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", something=np.zeros(3))
    with pytest.raises(ValueError, match=r"other\.npz is not a packed data set"):
        read_online_retail(tmp_path / "other.npz")


def test_packing_drops_what_is_no_purchase_and_is_repeatable(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("pack", PACKED.parent / "pack.py")
    assert spec is not None
    assert spec.loader is not None
    pack = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pack)
    good = [
        {
            "invoice": f"5{customer}{item}",
            "stock_code": f"1000{item}",
            "description": f" ITEM  {item} ",
            "quantity": 1,
            "time": f"2010-01-0{1 + item} 10:0{customer}:00",
            "price": 1.25,
            "customer_id": float(customer),
            "country": "France",
        }
        for customer in range(6)
        for item in range(6)
    ]
    bad = [
        {**good[0], "invoice": "C5"},
        {**good[0], "quantity": -1},
        {**good[0], "price": 0.0},
        {**good[0], "customer_id": float("nan")},
        {**good[0], "stock_code": "POST"},
        {**good[0], "stock_code": "99999", "description": "bought once"},
    ]
    arrays = pack.pack(pd.DataFrame(bad + good))
    assert arrays["interactions_per_user"].tolist() == [6] * 6
    assert bytes(arrays["item_titles"]).decode().split("\n")[0] == "ITEM 0"
    for name in ("a.npz", "b.npz"):
        pack.write(arrays, tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@given(sequences=sequences_lists)
def test_split_never_shows_what_it_asks_for(sequences: list[np.ndarray]) -> None:
    split = leave_one_out(sequences)
    assert split.users == [user for user, items in enumerate(sequences) if len(items) >= 3]
    for place, user in enumerate(split.users):
        original = sequences[user].tolist()
        seen_for_test = split.test_histories[place].tolist()
        assert [*split.train[place].tolist(), split.validation[place]] == seen_for_test
        assert [*seen_for_test, split.test[place]] == original


@given(sequences=sequences_lists, length=st.integers(2, 12), seed=st.integers(0, 5))
def test_windows_are_pieces_of_sequences_shifted_by_one(
    sequences: list[np.ndarray], length: int, seed: int
) -> None:
    inputs, targets = next_item_windows(sequences, length, np.random.default_rng(seed))
    texts = [" ".join(map(str, items.tolist())) for items in sequences]
    for source, target in zip(inputs, targets, strict=True):
        real = source[source > 0].tolist()
        following = target[target > 0].tolist()
        assert real[1:] == following[:-1]
        assert any(" ".join(map(str, [*real, following[-1]])) in text for text in texts)


@given(sequences=sequences_lists, length=st.integers(2, 50))
def test_every_item_but_the_first_is_a_target_when_it_fits(
    sequences: list[np.ndarray], length: int
) -> None:
    short = [items for items in sequences if len(items) <= length + 1]
    _, targets = next_item_windows(short, length, np.random.default_rng(0))
    assert int((targets > 0).sum()) == sum(max(0, len(items) - 1) for items in short)


@given(length=st.integers(2, 12), count=st.integers(2, 80), seed=st.integers(0, 5))
def test_every_item_but_the_first_is_a_target_of_a_long_sequence(
    length: int, count: int, seed: int
) -> None:
    sequence = np.arange(1, count + 1, dtype=np.int32)
    inputs, targets = next_item_windows([sequence], length, np.random.default_rng(seed))
    assert set(targets[targets > 0].tolist()) == set(range(2, count + 1))
    assert inputs.shape == targets.shape == (len(inputs), length)


def test_padding_is_left_and_the_newest_items_stay() -> None:
    padded = pad([np.array([1, 2, 3]), np.array([4]), np.array([], np.int32)], 2)
    assert padded.tolist() == [[2, 3], [0, 4], [0, 0]]


def test_batches_change_between_epochs_and_not_between_runs() -> None:
    sequences = [np.arange(1, 90, dtype=np.int32) for _ in range(6)]
    first = WindowBatches(sequences, 10, 4, seed=1)
    second = WindowBatches(sequences, 10, 4, seed=1)
    before = first[0][0].copy()
    np.testing.assert_array_equal(before, second[0][0])
    assert len(first) == len(first._inputs) // 4
    first.on_epoch_end()
    assert not np.array_equal(before, first[0][0])


@given(
    counts=st.lists(st.integers(1, 60), min_size=1, max_size=12).filter(lambda c: max(c) > 1),
    batch_size=st.integers(1, 40),
    seed=st.integers(0, 9),
)
def test_every_batch_of_every_epoch_is_full(counts: list[int], batch_size: int, seed: int) -> None:
    sequences = [np.arange(1, count + 1, dtype=np.int32) for count in counts]
    batches = WindowBatches(sequences, 5, batch_size, seed=seed)
    shapes = set()
    for _ in range(4):
        shapes |= {batches[number][0].shape for number in range(len(batches))}
        batches.on_epoch_end()
    [(rows, length)] = shapes
    assert 1 <= rows <= batch_size
    assert length == 5


def test_users_with_one_item_each_are_refused() -> None:
    with pytest.raises(ValueError, match="longer histories"):
        WindowBatches([np.array([1], np.int32)], 5, 4, seed=0)
