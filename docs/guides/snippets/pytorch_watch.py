"""Logs the attention of an unmodified PyTorch recommender: `python pytorch_watch.py LOGDIR`."""

import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from tensorboard_plugin_attn import Cohort, Item, User
from tensorboard_plugin_attn.capture.torch import watch

LOGDIR = sys.argv[1] if len(sys.argv) > 1 else "logs"
LENGTH, ITEMS, WIDTH = 20, 101, 32  # item 0 is padding


class NextItem(nn.Module):
    """Your model: nothing in it knows of logging."""

    def __init__(self) -> None:
        super().__init__()
        self.items = nn.Embedding(ITEMS, WIDTH, padding_idx=0)
        self.positions = nn.Embedding(LENGTH, WIDTH)
        layer = nn.TransformerEncoderLayer(WIDTH, nhead=2, dim_feedforward=64, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)

    def forward(self, histories: torch.Tensor) -> torch.Tensor:
        """Return scores `[user, item]` of what comes after `histories [user, position]`."""
        x = self.items(histories) + self.positions.weight
        later = torch.ones(LENGTH, LENGTH, dtype=torch.bool).triu(1)
        x = self.encoder(x, mask=later, src_key_padding_mask=histories == 0)
        last = (histories > 0).sum(dim=1) - 1
        return x[torch.arange(len(x)), last] @ self.items.weight.T


# Your data: here item n is followed by item n + 1, and histories are padded on the right.
random = np.random.default_rng(0)
first = random.integers(1, ITEMS - LENGTH, 512)
histories = first[:, None] + np.arange(LENGTH)
sizes = random.integers(3, LENGTH + 1, 512)
targets = torch.from_numpy(first + sizes)
histories[np.arange(LENGTH) >= sizes[:, None]] = 0

# Whom to follow: the same users, fed in the same order, at every step.
cohort = Cohort(
    users=[
        User(
            id=f"customer-{row}",
            history=[str(item) for item in histories[row, : sizes[row]]],
            target=str(int(targets[row])),
        )
        for row in range(4)
    ],
    items={str(item): Item(str(item), label=f"Item {item}") for item in range(1, ITEMS)},
    inputs=histories[:4],
)

torch.manual_seed(0)
model = NextItem()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
batches = torch.from_numpy(histories).split(64)
with watch(
    model,
    f"{LOGDIR}/pytorch/attention",
    cohort=cohort,
    optimizer=optimizer,
    steps_per_epoch=len(batches),
    max_overhead=None,  # this training is over in a second: log it all
    scores=lambda model, inputs: model(inputs),
    score_items=[None, *(str(item) for item in range(1, ITEMS))],
) as attention:
    for _ in range(6):
        for batch, target in zip(batches, targets.split(64), strict=True):
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(batch), target)
            loss.backward()
            optimizer.step()
print(f"loss {loss.item():.3f}", attention.status(), attention.cost)
