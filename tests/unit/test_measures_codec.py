"""Measures in half precision, and bytes that are none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import measures_codec


def measured(heads: int, seed: int = 0) -> dict[str, np.ndarray]:
    values = np.random.default_rng(seed).uniform(0, 13, (len(measures_codec.STORED), heads))
    found = dict(zip(measures_codec.STORED, values.astype(np.float32), strict=True))
    if heads == 1:
        found["head_similarity"] = np.empty(0, np.float32)
    return found


@given(heads=st.integers(1, 64), seed=st.integers(0, 99))
def test_they_come_back_within_half_a_thousandth(heads: int, seed: int) -> None:
    before = measured(heads, seed)
    after = measures_codec.unpack(measures_codec.pack(before))
    assert set(after) == {*measures_codec.NAMES} - {"importance"} - (
        {"head_similarity"} if heads == 1 else set()
    )
    for name in set(after) - {"effective_span"}:
        assert after[name] == pytest.approx(before[name], rel=2**-11, abs=1e-7)
    assert after["effective_span"] == pytest.approx(np.exp2(after["entropy_bits"]))


def test_four_heads_take_forty_bytes() -> None:
    assert len(measures_codec.pack(measured(4)).packed) == 40


@given(packed=st.binary(max_size=200))
def test_any_bytes_give_as_many_values_for_each_measure_or_none(packed: bytes) -> None:
    found = measures_codec.unpack(pb.Measures(packed=packed))
    assert len({values.shape for values in found.values()}) <= 1


def test_importance_stands_beside_them() -> None:
    stored = measures_codec.pack(measured(2))
    assert "importance" not in measures_codec.unpack(stored)
    stored.importance.extend([0.5, 0.25])
    assert measures_codec.unpack(stored)["importance"].tolist() == [0.5, 0.25]


def test_users_unpacked_together_are_users_unpacked_alone() -> None:
    users = [measures_codec.pack(measured(3, seed)) for seed in range(4)]
    users.insert(1, pb.Measures())  # one whose frame was rejected
    users[2].importance.extend([0.5, 0.25, 0.125])
    alone = [measures_codec.unpack(user) for user in users]
    together = measures_codec.unpack_users(users)
    assert set(together) == set(measures_codec.NAMES)
    for name, rows in together.items():
        assert rows.tolist() == [user[name].tolist() for user in alone if name in user], name


def test_a_user_with_one_head_more_is_refused() -> None:
    with pytest.raises(ValueError, match=r"reshape|inhomogeneous"):
        measures_codec.unpack_users([measures_codec.pack(measured(heads)) for heads in (2, 3)])
