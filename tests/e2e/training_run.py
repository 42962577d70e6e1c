"""Trains the quick demo and keeps what the callback captured, so that the browser can be compared
with the arrays themselves and not with what was written of them.

Run as `python -m tests.e2e.training_run LOGDIR KEPT.npz`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tensorboard_plugin_attn.logging import arguments, writer

KEPT_STEPS = range(0, 1000, 5)


def keep_attention(kept: dict[str, Any]) -> None:
    """Make every `AttentionWriter` remember the arrays it is given, in `kept`."""
    original = writer.AttentionWriter.attention

    def attention(
        self: writer.AttentionWriter,
        layer: str,
        attention: Any,
        *,
        step: int,
        lengths: Sequence[int] | None = None,
        **rest: Any,
    ) -> None:
        if step in KEPT_STEPS:
            users = arguments.crop([np.asarray(user) for user in attention], lengths)
            run = str(self._directory)
            for number, user in enumerate(users):
                kept["|".join((run, layer, str(step), str(number)))] = user
        original(self, layer, attention, step=step, lengths=lengths, **rest)

    writer.AttentionWriter.attention = attention  # type: ignore[method-assign]


def main(logdir: str, kept_path: str) -> None:
    kept: dict[str, Any] = {}
    keep_attention(kept)
    from demo import run

    run.main(["--quick", "--no-serve", "--logdir", logdir])
    np.savez(Path(kept_path), **kept)


if __name__ == "__main__":
    main(*sys.argv[1:3])
