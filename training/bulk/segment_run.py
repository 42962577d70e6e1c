"""The groups as a run that the Attention tab opens: a cohort whose "users" are segments.

A segment's attention is the mean over its users, aligned at the newest item. Segments are no
people, so their labels are written, and their pseudonyms are the same in every release.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

from tensorboard_plugin_attn import (
    AttentionWriter,
    Cohort,
    Item,
    Privacy,
    User,
    UserRecommendations,
    WriterStatus,
)
from tensorboard_plugin_attn.capture.cohort import MAX_USERS
from training.bulk.partition import Group, label, name
from training.bulk.sums import GroupSums, rounded
from training.bulk.tables import Release

logger = logging.getLogger("training.bulk")

_KEY = hashlib.sha256(b"tensorboard-plugin-attn: segments of a bulk run").digest()
_HELD_BYTES = 48 << 20  # of attention at once: the writer's queue takes 64 MiB
_BYTES_PER_CELL = 4
MASK = "(next item)"


def shown(groups: Sequence[tuple[Group, int]], cells: int) -> list[Group]:
    """Return the groups the tab gets: all, or the largest if they are too many.

    Args:
      groups: with their users, in order.
      cells: of one group's attention in one layer.
    """
    most = max(1, min(MAX_USERS, _HELD_BYTES // (_BYTES_PER_CELL * cells)))
    if len(groups) > most:
        logger.warning(
            "%d segments: the run in TensorBoard has the %d largest, the tables have all",
            len(groups),
            most,
        )
    by_size = sorted(range(len(groups)), key=lambda place: -groups[place][1])[:most]
    return [groups[place][0] for place in sorted(by_size)]


def write(groups: Sequence[tuple[Group, GroupSums]], release: Release, run: Path) -> WriterStatus:
    """Write the run of `groups` to `run/attention`.

    Raises:
      OSError: not everything could be written.
    """
    cohort = Cohort(
        users=[_user(group, sums, release) for group, sums in groups],
        items={item.id: item for each in groups for item in _items(each[1], release)},
    )
    attributes = {attribute for user in cohort.users for attribute in user.attributes}
    privacy = Privacy(key=_KEY, user_attributes=frozenset(attributes), user_labels=True)
    epoch = release.checkpoint.epoch
    writer = AttentionWriter(
        run / "attention", cohort=cohort, privacy=privacy, alerts=False, strict=True
    )
    with writer:
        for index, layer in enumerate(sorted(groups[0][1].attention)):
            writer.attention(
                layer,
                [sums.mean_attention(layer, release.k) for _, sums in groups],
                step=epoch,
                epoch=epoch,
                layer_index=index,
                causal=not release.has_mask,
            )
            writer.flush(timeout_s=600)
        lists = [_recommendations(sums, release) for _, sums in groups]
        writer.recommendations(lists, step=epoch, epoch=epoch)
    status = writer.status()
    if status.written != status.offered:
        raise OSError(f"the run could not be written whole: {status}")
    return status


def _user(group: Group, sums: GroupSums, release: Release) -> User:
    said = release.provenance
    return User(
        id=name(group, release.columns),
        label=label(group, release.columns, sums.users),
        history=[item.id for item in _places(sums.window(release.k), sums.places, release)],
        attributes={
            "model": f"{said['weights']}, epoch {said['epoch']}",
            "sha256": f"sha256 {said['weights_sha256'][:16]}",
            "k": f"{release.k} people or more",
        },
    )


def _places(window: int, places: int, release: Release) -> list[Item]:
    """Return what the places of an attention map are, oldest first."""
    positions = release.positions(window)
    found = []
    for position in positions:
        label = f"{position}" if position else MASK
        if position == -1:
            label += " (newest item)"
        if position == positions[0] and window < places:
            label += " and older"
        found.append(Item(f"position {label}", label))
    return found


def _items(sums: GroupSums, release: Release) -> list[Item]:
    """Return the places and the recommended items of a group."""
    recommended = [release.item(each.item) for each in sums.common_items(release.k, release.top)]
    return [
        *_places(sums.window(release.k), sums.places, release),
        *(Item(item, title) for item, title in recommended),
    ]


def _recommendations(sums: GroupSums, release: Release) -> UserRecommendations:
    """Return the items most users of the group get, with their mean score for those users."""
    common = sums.common_items(release.k, release.top)
    return UserRecommendations(
        items=[release.item(each.item)[0] for each in common],
        scores=[rounded(each.score) for each in common],
    )
