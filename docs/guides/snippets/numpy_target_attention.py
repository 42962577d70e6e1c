"""Target attention: candidates over a history, as in DIN. `python numpy_target_attention.py`."""

import sys

import numpy as np

from tensorboard_plugin_attn import AttentionWriter, Cohort, Item, User

LOGDIR = sys.argv[1] if len(sys.argv) > 1 else "logs"
HEADS, CANDIDATES, DIMENSION, STEPS = 2, 6, 8, 40

THINGS = ["tent", "stove", "lamp", "boots", "map", "rope", "mug", "book", "pen", "bag"]
items = {name: Item(name, label=f"The {name}") for name in THINGS}
cohort = Cohort(
    users=[  # histories of different lengths
        User("anna", history=["tent", "stove", "lamp", "boots", "rope"]),
        User("boris", history=["book", "pen", "mug"]),
    ],
    items=items,
)
random = np.random.default_rng(0)
taste = random.normal(size=(HEADS, len(THINGS), DIMENSION))  # embeddings, per head


def target_attention(candidates: list[str], history: list[str]) -> np.ndarray:
    """Return what each candidate attends to in a history, `[head, candidate, item]`."""
    queries = taste[:, [THINGS.index(name) for name in candidates]]
    keys = taste[:, [THINGS.index(name) for name in history]]
    scores = queries @ keys.transpose(0, 2, 1)  # [head, candidate, item]
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


with AttentionWriter(f"{LOGDIR}/din/attention", cohort=cohort) as writer:
    for step in range(1, STEPS + 1):
        taste += 0.1 * random.normal(size=taste.shape)  # your training step
        ranked = [  # each user's own candidates, best first
            [str(name) for name in random.permutation(THINGS)[:CANDIDATES]] for _ in cohort.users
        ]
        writer.attention(
            "target",
            [
                target_attention(candidates, list(user.history))
                for candidates, user in zip(ranked, cohort.users, strict=True)
            ],
            step=step,
            kind="target",  # the keys are the user's history, as the cohort says
            queries=ranked,
        )
        if step % 20 == 0:
            writer.flush()
print(writer.status())
