"""`/head_types`: what each head of a run does, as a mean over the cohort at one step."""

from __future__ import annotations

from dataclasses import asdict

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.analysis.head_type import (
    Geometry,
    Scores,
    mean_scores,
    scores_of,
    type_of,
)
from tensorboard_plugin_attn.reading.attention import UserAttention, read_header, read_user
from tensorboard_plugin_attn.reading.catalogue import Catalogue
from tensorboard_plugin_attn.reading.chunks import AbsentChunkError, ChunkReader
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import FrameInfo, Stream
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.axis_items import categories
from tensorboard_plugin_attn.server.budget import MAX_FRAMES, Budget, spread
from tensorboard_plugin_attn.server.computed import (
    JSON,
    catalogue_identity,
    fingerprint,
    identity,
    json_bytes,
    respond,
    short,
)
from tensorboard_plugin_attn.server.result_cache import ResultCache

Placed = tuple[Stream, FrameInfo]


def head_types_route(runs: Runs, results: ResultCache, request: Request) -> Response:
    """Answer `/head_types`."""
    runs.refresh()
    name, step = parameters.text(request, "run"), parameters.number(request, "step")
    with runs.locked() as known:
        run = parameters.find_run(known, name)
        layers = [
            (stream, frame)
            for stream in sorted(
                run.layers.values(),
                key=lambda stream: (stream.metadata.layer_index, stream.metadata.layer),
            )
            if (frame := stream.at_or_before(run.attempts, step))
        ]
        cohort = catalogue_identity(run)
    tag = fingerprint(
        name, cohort, [(s.metadata.layer, s.metadata.cohort_size, identity([f])) for s, f in layers]
    )
    return respond(
        results, request, tag, JSON, lambda: json_bytes(head_types_impl(runs, name, layers))
    )


def head_types_impl(runs: Runs, name: str, layers: list[Placed]) -> dict[str, object]:
    """Return the type of every head with its scores, layer by layer.

    Raises:
      RouteError: it takes too long (503).
    """
    budget, catalogue = Budget(), runs.catalogue(name)
    most = max(1, MAX_FRAMES // max(1, len(layers)))
    return {
        "run": name,
        "layers": [_layer(runs, catalogue, placed, most, budget) for placed in layers],
    }


def _layer(
    runs: Runs, catalogue: Catalogue, placed: Placed, most: int, budget: Budget
) -> dict[str, object]:
    stream, frame = placed
    collected: list[list[Scores]] = []  # of each user [head]
    try:
        header = read_header(runs, frame)
        for user in spread(min(stream.metadata.cohort_size, len(header.chunks)), most):
            budget.check()
            try:
                own = read_user(ChunkReader(runs, stream, user), frame)
            except AbsentChunkError:
                continue
            collected.append(scores_of(own.attention, geometry(stream, own, catalogue, user)))
    except AbsentChunkError:
        collected = []
    heads = min(map(len, collected), default=0)
    means = [mean_scores([user[head] for user in collected]) for head in range(heads)]
    return {
        "name": stream.metadata.layer,
        "step": frame.step,
        "users": len(collected),
        "cohort_size": stream.metadata.cohort_size,
        "heads": [_head(scores) for scores in means],
    }


def geometry(stream: Stream, own: UserAttention, catalogue: Catalogue, user: int) -> Geometry:
    """Return what the cells of `own` stand for, as far as the log says."""
    metadata, chunk = stream.metadata, own.chunk
    # Only in self-attention does a query stand at a key; two lists may have the same name.
    same_axis = metadata.kind == pb.SELF and metadata.query_axis == metadata.key_axis
    of_queries = of_keys = None
    if not chunk.query_axis_number and not chunk.key_axis_number:
        of_queries = categories(
            catalogue, user, metadata.query_axis, chunk.query_offset, chunk.query_length
        )
        of_keys = categories(catalogue, user, metadata.key_axis, chunk.key_offset, chunk.key_length)
    return Geometry(
        position=chunk.query_offset - chunk.key_offset if same_axis else None,
        triangle=own.triangle,
        query_categories=of_queries,
        key_categories=of_keys,
    )


def _head(scores: Scores) -> dict[str, object]:
    word, score = type_of(scores)
    values = {name: short(value) for name, value in asdict(scores).items()}
    return {"type": word, "score": short(score), "scores": values}
