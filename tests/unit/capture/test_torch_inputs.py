"""Inputs of any shape become tensors where the model is, and reach it as they should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tensorboard_plugin_attn.capture.torch_inputs import (
    call_model,
    check_rows,
    device_of,
    leaves,
    to_tensors,
)

CPU = torch.device("cpu")


class Records(nn.Module):
    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return args, kwargs


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        (np.ones((2, 3), np.int32), torch.int64),
        (np.ones((2, 3), np.uint8), torch.int64),
        (np.ones((2, 3), bool), torch.bool),
        (np.ones((2, 3), np.float64), torch.float32),
        (np.ones((2, 3), np.float16), torch.float16),
        ([[1, 2, 3], [4, 5, 6]], torch.int64),
        (torch.ones(2, 3, dtype=torch.int32), torch.int32),
    ],
)
def test_arrays_become_tensors(given: Any, dtype: torch.dtype) -> None:
    tensor = to_tensors(given, CPU)
    assert tensor.dtype == dtype
    assert tensor.shape == (2, 3)


def test_structures_keep_their_shape() -> None:
    array = np.ones((2, 3))
    given = {"items": [array, (array, None)], "flag": True}
    tensors = to_tensors(given, CPU)
    assert isinstance(tensors["items"], tuple)
    assert tensors["items"][1][1] is None
    assert tensors["flag"] is True
    assert len(list(leaves(tensors))) == 2


def test_the_model_is_called_with_keywords_arguments_or_one() -> None:
    x = torch.ones(1)
    assert call_model(Records(), {"x": x}) == ((), {"x": x})
    assert call_model(Records(), (x, x)) == ((x, x), {})
    assert call_model(Records(), x) == ((x,), {})


def test_tensors_go_where_the_model_is() -> None:
    layer = nn.Linear(2, 2, device="meta")
    assert device_of(layer).type == "meta"
    assert to_tensors(torch.ones(1), device_of(layer)).device.type == "meta"
    assert device_of(nn.BatchNorm1d(2, affine=False)) == CPU
    assert device_of(nn.Identity()) == CPU


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.ones((3, 4)), "3 rows for a cohort of 2 users"),
        ({"a": np.ones((3, 4)), "b": np.ones((5, 4))}, "3 or 5 rows"),
        (np.array(1.0), "no rows"),
    ],
)
def test_inputs_of_other_users_are_refused(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_rows(given, 2)


def test_inputs_with_a_row_for_each_user_are_taken() -> None:
    check_rows({"items": np.ones((2, 4)), "table": np.ones((7, 4))}, 2)
    check_rows(object(), 2)  # what is no array is the caller's affair
