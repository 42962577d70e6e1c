"""`/computation`: how one head comes to its attention, stage by stage, in numbers.

projection -> scores -> scale -> mask -> softmax -> weighting -> output, recomputed from the model
of that step for one query. A test compares the result with the attention that was logged.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn.portable.edits import edited
from tensorboard_plugin_attn.portable.operations import MASKED
from tensorboard_plugin_attn.portable.sequence_model import Inputs, Stages
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.computed import JSON, json_bytes, respond, short
from tensorboard_plugin_attn.server.edit_parameters import Parsed, edit_body, edit_of, parsed
from tensorboard_plugin_attn.server.errors import bad_parameter
from tensorboard_plugin_attn.server.replay import Asked, Case, Replays, asked, case
from tensorboard_plugin_attn.server.result_cache import ResultCache
from tensorboard_plugin_attn.server.routes.evidence import numbers
from tensorboard_plugin_attn.server.routes.whatif import inputs_of, layer_number, slot

MOST_KEYS = 1024


def computation_route(
    runs: Runs, results: ResultCache, replays: Replays, request: Request
) -> Response:
    """Answer `/computation`."""
    user, head = parameters.number(request, "user"), parameters.number(request, "head")
    layer, parts = parameters.text(request, "layer"), parsed(request)
    query = parameters.number(request, "query") if "query" in request.args else None
    about = asked(runs, request)
    make = partial(_made, runs, replays, about, user, parts, layer, head, query)
    tag = about.tag("computation", user, parts, layer, head, query)
    return respond(results, request, tag, JSON, make)


def _made(
    runs: Runs,
    replays: Replays,
    about: Asked,
    user: int,
    parts: Parsed,
    layer: str,
    head: int,
    query: int | None,
) -> bytes:
    of = case(runs, replays, about, user)
    edit = edit_of(parts, of)
    inputs = inputs_of(of, edit)[1]
    with slot():
        stages = of.model.stages(inputs)
    places = edited(of.history, edit).places
    found = computation_impl(of, inputs, stages, layer, head, query)
    return json_bytes({**found, "edit": edit_body(edit, of), "places": _placed(places, inputs)})


def _placed(places: tuple[int, ...], inputs: Inputs) -> list[int | None]:
    """Return where each key stood in the unchanged history; `None` for what did not."""
    seen = [place if place >= 0 else None for place in inputs.places[0]]
    return seen + [None] * (inputs.items.shape[1] - len(seen))


def computation_impl(
    of: Case, inputs: Inputs, stages: list[Stages], layer: str, head: int, query: int | None
) -> dict[str, object]:
    """Return the stages of one query of one head.

    Args:
      of: user and model.
      inputs: one row.
      stages: of `inputs`.
      layer: its name.
      head: its number.
      query: its place among the keys; `None`: the one that predicts.
    """
    number, shape = layer_number(of, layer), of.model.description
    stage, width = stages[number], inputs.items.shape[1]
    if head >= shape.heads:
        raise bad_parameter("head", f"must be from 0 to {shape.heads - 1}")
    at = width - 1 if query is None else query
    if at >= width or width > MOST_KEYS:
        raise bad_parameter("query", f"must be from 0 to {min(width, MOST_KEYS) - 1}")
    attention, value = stage.attention[0, head, at], stage.value[0, head]
    masked = stage.masked[0, head, at]
    output = of.model.tensors[f"block_{number}.output.weight"]
    own = output.reshape(shape.heads, shape.head_size, shape.dimension)[head]
    weighted = attention[:, None] * value
    applies = masked > MASKED / 2
    return {
        **of.head(),
        "layer": layer,
        "head": head,
        "query": at,
        "keys": [
            of.run_number(item) if item < shape.item_count else None
            for item in inputs.items[0].tolist()
        ],
        "projection": {
            "query": numbers(stage.query[0, head, at]),
            "keys": [numbers(row) for row in stage.key[0, head]],
            "values": [numbers(row) for row in value],
        },
        "scores": numbers(stage.scores[0, head, at]),
        "scale": short(float(1 / np.sqrt(shape.head_size))),
        "scaled": numbers(stage.scaled[0, head, at]),
        "applies": applies.tolist(),
        "masked": [
            short(each) if on else None for each, on in zip(masked.tolist(), applies, strict=True)
        ],
        "attention": numbers(attention),
        "value_size": numbers(np.linalg.norm(value, axis=-1)),
        "weighted": [numbers(row) for row in weighted],
        "weighted_size": numbers(np.linalg.norm(weighted, axis=-1)),
        "output_size": numbers(np.linalg.norm(weighted @ own, axis=-1)),
        "head_output": numbers(stage.weighted[0, head, at]),
        "output": numbers(stage.output[0, at]),
        "items": of.items(of.history),
    }
