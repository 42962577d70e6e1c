"""The cohort's inputs as tensors where the model is, and how the model is called with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

Call = Callable[[nn.Module, Any], Any]


def call_model(model: nn.Module, inputs: Any) -> Any:
    """Call `model` with a mapping as keywords, a list or tuple as arguments, else one argument."""
    if isinstance(inputs, Mapping):
        return model(**inputs)
    if isinstance(inputs, (list, tuple)):
        return model(*inputs)
    return model(inputs)


def to_tensors(inputs: Any, device: torch.device) -> Any:
    """Return `inputs` with every array as a tensor on `device`.

    Whole numbers become int64, as PyTorch indexes, and float64 of NumPy the default float type.
    Tensors keep their type. A list or tuple is several arguments if it holds arrays, and one array
    if it holds numbers. What is none of these stays as it is.
    """
    if isinstance(inputs, Tensor):
        return inputs.detach().to(device)
    if isinstance(inputs, Mapping):
        return {name: to_tensors(value, device) for name, value in inputs.items()}
    if isinstance(inputs, (list, tuple)) and any(map(_is_structure, inputs)):
        return tuple(to_tensors(value, device) for value in inputs)
    if isinstance(inputs, (np.ndarray, list, tuple)):
        return _tensor(np.asarray(inputs)).to(device)
    return inputs


def check_rows(inputs: Any, users: int) -> None:
    """Refuse inputs that cannot be aligned with the cohort.

    Raises:
      ValueError: there are arrays in `inputs`, and none has a row for each user.
    """
    tensors = leaves(to_tensors(inputs, torch.device("meta")))
    shapes = [tuple(tensor.shape) for tensor in tensors]
    rows = sorted({shape[0] for shape in shapes if shape})
    if shapes and users not in rows:
        raise ValueError(
            f"inputs with {' or '.join(map(str, rows)) or 'no'} rows for a cohort of {users} "
            "users: give tensors with one row per user, in the users' order"
        )


def device_of(model: nn.Module) -> torch.device:
    """Return where the model's first parameter (or buffer) is; the CPU if it has none."""
    for tensor in chain(model.parameters(), model.buffers()):
        return tensor.device
    return torch.device("cpu")


def _is_structure(value: Any) -> bool:
    return isinstance(value, (Tensor, np.ndarray, Mapping)) or value is None


def _tensor(array: np.ndarray[Any, Any]) -> Tensor:
    if array.dtype.kind in "iu":
        return torch.from_numpy(array.astype(np.int64))
    if array.dtype == np.float64:
        return torch.from_numpy(array).to(torch.get_default_dtype())
    return torch.from_numpy(np.ascontiguousarray(array))


def leaves(inputs: Any) -> Iterator[Tensor]:
    """Yield every tensor in what `to_tensors` returned."""
    if isinstance(inputs, Tensor):
        yield inputs
    elif isinstance(inputs, (Mapping, tuple)):
        for value in inputs.values() if isinstance(inputs, Mapping) else inputs:
            yield from leaves(value)
