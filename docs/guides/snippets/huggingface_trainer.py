"""Logs the attention of a Hugging Face model: `python huggingface_trainer.py LOGDIR`."""

import sys
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

from tensorboard_plugin_attn import Cohort, Item, User
from tensorboard_plugin_attn.capture.huggingface import AttentionCallback

LOGDIR = sys.argv[1] if len(sys.argv) > 1 else "logs"
LENGTH, ITEMS = 20, 101  # item 0 is padding

# Your model: GPT-2 whose tokens are items, made from a configuration.
torch.manual_seed(0)
model = GPT2LMHeadModel(
    GPT2Config(
        vocab_size=ITEMS,
        n_positions=LENGTH,
        n_embd=32,
        n_layer=2,
        n_head=2,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=None,
    )
)

# Your data: here item n is followed by item n + 1, and sequences are padded on the right.
random = np.random.default_rng(0)
first = random.integers(1, ITEMS - LENGTH, 512)
sizes = random.integers(3, LENGTH + 1, 512)
mask = (np.arange(LENGTH) < sizes[:, None]).astype(np.int64)
sequences = (first[:, None] + np.arange(LENGTH)) * mask
dataset = [
    {"input_ids": items, "attention_mask": real, "labels": np.where(real, items, -100)}
    for items, real in zip(sequences, mask, strict=True)
]


def scores(model: nn.Module, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return scores `[user, item]` of what comes after the last real item."""
    logits = model(**inputs).logits  # [user, position, item]
    return logits[torch.arange(len(logits)), inputs["attention_mask"].sum(dim=1) - 1]


# Whom to follow: the same users, fed in the same order, at every step.
cohort = Cohort(
    users=[
        User(
            id=f"customer-{row}",
            history=[str(item) for item in sequences[row, : sizes[row]]],
            target=str(first[row] + sizes[row]),
        )
        for row in range(4)
    ],
    items={str(item): Item(str(item), label=f"Item {item}") for item in range(1, ITEMS)},
    inputs={"input_ids": sequences[:4], "attention_mask": mask[:4]},
)
settings: dict[str, Any] = {"report_to": [], "save_strategy": "no", "disable_tqdm": True}
attention = AttentionCallback(
    f"{LOGDIR}/huggingface/attention",
    cohort=cohort,
    max_overhead=None,  # this training is over in seconds: log it all
    scores=scores,
    score_items=[None, *(str(item) for item in range(1, ITEMS))],
)
trainer = Trainer(
    model=model,
    args=TrainingArguments(
        output_dir=f"{LOGDIR}/huggingface/model",
        per_device_train_batch_size=64,
        num_train_epochs=3,
        learning_rate=1e-2,
        **settings,
    ),
    train_dataset=dataset,
    callbacks=[attention],
)
trainer.train()
print(attention.watching.status())
