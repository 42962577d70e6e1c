"""Small logs for tests, written by the real writer from arrays that are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tensorboard_plugin_attn import (
    AttentionWriter,
    Cohort,
    Item,
    Privacy,
    User,
    UserRecommendations,
)

KEY = b"tests write under this fixed key"
LENGTHS = (5, 8)
HEADS = 2
LAYER = "block/attention"
RUN = "run/attention"


def causal_attention(length: int, seed: int, heads: int = HEADS) -> np.ndarray:
    """Return float32 `[head, query, key]`: random, causal, rows sum to 1."""
    logits = np.random.default_rng(seed).normal(size=(heads, length, length))
    weights = np.exp(logits) * np.tril(np.ones((length, length)))
    return (weights / weights.sum(axis=2, keepdims=True)).astype(np.float32)


def attention_of(step: int, lengths: Sequence[int] = LENGTHS) -> list[np.ndarray]:
    """Return the attention of every user at `step`; the same arrays each time."""
    return [causal_attention(length, 1000 * step + user) for user, length in enumerate(lengths)]


def cohort(lengths: Sequence[int] = LENGTHS) -> Cohort:
    """Return users with histories of these lengths."""
    items = {f"i{number}": Item(f"i{number}", f"Item number {number}") for number in range(30)}
    users = tuple(
        User(f"person {number}", [f"i{place}" for place in range(length)], target="i29")
        for number, length in enumerate(lengths)
    )
    return Cohort(users, items)


def recommendations(step: int, lengths: Sequence[int] = LENGTHS) -> list[UserRecommendations]:
    """Return three items per user that change with `step`."""
    return [
        UserRecommendations(
            items=[f"i{(step + place) % 30}" for place in range(3)],
            scores=[3.0, 2.0, 1.0],
            target_rank=step + 1,
            target_score=0.5,
        )
        for _ in lengths
    ]


def write_log(
    directory: Path,
    steps: Sequence[int],
    *,
    precision: str = "u8",
    with_recommendations: bool = True,
    layers: Sequence[str] = (LAYER,),
) -> None:
    """Write one attempt with attention and recommendations of `steps`."""
    with AttentionWriter(
        directory, cohort=cohort(), privacy=Privacy(key=KEY), precision=precision
    ) as writer:
        for step in steps:
            for index, layer in enumerate(layers):
                writer.attention(
                    layer,
                    attention_of(step),
                    step=step,
                    epoch=step / 10,
                    causal=True,
                    layer_index=index,
                )
            if with_recommendations:
                writer.recommendations(recommendations(step), step=step)
            writer.flush()
