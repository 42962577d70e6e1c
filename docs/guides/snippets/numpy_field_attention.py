"""Field attention, as in AutoInt, of users by id: `python numpy_field_attention.py LOGDIR`."""

import sys

import numpy as np

from tensorboard_plugin_attn import AttentionWriter

LOGDIR = sys.argv[1] if len(sys.argv) > 1 else "logs"
FIELDS = ["age", "city", "device", "weekday", "category", "price band"]
FOLLOWED = ["anna", "boris", "clara"]
HEADS, STEPS = 2, 40

random = np.random.default_rng(0)
logits = random.normal(size=(len(FOLLOWED), HEADS, len(FIELDS), len(FIELDS)))

with AttentionWriter(f"{LOGDIR}/autoint/attention") as writer:  # no cohort: see users=
    for step in range(1, STEPS + 1):
        logits += 0.1 * random.normal(size=logits.shape)  # your training step
        weights = np.exp(logits)
        weights /= weights.sum(axis=-1, keepdims=True)  # rows sum to 1
        # The first call says who is followed. Later ones may have some of them only.
        here = FOLLOWED if step % 10 else FOLLOWED[:2]
        writer.attention(
            "interaction",
            weights[: len(here)].astype(np.float16),
            step=step,
            kind="field",
            queries=FIELDS,
            keys=FIELDS,
            users=here,
        )
        if step % 20 == 0:
            writer.flush()
print(writer.status())
