"""What a person changes in a what-if: items of the history, weights of keys, heads and layers.

Two different questions, never mixed: *deleting* an item takes it out of the input, as if it had not
happened; *weight 0* takes it out of every softmax, while what stands at its own place still carries
it on. Places are those of the unchanged history, oldest first: edits combine in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Added:
    """An item that is put in before `place` of the history; at its length: as the newest."""

    place: int
    item: int
    weight: float = 1.0


@dataclass(frozen=True)
class Edit:
    """One changed input.

    Attributes:
      deleted: places of the history that are left out.
      weights: factor of each place's attention in every layer and head before rows are normalised
        again; places without one have 1.
      added: items that are put in.
      heads_off: layer and head of outputs that are 0.
      layers_off: attention layers that add nothing to what comes in.
    """

    deleted: frozenset[int] = frozenset()
    weights: Mapping[int, float] = field(default_factory=dict)
    added: Sequence[Added] = ()
    heads_off: frozenset[tuple[int, int]] = frozenset()
    layers_off: frozenset[int] = frozenset()

    @property
    def is_nothing(self) -> bool:
        """Tell whether nothing is changed."""
        others = self.deleted or self.added or self.heads_off or self.layers_off
        return not others and all(weight == 1 for weight in self.weights.values())


@dataclass(frozen=True)
class Edited:
    """A history after an edit.

    Attributes:
      items: as the model is to see them, oldest first.
      weights: of each.
      places: where each stood in the unchanged history; -1 - n for the nth item added.
    """

    items: tuple[int, ...]
    weights: tuple[float, ...]
    places: tuple[int, ...]


def edited(history: Sequence[int], edit: Edit) -> Edited:
    """Return `history` (item numbers, oldest first) after `edit`."""
    before: dict[int, list[tuple[int, Added]]] = {}
    for number, added in enumerate(edit.added):
        before.setdefault(added.place, []).append((number, added))
    found: list[tuple[int, float, int]] = []
    for place in range(len(history) + 1):
        found += [(new.item, new.weight, -1 - number) for number, new in before.get(place, [])]
        if place < len(history) and place not in edit.deleted:
            found.append((history[place], edit.weights.get(place, 1.0), place))
    items, weights, places = zip(*found, strict=True) if found else ((), (), ())
    return Edited(items, weights, places)
