"""`/whatif` and `/whatif_attention`: the list, and the attention, of a changed input.

The model of that step is really run again, so this is what it would have answered, not an estimate.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn.analysis import explain
from tensorboard_plugin_attn.analysis.explain import Floats
from tensorboard_plugin_attn.portable.edits import Edit, edited
from tensorboard_plugin_attn.portable.sequence_model import PADDING, Inputs
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.computed import (
    JSON,
    OCTETS,
    DerivedFrames,
    json_bytes,
    respond,
)
from tensorboard_plugin_attn.server.edit_parameters import Parsed, edit_body, edit_of, parsed
from tensorboard_plugin_attn.server.errors import RouteError, bad_parameter, not_found
from tensorboard_plugin_attn.server.replay import Asked, Case, Replays, asked, case
from tensorboard_plugin_attn.server.result_cache import ResultCache
from tensorboard_plugin_attn.server.routes.evidence import MOST_TOP, TOP, number_of, numbers

AT_ONCE = 2
WAIT_S = 1.0
_whatifs = threading.BoundedSemaphore(AT_ONCE)


def whatif_route(runs: Runs, results: ResultCache, replays: Replays, request: Request) -> Response:
    """Answer `/whatif`."""
    user, parts = parameters.number(request, "user"), parsed(request)
    top = parameters.optional_number(request, "top", TOP, least=1, most=MOST_TOP)
    about = asked(runs, request)
    make = partial(_made, runs, replays, about, user, parts, top)
    return respond(results, request, about.tag("whatif", user, parts, top), JSON, make)


def _made(runs: Runs, replays: Replays, about: Asked, user: int, parts: Parsed, top: int) -> bytes:
    of = case(runs, replays, about, user)
    edit = edit_of(parts, of)
    with slot():
        return json_bytes(whatif_impl(of, edit, top))


@contextmanager
def slot(
    slots: threading.BoundedSemaphore = _whatifs, wait_s: float | None = None
) -> Iterator[None]:
    """Let few compute at once: a dragged slider asks often, and the others look at frames.

    Args:
      slots: one is taken; by default of what-ifs, which must not wait for longer computations.
      wait_s: for how long at most; by default `WAIT_S`.

    Raises:
      RouteError: none was free in time (503).
    """
    if not slots.acquire(timeout=WAIT_S if wait_s is None else wait_s):
        raise RouteError(
            503, "busy", "Too many computations at once.", "Try again.", {"Retry-After": "1"}
        )
    try:
        yield
    finally:
        slots.release()


def whatif_impl(of: Case, edit: Edit, top: int) -> dict[str, object]:
    """Return both lists, how items moved, and attention before and after."""
    before, after = _scores(of, edit)
    excluded = of.excluded.copy()
    if of.seen_removed:
        excluded[[each.item for each in edit.added if each.item != of.target]] = True
    listed = explain.best(before, of.excluded, top), explain.best(after, excluded, top)
    gone = [item for item in listed[0] if item not in listed[1]]
    items = [*listed[1], *gone, *([] if of.target is None else [of.target])]
    ranks = (
        explain.ranks(before, of.excluded, items).tolist(),
        explain.ranks(after, excluded, items).tolist(),
    )
    rows = [
        {
            "item": of.run_number(item),
            "rank_before": ranks[0][number],
            "rank_after": ranks[1][number],
            "score_before": number_of(before[item]),
            "score_after": number_of(after[item]),
        }
        for number, item in enumerate(items)
    ]
    row = edited(of.history, edit)
    return {
        **of.head(),
        "edit": edit_body(edit, of),
        "is_unchanged": edit.is_nothing,
        "history": [of.run_number(item) for item in of.history],
        "history_after": {
            "items": [of.run_number(item) for item in row.items],
            "places": [place if place >= 0 else None for place in row.places],
            "weights": list(row.weights),
        },
        **_attention(of, edit, *(items[0] if items else PADDING for items in listed)),
        "recommendations": rows[: len(listed[1])],
        "gone": rows[len(listed[1]) : len(listed[1]) + len(gone)],
        "target": None if of.target is None else rows[-1],
        "items": of.items([*of.history, *row.items, *items]),
    }


def _scores(of: Case, edit: Edit) -> Floats:
    """Return scores before and after `edit`, `[2, item]`.

    Raises:
      RouteError: it cannot be computed (400).
    """
    try:
        return of.predict()([Edit(), edit])
    except ValueError as error:
        raise bad_parameter("deleted", f"cannot be computed: {error}") from error


def _attention_of_first(of: Case, edit: Edit, before: int, after: int) -> dict[str, object]:
    """Return what the item that is first attends to, in one layer, features last."""
    model = of.of_features
    if model is None:
        return {}
    return {
        "attention_before": [numbers(model.attention(of.history, Edit(), before))],
        "attention_after": [numbers(model.attention(of.history, edit, after))],
    }


def _attention(of: Case, edit: Edit, before: int, after: int) -> dict[str, object]:
    """Return attention of the place that predicts, before and after, at the places of each.

    Args:
      of: whose.
      edit: the change.
      before: the item that is first without it: a feature model's attention is that of an item.
      after: the item that is first with it.
    """
    if of.of_features:
        return _attention_of_first(of, edit, before, after)
    if not of.is_sequence:
        return {"attention_before": None, "attention_after": None}
    found: dict[str, object] = {}
    wanted = (range(len(of.history)), edited(of.history, edit).places)
    names = ("attention_before", "attention_after")
    for name, inputs, places, on in zip(
        names, inputs_of(of, edit), wanted, (Edit(), edit), strict=True
    ):
        seen = {place: key for key, place in enumerate(inputs.places[0])}
        found[name] = _at(_predicting_row(of, inputs, on), [seen.get(place) for place in places])
    return found


def inputs_of(of: Case, edit: Edit) -> tuple[Inputs, Inputs]:
    """Return the model's inputs before and after `edit`.

    Raises:
      RouteError: nothing is left to attend to (400).
    """
    try:
        after = of.model.inputs(of.history, [edit])
    except ValueError as error:
        raise bad_parameter("deleted", f"cannot be computed: {error}") from error
    return of.model.inputs(of.history, [Edit()]), after


def _predicting_row(of: Case, inputs: Inputs, edit: Edit) -> Floats:
    """Return attention of the place that predicts, mean over the heads that are on, `[layer, key]`.

    Keys are the items the model sees, oldest first.
    """
    shape = of.model.description
    asks = shape.predicts_from == "mask"
    found = np.zeros((shape.layers, len(inputs.places[0])), np.float32)
    for layer, stage in enumerate(of.model.stages(inputs)):
        on = [head for head in range(shape.heads) if (layer, head) not in edit.heads_off]
        if on and layer not in edit.layers_off:
            row = stage.attention[0, on, -1].mean(axis=0)
            found[layer] = row[: len(row) - asks]
    return found


def _at(attention: Floats, keys: list[int | None]) -> list[list[float | None]]:
    """Return `attention [layer, key]` at each of `keys`; `None` where the model sees no item."""
    return [
        [None if key is None else value[key] for key in keys]
        for value in (numbers(layer) for layer in attention)
    ]


def whatif_attention_route(
    runs: Runs, results: ResultCache, replays: Replays, request: Request
) -> Response:
    """Answer `/whatif_attention`."""
    user, parts = parameters.number(request, "user"), parsed(request)
    layer = parameters.text(request, "layer")
    about = asked(runs, request)
    make = partial(_attention_made, runs, replays, about, user, parts, layer)
    return respond(results, request, about.tag("attention", user, parts, layer), OCTETS, make)


def _attention_made(
    runs: Runs, replays: Replays, about: Asked, user: int, parts: Parsed, layer: str
) -> bytes:
    of = case(runs, replays, about, user)
    edit = edit_of(parts, of)
    with slot():
        return whatif_attention_impl(of, edit, layer)


def layer_number(of: Case, layer: str) -> int:
    """Return the place of the layer called `layer`.

    Raises:
      RouteError: the model has none (404).
    """
    names = list(of.model.description.attention_layers)
    if layer not in names:
        raise not_found("layer", "layers of /whatif lists those the model has.")
    return names.index(layer)


def whatif_attention_impl(of: Case, edit: Edit, layer: str) -> bytes:
    """Return the attention of one layer after `edit`, in the container of `/frames`."""
    number = layer_number(of, layer)
    inputs = inputs_of(of, edit)[1]
    attention = of.model.stages(inputs)[number].attention[0]
    row = edited(of.history, edit)
    first = len(row.items) - len(inputs.places[0])
    found = DerivedFrames()
    found.add(of.frame, attention, (first, first), triangle=of.model.description.causal)
    items = [of.run_number(item) for item in row.items]
    head = {"run": of.run, "layer": layer, "user": of.user, "head_count": len(attention)}
    return found.packed({**head, "history_after": items}, [])
