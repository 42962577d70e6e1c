"""Logs the attention of a LightningModule: `python lightning_callback.py LOGDIR`."""

import sys

import numpy as np
import torch
from lightning.pytorch import LightningModule, Trainer
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from tensorboard_plugin_attn import Cohort, Item, User
from tensorboard_plugin_attn.capture.lightning import AttentionCallback

LOGDIR = sys.argv[1] if len(sys.argv) > 1 else "logs"
LENGTH, ITEMS, WIDTH, HEADS = 20, 101, 32, 2  # item 0 is padding


class NextItem(LightningModule):
    """Your module: nothing in it knows of logging."""

    def __init__(self) -> None:
        super().__init__()
        self.items = nn.Embedding(ITEMS, WIDTH, padding_idx=0)
        self.project = nn.Linear(WIDTH, 3 * WIDTH)

    def forward(self, histories: torch.Tensor) -> torch.Tensor:
        """Return scores `[user, item]` of what comes after `histories [user, position]`."""
        x = self.items(histories)
        query, key, value = (
            part.view(*part.shape[:2], HEADS, -1).transpose(1, 2)
            for part in self.project(x).chunk(3, dim=-1)
        )  # [user, head, position, channel]
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + mixed.transpose(1, 2).flatten(2)
        return x[:, -1] @ self.items.weight.T

    def training_step(self, batch: list[torch.Tensor], batch_idx: int) -> torch.Tensor:
        """Return the loss."""
        histories, targets = batch
        return functional.cross_entropy(self(histories), targets)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return Adam."""
        return torch.optim.Adam(self.parameters(), lr=0.01)


# Your data: here item n is followed by item n + 1.
sequences = np.random.default_rng(0).integers(1, ITEMS - LENGTH, (512, 1)) + np.arange(LENGTH + 1)
histories, targets = torch.from_numpy(sequences[:, :-1]), torch.from_numpy(sequences[:, -1])

cohort = Cohort(
    users=[
        User(
            id=f"customer-{row}",
            history=[str(item) for item in sequences[row, :-1]],
            target=str(sequences[row, -1]),
        )
        for row in range(4)
    ],
    items={str(item): Item(str(item), label=f"Item {item}") for item in range(1, ITEMS)},
    inputs=histories[:4],
)
torch.manual_seed(0)
attention = AttentionCallback(
    f"{LOGDIR}/lightning/attention",
    cohort=cohort,
    max_overhead=None,  # this training is over in a second: log it all
    scores=lambda module, inputs: module(inputs),
    score_items=[None, *(str(item) for item in range(1, ITEMS))],
)
trainer = Trainer(
    max_epochs=3,
    accelerator="cpu",
    logger=False,
    callbacks=[attention],
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(NextItem(), DataLoader(TensorDataset(histories, targets), batch_size=64))
print(attention.watching.status())
