"""Logs attention that no function of PyTorch computes: `python pytorch_own_attention.py LOGDIR`."""

import sys

import torch
from torch import nn
from torch.nn import functional

from tensorboard_plugin_attn import Cohort, User
from tensorboard_plugin_attn.capture.torch import note_attention, watch

LOGDIR = sys.argv[1] if len(sys.argv) > 1 else "logs"
LENGTH, ITEMS, WIDTH = 10, 51, 16


class Additive(nn.Module):
    """Attention of one query, the newest item, on the history (as in NARM), normalised by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.energy = nn.Linear(WIDTH, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return `[user, channel]` of `x [user, position, channel]`."""
        powers = self.energy(torch.sigmoid(self.query(x[:, -1:]) + self.key(x))).exp()
        weights = (powers / powers.sum(dim=1, keepdim=True)).transpose(1, 2)  # [user, 1, key]
        note_attention(self, weights)  # the one line: [user, query, key] of one head
        return (weights @ x).squeeze(1)


torch.manual_seed(0)
items = nn.Embedding(ITEMS, WIDTH)
model = nn.Sequential(items, Additive(), nn.Linear(WIDTH, ITEMS))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
sequences = torch.randint(1, ITEMS - LENGTH, (256, 1)) + torch.arange(LENGTH + 1)
histories, targets = sequences[:, :-1], sequences[:, -1]
cohort = Cohort(
    users=[
        User(id=f"customer-{row}", history=[str(int(item)) for item in histories[row]])
        for row in range(2)
    ],
    inputs=histories[:2],
)
with watch(
    model, f"{LOGDIR}/pytorch_own/attention", cohort=cohort, optimizer=optimizer, max_overhead=None
) as attention:
    for batch, target in zip(histories.split(32), targets.split(32), strict=True):
        optimizer.zero_grad()
        functional.cross_entropy(model(batch), target).backward()
        optimizer.step()
print(attention.status())
