"""One forward pass over the cohort that leaves no trace, and the attention seen in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tensorboard_plugin_attn.capture import torch_inputs
from tensorboard_plugin_attn.capture.padding import PaddingSide
from tensorboard_plugin_attn.capture.torch_attention import Capture, capturing
from tensorboard_plugin_attn.capture.torch_names import unwrapped
from tensorboard_plugin_attn.capture.torch_state import Stillness

Floats = NDArray[np.float32]
Scores = Callable[[nn.Module, Any], Any]

_HALF_PRECISION_ERROR = 0.02  # rows that miss 1 by more were not meant to sum to 1
_NOTHING = (
    "watch: no attention was seen in {model}, so there is none to log. Seen are "
    "scaled_dot_product_attention, nn.MultiheadAttention and a softmax of [batch, head, query, "
    "key]. Where the model computes its attention{where}, add one line:\n"
    "  from tensorboard_plugin_attn.capture.torch import note_attention\n"
    "  weights = note_attention(self, weights)  # post-softmax, [batch, head, query, key]"
)


class Probe:
    """The model's pass over the cohort.

    Args:
      model: wrappers (`DistributedDataParallel`, `torch.compile`) are taken off.
      inputs: see `torch_inputs.to_tensors`; moved to the model's device when that changes.
      call: `call(model, inputs)`, if the model is not called as `torch_inputs.call_model` does.
      scores: `scores(model, inputs) -> [user, item]`, called instead of `call`.
      padding: moves padding to the left.

    Attributes:
      model: the model itself, without wrappers.
      inputs: what it is called with, as tensors.
    """

    def __init__(
        self,
        model: nn.Module,
        inputs: Any,
        *,
        call: torch_inputs.Call | None,
        scores: Scores | None,
        padding: PaddingSide,
    ) -> None:
        self.model = unwrapped(model)
        self._call = call or torch_inputs.call_model
        self._scores = scores
        self._padding = padding
        self._stillness = Stillness(self.model)
        self.inputs = torch_inputs.to_tensors(inputs, torch.device("cpu"))
        self._capture = Capture()
        padding.learn(tensor.cpu().numpy() for tensor in torch_inputs.leaves(self.inputs))

    def run(
        self, wants: Callable[[str], bool] = bool, *, with_scores: bool = True
    ) -> tuple[list[tuple[str, Floats]], Floats | None]:
        """Return `(name, attention [user, head, query, key])` as computed, and the scores.

        Args:
          wants: tells of each name whether it is wanted; by default, all are.
          with_scores: call `scores`, if there is one; else the model only.
        """
        scores = self._scores if with_scores else None
        self.inputs = torch_inputs.to_tensors(self.inputs, torch_inputs.device_of(self.model))
        with self._stillness.kept(), capturing(self.model) as self._capture:
            result = (scores or self._call)(self.model, self.inputs)
        found = self._capture.found
        names = _unique([one.name for one in found])
        return (
            [
                (name, self._padding.to_left(name, to_float32(one.attention)))
                for name, one in zip(names, found, strict=True)
                if wants(name)
            ],
            None if scores is None else to_array(result),
        )

    def why_nothing(self) -> str:
        """Return, if the last run found nothing, why that is and what to do; else nothing."""
        if self._capture.found:
            return ""
        suspects = [
            f"{name} ({type(module).__name__})"
            for name, module in self.model.named_modules()
            if "attention" in type(module).__name__.lower()
        ]
        seen = [*suspects[:3], *self._capture.unclear[:3]]
        where = f" (perhaps in {'; '.join(seen)})" if seen else ""
        return _NOTHING.format(model=type(self.model).__name__, where=where)


def to_float32(attention: Tensor) -> Floats:
    """Return `attention [user, head, query, key]` in float32.

    A softmax in 16 bits is rounded and its rows miss 1, see `keras_probe.to_float32`, whose
    remedy this is: such rows are scaled back. Rows of zeros (masked) stay.
    """
    exact = to_array(attention)
    if attention.dtype not in (torch.float16, torch.bfloat16):
        return exact
    sums = exact.sum(axis=-1, keepdims=True)  # [user, head, query, 1]
    near = np.abs(sums - 1.0) < _HALF_PRECISION_ERROR
    return np.where(near, exact / np.where(near, sums, 1.0), exact).astype(np.float32)


def to_array(tensor: Any) -> Floats:
    """Return a tensor's numbers as float32, in memory of the CPU."""
    return np.asarray(torch.as_tensor(tensor).detach().to("cpu", torch.float32).numpy())


def _unique(names: Sequence[str]) -> list[str]:
    """Return `names`, those that stand there before numbered: a layer may be called twice."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return unique
