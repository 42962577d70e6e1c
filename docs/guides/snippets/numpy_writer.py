"""Logs attention from any training loop that ends in arrays: `python numpy_writer.py LOGDIR`."""

import sys

import numpy as np

from tensorboard_plugin_attn import AttentionWriter, Cohort, Item, User, UserRecommendations

LOGDIR = sys.argv[1] if len(sys.argv) > 1 else "logs"
USERS, HEADS, LENGTH, STEPS = 2, 4, 12, 50

items = {f"sku-{n}": Item(f"sku-{n}", label=f"Product {n}") for n in range(30)}
cohort = Cohort(
    users=[
        User(id=f"customer-{user}", history=[f"sku-{user + n}" for n in range(LENGTH)])
        for user in range(USERS)
    ],
    items=items,
)
random = np.random.default_rng(0)
logits = random.normal(size=(USERS, HEADS, LENGTH, LENGTH))
future = np.triu(np.full((LENGTH, LENGTH), -np.inf), 1)  # a query sees no later key

with AttentionWriter(f"{LOGDIR}/run2/attention", cohort=cohort) as writer:
    for step in range(1, STEPS + 1):
        logits += 0.1 * random.normal(size=logits.shape)  # your training step
        weights = np.exp(logits + future)
        weights /= weights.sum(axis=-1, keepdims=True)  # rows sum to 1
        writer.attention("block_0/attention", weights, step=step, causal=True)
        best = random.permutation(30)[:5]
        recommended = UserRecommendations(
            items=[f"sku-{n}" for n in best], scores=[5.0, 4.0, 3.0, 2.0, 1.0]
        )
        writer.recommendations([recommended] * USERS, step=step)
        if step % 20 == 0:
            writer.flush()  # this loop trains nothing, so it would outrun the disk
print(writer.status())
