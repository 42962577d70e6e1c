"""What worker processes of test_processes.py run: `spawn` needs a module to import it from."""

from __future__ import annotations

from pathlib import Path

from tensorboard_plugin_attn import AttentionWriter
from tests.fixtures.logs import LAYER, attention, cohort

STEPS = range(1, 31)
inherited: AttentionWriter | None = None


def log(writer: AttentionWriter, *steps: int) -> None:
    """Log `steps` and wait for none of them."""
    for step in steps:
        writer.attention(LAYER, attention(seed=step), step=step, causal=True)


def work(directory: str, number: int) -> None:
    """Log to a directory of this worker's own, and end without `close`."""
    writer = AttentionWriter(Path(directory) / f"worker_{number}", cohort=cohort(), worker=number)
    log(writer, *STEPS)


def use_the_parents_writer() -> None:
    """Log with the writer that was forked with this process, and end without `close`."""
    assert inherited is not None
    log(inherited, *range(101, 111))
