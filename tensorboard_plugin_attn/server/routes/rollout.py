"""`/rollout`: all self-attention layers of one user as one picture, at any steps.

In the container of `/frames`, so that the browser decodes it with the same code. Derived, and
says so: see `analysis/rollout.py` for what it means and what it does not.
"""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.wrappers import Request, Response

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.analysis.rollout import rollout
from tensorboard_plugin_attn.reading.attention import UserAttention, read_user
from tensorboard_plugin_attn.reading.chunks import AbsentChunkError, ChunkReader
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import FrameInfo, Run, Stream
from tensorboard_plugin_attn.server import parameters
from tensorboard_plugin_attn.server.budget import MAX_FRAMES, Budget
from tensorboard_plugin_attn.server.computed import (
    OCTETS,
    DerivedFrames,
    fingerprint,
    identity,
    respond,
)
from tensorboard_plugin_attn.server.errors import not_found
from tensorboard_plugin_attn.server.parameters import Absent
from tensorboard_plugin_attn.server.result_cache import ResultCache


@dataclass(frozen=True)
class Stack:
    """One step of all layers, from the input up: what is there, or why not."""

    frames: list[tuple[Stream, FrameInfo]]
    absent: Absent | None = None


def rollout_route(runs: Runs, results: ResultCache, request: Request) -> Response:
    """Answer `/rollout`."""
    runs.refresh()
    name, user = parameters.text(request, "run"), parameters.number(request, "user")
    wanted = parameters.steps(request)
    with runs.locked() as known:
        run = parameters.find_run(known, name)
        streams = self_attention(run)
        if user >= streams[-1].metadata.cohort_size:
            raise not_found("user", f"The cohort has {streams[-1].metadata.cohort_size} users.")
        most = max(1, MAX_FRAMES // len(streams))
        top = streams[-1]
        selected = parameters.select(run, top, top.metadata.layer, wanted, most)
        stacks = [_stack(run, streams, frame) for frame in selected.frames]
    layers = [stream.metadata.layer for stream in streams]
    tag = fingerprint(
        name,
        user,
        layers,
        [(identity(frame for _, frame in stack.frames), stack.absent) for stack in stacks],
        selected.absent,
    )

    def make() -> bytes:
        head = {"run": name, "layer": "", "user": user, "head_count": 1, "layers": layers}
        return rollout_impl(runs, stacks, selected.absent, user, head)

    return respond(results, request, tag, OCTETS, make)


def self_attention(run: Run) -> list[Stream]:
    """Return the layers that rollout goes through, from the input up.

    Raises:
      RouteError: there is none (404).
    """
    own = [stream for stream in run.layers.values() if stream.metadata.kind == pb.SELF]
    if not own:
        raise not_found("layer", "Rollout goes through layers of self-attention.")
    return sorted(own, key=lambda stream: (stream.metadata.layer_index, stream.metadata.layer))


def _stack(run: Run, streams: list[Stream], top: FrameInfo) -> Stack:
    frames = []
    for stream in streams:
        frame = stream.at(run.attempts, top.step)
        if frame is None:
            layer = stream.metadata.layer
            why = parameters.why_absent(run, layer, top.step)
            return Stack([], Absent(top.step, why.reason, f"{layer}: {why.detail}".rstrip(": ")))
        frames.append((stream, frame))
    return Stack(frames)


def rollout_impl(
    runs: Runs, stacks: list[Stack], missing: list[Absent], user: int, head: dict[str, object]
) -> bytes:
    """Return the rollout of `user` at every step whose layers are all there."""
    budget, found, absent = Budget(), DerivedFrames(), list(missing)
    for stack in stacks:
        if stack.absent:
            absent.append(stack.absent)
            continue
        top = stack.frames[-1][1]
        try:
            layers = []
            for stream, frame in stack.frames:
                budget.check()
                layers.append(read_user(ChunkReader(runs, stream, user), frame))
            chunk = _same_positions(layers)
            budget.check()
            joint = rollout(layer.attention for layer in layers)
        except AbsentChunkError as error:
            absent.append(Absent(top.step, error.reason, error.detail))
            continue
        offsets = (chunk.query_offset, chunk.key_offset)
        triangle = all(layer.triangle for layer in layers)
        found.add(top, joint[None], offsets, triangle=triangle)
    return found.packed(head, [why.body() for why in sorted(absent, key=lambda why: why.step)])


def _same_positions(layers: list[UserAttention]) -> pb.Chunk:
    """Return the chunk that says which positions all layers have in common."""
    places = {
        (layer.attention.shape[1:], layer.chunk.query_offset, layer.chunk.key_offset)
        for layer in layers
    }
    [(shape, query_offset, key_offset), *others] = places
    if others or shape[0] != shape[1] or query_offset != key_offset:
        raise AbsentChunkError("not_computable", "the layers have different positions")
    return layers[-1].chunk
