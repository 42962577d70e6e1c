"""What-if edits out of a query: `deleted=4,7&weights=3:0.5&added=50:812&heads_off=0.1`.

A what-if changes nothing, so it is asked with GET: an answer can be kept, and a link shared. Places
are those of the user's unchanged history, items are the run's numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from werkzeug.wrappers import Request

from tensorboard_plugin_attn.portable.edits import Added, Edit
from tensorboard_plugin_attn.server.errors import bad_parameter
from tensorboard_plugin_attn.server.replay import MOST_ADDED, Case

MOST_WEIGHT = 100.0

_NUMBER = r"\d{1,10}"
_FRACTION = r"\d{1,3}(?:\.\d{1,9})?"
_SHAPES = {
    "deleted": rf"({_NUMBER})",
    "weights": rf"({_NUMBER}):({_FRACTION})",
    "added": rf"({_NUMBER}):({_NUMBER})(?::({_FRACTION}))?",
    "heads_off": rf"({_NUMBER})\.({_NUMBER})",
    "layers_off": rf"({_NUMBER})",
}
_EXAMPLES = {
    "deleted": "4,7",
    "weights": "3:0.5,7:2",
    "added": "50:812 (before which place, which item)",
    "heads_off": "0.1,1.3 (layer.head)",
    "layers_off": "1",
}

Parsed = dict[str, tuple[tuple[str, ...], ...]]


def parsed(request: Request) -> Parsed:
    """Return the parts of each parameter of an edit, as text; what is not given is empty.

    Raises:
      RouteError: one is malformed (400).
    """
    return {name: tuple(_parts(request, name)) for name in _SHAPES}


def _parts(request: Request, name: str) -> Iterator[tuple[str, ...]]:
    value = request.args.get(name)
    if not value:
        return
    for part in value.split(","):
        match = re.fullmatch(_SHAPES[name], part, re.ASCII)
        if match is None:
            raise bad_parameter(name, "is malformed", f"Use {_EXAMPLES[name]}.")
        yield tuple(group or "" for group in match.groups())


def edit_of(parts: Parsed, of: Case) -> Edit:
    """Return the edit that `parts` describe, for one user's history.

    Raises:
      RouteError: a place, item, layer or head is not there, or a weight is too large (400).
    """
    places, (layers, heads) = len(of.history), of.layers_and_heads
    keys = places + len(of.features)
    if len(parts["added"]) > MOST_ADDED:
        raise bad_parameter("added", f"has more than {MOST_ADDED} items")
    return Edit(
        deleted=frozenset(_below(p, places, "deleted") for (p,) in parts["deleted"]),
        weights={_below(p, keys, "weights"): _weight(w, "weights") for p, w in parts["weights"]},
        added=tuple(
            Added(
                _below(place, places + 1, "added"), _item(item, of), _weight(weight or "1", "added")
            )
            for place, item, weight in parts["added"]
        ),
        heads_off=frozenset(
            (_below(layer, layers, "heads_off"), _below(head, heads, "heads_off"))
            for layer, head in parts["heads_off"]
        ),
        layers_off=frozenset(
            _below(layer, layers, "layers_off") for (layer,) in parts["layers_off"]
        ),
    )


def edit_body(edit: Edit, of: Case) -> dict[str, object]:
    """Return an edit as JSON says it."""
    return {
        "deleted": sorted(edit.deleted),
        "weights": [{"place": p, "weight": edit.weights[p]} for p in sorted(edit.weights)],
        "added": [
            {"place": each.place, "item": of.run_number(each.item), "weight": each.weight}
            for each in edit.added
        ],
        "heads_off": [{"layer": layer, "head": head} for layer, head in sorted(edit.heads_off)],
        "layers_off": sorted(edit.layers_off),
    }


def _below(text: str, limit: int, name: str) -> int:
    value = int(text)
    if value >= limit:
        raise bad_parameter(name, f"holds {value}, but there are {limit} of them, from 0")
    return value


def _weight(text: str, name: str) -> float:
    value = float(text)
    if value > MOST_WEIGHT:
        raise bad_parameter(name, f"holds a weight above {MOST_WEIGHT:g}")
    return value


def _item(text: str, of: Case) -> int:
    item = of.replay.of_run.get(int(text))
    if item is None:
        raise bad_parameter("added", "holds an item the model does not score", "/items lists them.")
    return item
