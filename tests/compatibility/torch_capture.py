"""The capture of PyTorch models, case by case; `python torch_capture.py` prints table rows."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from tensorboard_plugin_attn import Cohort, User
from tensorboard_plugin_attn.capture.padding import PaddingSide
from tensorboard_plugin_attn.capture.torch import note_attention, watch
from tensorboard_plugin_attn.capture.torch_probe import Probe

REQUIREMENTS = [""]

USERS, LENGTH, WIDTH, ITEMS, HEADS = 3, 6, 8, 11, 2
FLOAT32 = 1e-5

INPUTS = np.random.default_rng(0).integers(1, ITEMS, (USERS, LENGTH))
INPUTS[1, :3] = 0  # padding
REAL = INPUTS > 0  # [user, position]


class Recommender(nn.Module):
    """An embedding, one attention, and scores of items; how it attends is `attend`'s business."""

    def __init__(self, attend: nn.Module) -> None:
        super().__init__()
        self.embedding = nn.Embedding(ITEMS, WIDTH)
        self.attend = attend

    def forward(self, items: Tensor) -> Tensor:
        return self.attend(self.embedding(items), items) @ self.embedding.weight.T


class Own(nn.Module):
    """Attention of one's own; `how(query, key, value, may_attend)` mixes the values."""

    def __init__(self, how: Callable[..., Tensor], key_heads: int = HEADS) -> None:
        super().__init__()
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key, self.value = (nn.Linear(WIDTH, WIDTH * key_heads // HEADS) for _ in range(2))
        self.how = how

    def forward(self, x: Tensor, items: Tensor) -> Tensor:
        query, key, value = (
            part(x).view(USERS, LENGTH, -1, WIDTH // HEADS).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        return x + self.how(query, key, value, may_attend(items)).transpose(1, 2).flatten(2)


class MultiHead(nn.Module):
    def __init__(self, *, batch_first: bool = True, need_weights: bool = False) -> None:
        super().__init__()
        self.layer = nn.MultiheadAttention(WIDTH, HEADS, 0.5, batch_first=batch_first)
        self.batch_first, self.need_weights = batch_first, need_weights

    def forward(self, x: Tensor, items: Tensor) -> Tensor:
        y = x if self.batch_first else x.transpose(0, 1)
        padding = items == 0
        y = self.layer(y, y, y, key_padding_mask=padding, need_weights=self.need_weights)[0]
        return x + (y if self.batch_first else y.transpose(0, 1))


class Encoder(nn.Module):
    def __init__(self, *, causal: bool = False) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 16, 0.5, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.causal = causal

    def forward(self, x: Tensor, items: Tensor) -> Tensor:
        if self.causal:
            mask = torch.ones(LENGTH, LENGTH, dtype=torch.bool).triu(1)
            return self.encoder(x, mask=mask, is_causal=True)
        return self.encoder(x, src_key_padding_mask=items == 0)


def may_attend(items: Tensor) -> Tensor:
    """Return `[user, 1, query, key]`: earlier items that are no padding, and itself."""
    earlier = torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril()
    return earlier & ((items > 0)[:, None, None] | torch.eye(LENGTH, dtype=torch.bool))


def scores(query: Tensor, key: Tensor, mask: Tensor) -> Tensor:
    return (query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5).masked_fill(~mask, -1e4)


def boolean_mask(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    return functional.scaled_dot_product_attention(query, key, value, mask)


def causal(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    return functional.scaled_dot_product_attention(query, key, value, is_causal=True, scale=0.3)


def grouped(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    return functional.scaled_dot_product_attention(query, key, value, mask, enable_gqa=True)


def softmax_module(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    return nn.Softmax(dim=-1)(scores(query, key, mask)) @ value


def softmax_function(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    return functional.softmax(scores(query, key, mask), dim=-1) @ value


def noted(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    powers = scores(query, key, mask).exp()  # by hand: nothing of it can be seen
    return note_attention("attend", powers / powers.sum(-1, keepdim=True)) @ value


CASES: dict[str, Callable[[], nn.Module]] = {
    "`nn.MultiheadAttention`": MultiHead,
    "`nn.MultiheadAttention(batch_first=False)`": lambda: MultiHead(batch_first=False),
    "`nn.MultiheadAttention` that is asked itself": lambda: MultiHead(need_weights=True),
    "`nn.TransformerEncoder`, padding masked": Encoder,
    "`nn.TransformerEncoder`, causal": lambda: Encoder(causal=True),
    "`scaled_dot_product_attention`, boolean mask": lambda: Own(boolean_mask),
    "`scaled_dot_product_attention(is_causal=True, scale=…)`": lambda: Own(causal),
    "`scaled_dot_product_attention(enable_gqa=True)`": lambda: Own(grouped, key_heads=1),
    "`nn.Softmax` (as in RecBole)": lambda: Own(softmax_module),
    "`softmax` in the model's own code": lambda: Own(softmax_function),
    "`note_attention`": lambda: Own(noted),
}


def row(case: str, model: nn.Module, plain: nn.Module | None = None) -> dict[str, Any]:
    """Capture `model`'s attention and compare its output with what it gives alone."""
    with torch.no_grad():
        alone = (plain or model).eval()(torch.from_numpy(INPUTS)).float().numpy()
    model.train()
    probe = Probe(
        model,
        INPUTS,
        call=None,
        scores=lambda model, items: model(items),
        padding=PaddingSide(None),
    )
    found, output = probe.run()
    assert output is not None
    errors = [np.abs(each.sum(axis=-1) - 1).transpose(0, 2, 1)[REAL].max() for _, each in found]
    return {
        "framework": "PyTorch",
        "version": ".".join(torch.__version__.split(".")[:2]),
        "case": case,
        "captured": {name: list(each.shape) for name, each in found},
        "row_sum_error": float(max(errors)) if errors else None,
        "output_difference": float(np.abs(output - alone)[REAL].max()),
        "allowed": FLOAT32,
    }


def half_precision(dtype: torch.dtype) -> dict[str, Any]:
    """Capture a model of 16 bits."""
    return row(f"`{str(dtype).removeprefix('torch.')}`", Recommender(Own(boolean_mask)).to(dtype))


def compiled() -> dict[str, Any]:
    """Capture a compiled model, and compare with the uncompiled one."""
    model = Recommender(Own(boolean_mask))
    return row("`torch.compile`", torch.compile(model, backend="aot_eager"), model)


def trained(*, is_watched: bool, directory: str) -> nn.Module:
    """Train for four steps."""
    torch.manual_seed(0)
    model = Recommender(Encoder(causal=True))
    optimizer = torch.optim.Adam(model.parameters())
    users = [User(str(number)) for number in range(USERS)]
    if is_watched:
        cohort = Cohort(users, inputs=INPUTS)
        watch(model, directory, cohort=cohort, optimizer=optimizer, max_overhead=None)
    for _ in range(4):
        items = torch.randint(1, ITEMS, (4, LENGTH))
        optimizer.zero_grad()
        functional.cross_entropy(model(items).transpose(1, 2), items).backward()
        optimizer.step()
    return model


def watched() -> dict[str, Any]:
    """Compare the weights after a training with and without `watch`; no difference is allowed."""
    with tempfile.TemporaryDirectory() as directory:
        with_, without = (trained(is_watched=each, directory=directory) for each in (True, False))
    differences = [
        float((one - other).abs().max().detach())
        for one, other in zip(with_.parameters(), without.parameters(), strict=True)
    ]
    return {
        **row("a training with `watch`: weights afterwards", with_),
        "output_difference": max(differences),
        "allowed": 0.0,
    }


def main() -> None:
    """Print a row for each case."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    for case, made in CASES.items():
        print(json.dumps(row(case, Recommender(made()))))
    print(json.dumps(half_precision(torch.bfloat16)))
    print(json.dumps(half_precision(torch.float16)))
    print(json.dumps(compiled()))
    print(json.dumps(watched()))


if __name__ == "__main__":
    main()
