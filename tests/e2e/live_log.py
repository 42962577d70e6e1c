"""Writes to a log while a browser looks at it.

Run as `python -m tests.e2e.live_log append LOGDIR RUN FIRST_STEP COUNT`, the same with `long`,
or `... remove LOGDIR RUN`.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np

from tensorboard_plugin_attn import AttentionWriter, Cohort, Item, Privacy, User

KEY = b"end-to-end tests share this key!"
LENGTHS = (6, 9)
HEADS = 2
LONG = 4096
HOSTILE = "</script><script>window.pwned=1</script><img src=x onerror='window.pwned=1'>"


def causal_attention(length: int, seed: int) -> np.ndarray:
    """Return `[head, query, key]`: random, causal, rows sum to 1."""
    logits = np.random.default_rng(seed).normal(size=(HEADS, length, length))
    weights = np.exp(logits) * np.tril(np.ones((length, length)))
    return (weights / weights.sum(axis=2, keepdims=True)).astype(np.float32)


def cohort() -> Cohort:
    items = {f"i{number}": Item(f"i{number}", f"Item number {number}") for number in range(20)}
    items["i1"] = Item("i1", HOSTILE)
    users = tuple(
        User(f"person {number}", [f"i{place}" for place in range(length)], target="i19")
        for number, length in enumerate(LENGTHS)
    )
    return Cohort(users, items)


def append(logdir: str, run: str, first_step: int, count: int) -> None:
    directory = Path(logdir) / run / "attention"
    with AttentionWriter(directory, cohort=cohort(), privacy=Privacy(key=KEY)) as writer:
        for step in range(first_step, first_step + count):
            attention = [
                causal_attention(length, 100 * step + user) for user, length in enumerate(LENGTHS)
            ]
            if step == first_step + 1:
                attention[1][0, 3, 2] = np.nan  # one user's frame is not attention
            writer.attention("block/attention", attention, step=step, causal=True)
            writer.flush()


def long(logdir: str, run: str, first_step: int, count: int) -> None:
    """Write even causal attention over `LONG` items, which is too long to be kept whole."""
    even = np.tril(np.ones((LONG, LONG), np.float32)) / np.arange(1, LONG + 1)[:, None]
    items = {f"i{number}": Item(f"i{number}", f"Item number {number}") for number in range(50)}
    followed = Cohort((User("reader", [f"i{place % 50}" for place in range(LONG)]),), items)
    directory = Path(logdir) / run / "attention"
    with AttentionWriter(directory, cohort=followed, privacy=Privacy(key=KEY)) as writer:
        for step in range(first_step, first_step + count):
            writer.attention("block/attention", [even[None]], step=step, causal=True)
            writer.flush()


def main(action: str, logdir: str, run: str, *numbers: str) -> None:
    if action == "append":
        append(logdir, run, *(int(number) for number in numbers))
    elif action == "long":
        long(logdir, run, *(int(number) for number in numbers))
    else:
        shutil.rmtree(Path(logdir) / run)


if __name__ == "__main__":
    main(*sys.argv[1:])
