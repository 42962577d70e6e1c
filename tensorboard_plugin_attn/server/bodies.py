"""What several routes say alike: items and gaps, as JSON."""

from __future__ import annotations

from collections.abc import Iterable

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.reading.sessions import Gap


def item_body(item: pb.Item) -> dict[str, object]:
    """Return an item; one without a label is called by its id."""
    return {
        "index": item.index,
        "id": item.id,
        "label": item.label or item.id,
        "attributes": dict(item.attributes),
    }


def gap_bodies(gaps: Iterable[Gap], stream: str) -> list[dict[str, object]]:
    """Return the gaps of one stream, by their first step."""
    return [
        {
            "first_step": gap.first_step,
            "last_step": gap.last_step,
            "frame_count": gap.frame_count,
            "reason": gap.reason,
            "detail": gap.detail,
        }
        for gap in sorted(gaps, key=lambda gap: gap.first_step)
        if gap.layer == stream
    ]
