"""Query parameters to values, or a clear 400. Shared by the routes; does no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

from werkzeug.wrappers import Request

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import FrameInfo, Run, Stream
from tensorboard_plugin_attn.server.errors import RouteError, bad_parameter, not_found

MAX_STEP = (1 << 63) - 1
STEPS_HINT = "Use steps such as 10, 10,20, 100-199, latest or at-or-before:10."

_PART = re.compile(r"(?P<first>\d{1,19})(?:-(?P<last>\d{1,19}))?", re.ASCII)


def text(request: Request, name: str) -> str:
    """Return a parameter that must be there."""
    value: str | None = request.args.get(name)
    if value is None:
        raise bad_parameter(name, "is missing")
    return value


def number(request: Request, name: str) -> int:
    """Return a whole number that is not negative."""
    value = text(request, name)
    if not re.fullmatch(r"\d{1,19}", value, re.ASCII):
        raise bad_parameter(name, "must be a whole number, 0 or more")
    return int(value)


def optional_number(request: Request, name: str, default: int, *, least: int, most: int) -> int:
    """Return a whole number from `least` to `most`; `default` if it is not given."""
    if request.args.get(name) is None:
        return default
    value = number(request, name)
    if not least <= value <= most:
        raise bad_parameter(name, f"must be from {least} to {most}")
    return value


def numbers(request: Request, name: str) -> list[int]:
    """Return a comma-separated list of whole numbers, each once."""
    value = text(request, name)
    if not re.fullmatch(r"\d{1,10}(,\d{1,10})*", value, re.ASCII):
        raise bad_parameter(name, "is not a list of numbers", "Use numbers such as 1,2,5.")
    return list(dict.fromkeys(map(int, value.split(","))))


def find_run(runs: dict[str, Run], name: str) -> Run:
    """Return the run called `name`."""
    run = runs.get(name)
    if run is None or not run.has_data:
        raise not_found("run", "It may have been deleted. /runs lists what there is.")
    if run.newer_format and not run.layers:
        raise RouteError(
            422,
            "newer_format",
            f"This run was written in format {run.newer_format}, newer than this version reads.",
            "Upgrade tensorboard-plugin-attn where TensorBoard runs.",
        )
    return run


def find_layer(run: Run, name: str) -> Stream:
    """Return the stream of the layer called `name`."""
    stream = run.layers.get(name)
    if stream is None:
        raise not_found("layer", "/runs lists the layers of each run.")
    return stream


@dataclass(frozen=True)
class Steps:
    """A parsed `steps` parameter."""

    ranges: tuple[tuple[int, int], ...] = ()
    latest: bool = False
    at_or_before: int | None = None


def steps(request: Request) -> Steps:
    """Return the `steps` parameter."""
    value = text(request, "steps")
    if value == "latest":
        return Steps(latest=True)
    prefix, _, rest = value.partition(":")
    if prefix == "at-or-before" and re.fullmatch(r"\d{1,19}", rest, re.ASCII):
        return Steps(at_or_before=int(rest))
    ranges = []
    for part in value.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise bad_parameter("steps", "is not a list of steps", STEPS_HINT)
        first = int(match["first"])
        last = int(match["last"] or first)
        if last < first or last > MAX_STEP:
            raise bad_parameter("steps", "holds a range that ends before it begins", STEPS_HINT)
        ranges.append((first, last))
    return Steps(tuple(ranges))


@dataclass(frozen=True)
class Absent:
    """A step that was asked for and is not there, and why."""

    step: int
    reason: str
    detail: str = ""

    def body(self) -> dict[str, object]:
        """Return the JSON of it."""
        return {"step": self.step, "reason": self.reason, "detail": self.detail}


@dataclass(frozen=True)
class Selected:
    """The logged frames of the steps asked for, ascending, and the steps that are not there."""

    frames: list[FrameInfo]
    absent: list[Absent]


def select(run: Run, stream: Stream, layer: str, wanted: Steps, most: int) -> Selected:
    """Return what is logged of `wanted`.

    Raises:
      RouteError: more than `most` steps (413).
    """
    frames: dict[int, FrameInfo] = {}
    absent: dict[int, Absent] = {}
    if wanted.latest or wanted.at_or_before is not None:
        last = MAX_STEP if wanted.at_or_before is None else wanted.at_or_before
        if frame := stream.at_or_before(run.attempts, last):
            frames[frame.step] = frame
        elif wanted.at_or_before is not None:
            absent[last] = why_absent(run, layer, last)
    for first, last in wanted.ranges:
        found = stream.between(run.attempts, first, last)
        frames.update((frame.step, frame) for frame in found)
        if not found and first == last:
            absent[first] = why_absent(run, layer, first)
        if len(frames) + len(absent) > most:
            raise RouteError(
                413, "response_too_large", f"More than {most} steps.", "Ask for fewer steps."
            )
    return Selected(
        [frames[step] for step in sorted(frames)], [absent[step] for step in sorted(absent)]
    )


def why_absent(run: Run, layer: str, step: int) -> Absent:
    """Return why `step` of `layer` is not there; `layer` is empty for recommendations."""
    tag = schema.attention_tag(layer) if layer else schema.RECOMMENDATIONS_TAG
    if why := run.corrupt_at(tag, step):
        return Absent(step, "corrupt", why)
    gap = run.gap_at(layer, step)
    return Absent(step, gap.reason, gap.detail) if gap else Absent(step, "not_logged")


def cohort_size(runs: Runs, run: Run) -> int:
    """Return how many users any layer, recommendations or models of `run` were logged for."""
    streams = [*run.layers.values(), *filter(None, [run.recommendations, run.models])]
    return max((stream.metadata.cohort_size for stream in streams), default=0)
