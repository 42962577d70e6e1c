"""`/runs`: what there is to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import Run
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.guard import json_response

RUN_DIRECTORY = "attention"  # by convention beside Keras' train and validation

Hyperparameters = Mapping[str, Mapping[str, object]]


def runs_route(
    runs: Runs, hyperparameters: Callable[[Request], Hyperparameters], request: Request
) -> Response:
    """Answer `/runs`."""
    runs.refresh()
    return json_response(request, runs_impl(runs, hyperparameters(request)))


def runs_impl(runs: Runs, hyperparameters: Hyperparameters) -> dict[str, object]:
    """Return every run that has something to show or to complain about, by name."""
    with runs.locked() as known:
        described = [
            _describe(runs, run, hyperparameters) for run in known.values() if run.has_data
        ]
        generation = runs.generation
    described.sort(key=lambda run: str(run["name"]))
    return {"generation": generation, "runs": described}


def display_name(name: str) -> str:
    """Return a run's name without the directory attention is put in by convention."""
    parts = name.split("/")
    return "/".join(parts[:-1]) if len(parts) > 1 and parts[-1] == RUN_DIRECTORY else name


def _describe(runs: Runs, run: Run, hyperparameters: Hyperparameters) -> dict[str, object]:
    steps: set[int] = set()
    for stream in run.layers.values():
        steps.update(frame.step for frame in stream.timeline(run.attempts))
    return {
        "name": run.name,
        "display_name": display_name(run.name),
        "start_time_s": run.attempts[0].start_time_s if run.attempts else None,
        "last_wall_time_s": run.last_wall_time_s or None,
        "step_count": len(steps),
        "first_step": min(steps, default=None),
        "last_step": max(steps, default=None),
        "attempts": len(run.attempts),
        "cohort_size": parameters.cohort_size(runs, run),
        "has_catalogue": bool(run.catalogues),
        "has_recommendations": run.recommendations is not None,
        "has_models": run.models is not None,
        "cost": _cost(run.cost),
        "problem": _problem(run),
        "hyperparameters": dict(of_nearest_parent(hyperparameters, run.name)),
        "layers": [
            _layer(stream.metadata)
            for stream in sorted(
                run.layers.values(),
                key=lambda stream: (stream.metadata.layer_index, stream.metadata.layer),
            )
        ],
    }


def _cost(cost: pb.Cost | None) -> dict[str, float] | None:
    if cost is None:
        return None
    return {
        "training_s": cost.training_s,
        "logging_s": cost.logging_s,
        "logged_steps": cost.logged_steps,
        "thinned_steps": cost.thinned_steps,
    }


def _problem(run: Run) -> dict[str, str] | None:
    if not run.newer_format:
        return None
    return {
        "code": "newer_format",
        "message": f"Written in format {run.newer_format}, newer than this version reads "
        f"({schema.FORMAT_VERSION}).",
        "hint": "Upgrade tensorboard-plugin-attn where TensorBoard runs.",
    }


def _layer(metadata: pb.StreamMetadata) -> dict[str, object]:
    names = list(metadata.head_names) or [f"head {head}" for head in range(metadata.head_count)]
    return {
        "name": metadata.layer,
        "index": metadata.layer_index,
        "kind": schema.KIND_NAMES.get(metadata.kind, "unknown"),
        "head_count": metadata.head_count,
        "head_names": names,
        "causal": metadata.causal,
        "query_axis": metadata.query_axis,
        "key_axis": metadata.key_axis,
        "mode": schema.MODE_NAMES.get(metadata.mode, "unknown"),
        "dropout_stage": schema.DROPOUT_STAGE_NAMES.get(metadata.dropout_stage, "unknown"),
        "similarity": schema.SIMILARITY_NAMES.get(metadata.similarity, "unknown"),
    }


def of_nearest_parent(hyperparameters: Hyperparameters, run: str) -> Mapping[str, object]:
    """Return the hyperparameters logged in the run's own directory or the nearest above."""
    parts = run.split("/")
    for length in range(len(parts), 0, -1):
        if found := hyperparameters.get("/".join(parts[:length])):
            return found
    return hyperparameters.get(".", {})
