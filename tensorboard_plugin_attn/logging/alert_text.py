"""Alerts in words: a line for the training's log, and a few for TensorBoard's Text tab.

The sentences are those of the tab, `frontend/src/i18n/en_pictures.ts`; a test compares them.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensorboard_plugin_attn.analysis.alerts import Change
from tensorboard_plugin_attn.logging.frames import LayerDescription

SENTENCES = {
    "collapsed": "collapsed on single keys: entropy {mean} bits over the last {steps} steps",
    "uniform": "uniform: entropy {mean} bits over the last {steps} steps, "
    "within 2 % of even attention",
    "dead": "dead: uniform, entropy {mean} bits over the last {steps} steps, "
    "and switching it off would change next to nothing",
    "sink": "sink: {mean} of its attention on the first key over the last {steps} steps",
    "duplicate": "duplicate: similarity {mean} to another head over the last {steps} steps",
    "sudden": "sudden change: entropy moved by {mean} bits from one step to the next, "
    "within the last {steps} steps",
}


def alert_line(layer: LayerDescription, change: Change) -> str:
    """Return which head of `layer` it is, and what began or ended."""
    who = f"{layer.name} {head_name(layer, change.head)}"
    if not change.began:
        return f"{who}: no longer {change.kind}"
    return f"{who}: " + SENTENCES[change.kind].format(
        mean=f"{change.value:.2f}", steps=change.steps
    )


def alert_markdown(
    changes: Sequence[tuple[LayerDescription, Change]],
    active: Sequence[tuple[LayerDescription, int, str]],
) -> str:
    """Return what changed at a step, and what is wrong since then or before."""
    lines = [f"* {alert_line(layer, change)}" for layer, change in changes]
    now = [f"{layer.name} {head_name(layer, head)} {kind}" for layer, head, kind in active]
    standing = "; ".join(now) if now else "no head is called anything"
    return "\n".join([*lines, "", f"As of this step: {standing}.", ""])


def head_name(layer: LayerDescription, head: int) -> str:
    """Return a head's name, or its number as the tab counts."""
    named = layer.head_names[head] if head < len(layer.head_names) else ""
    return named or f"head {head}"
