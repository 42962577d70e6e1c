"""Attempts, gaps and steps as a person sees them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto import event_pb2

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec
from tensorboard_plugin_attn.reading.sessions import MAX_PROBLEM_FRAMES, Run, Stream
from tensorboard_plugin_attn.reading.store import StoredEvent
from tests.fixtures.logs import LAYER, blobs_of, frame_event, header_of


def as_stored(event: event_pb2.Event) -> StoredEvent:
    value = event.summary.value[0]
    header = blobs_of(event)[0]
    return StoredEvent(
        run="run",
        tag=value.tag,
        plugin_content=value.metadata.plugin_data.content,
        step=event.step,
        header=header,
        blob_count=3,
        location=header,
    )


def run_of(*events: event_pb2.Event) -> Run:
    run = Run("run")
    for event in events:
        run.add(as_stored(event))
    return run


def attempt_events(
    attempt: str, start_time_s: float, steps: range | list[int]
) -> list[event_pb2.Event]:
    return [
        frame_event(step, sequence=number, attempt=attempt, start_time_s=start_time_s)
        for number, step in enumerate(steps, 1)
    ]


def shown(run: Run, layer: str = LAYER) -> list[tuple[int, str]]:
    return [(frame.step, frame.attempt) for frame in run.layers[layer].timeline(run.attempts)]


def test_one_attempts_steps_are_shown_in_order() -> None:
    run = run_of(*attempt_events("a", 100, [3, 1, 2]))
    assert shown(run) == [(1, "a"), (2, "a"), (3, "a")]


def test_a_training_resumed_at_an_earlier_step_replaces_what_was_later() -> None:
    run = run_of(*attempt_events("a", 100, range(1, 11)), *attempt_events("b", 200, range(5, 8)))
    assert shown(run) == [(step, "a") for step in range(1, 5)] + [(5, "b"), (6, "b"), (7, "b")]


def test_the_newest_attempt_wins_whichever_is_read_first() -> None:
    older, newer = attempt_events("a", 100, [1, 2, 3]), attempt_events("b", 200, [2, 4])
    assert shown(run_of(*newer, *older)) == shown(run_of(*older, *newer))
    assert shown(run_of(*newer, *older)) == [(1, "a"), (2, "b"), (4, "b")]


def test_attempts_that_began_at_once_have_one_order() -> None:
    first, second = attempt_events("a", 100, [1, 2]), attempt_events("b", 100, [1, 2])
    assert shown(run_of(*first, *second)) == shown(run_of(*second, *first))


def test_a_resumed_training_keeps_what_its_first_step_comes_after() -> None:
    run = run_of(*attempt_events("a", 100, [1, 2]), *attempt_events("b", 200, [3, 4]))
    assert shown(run) == [(1, "a"), (2, "a"), (3, "b"), (4, "b")]


def test_a_layer_the_newer_attempt_did_not_log_keeps_its_steps() -> None:
    old = attempt_events("a", 100, [1, 2])
    run = run_of(*old, frame_event(1, attempt="b", start_time_s=200, layer="other"))
    assert shown(run) == [(1, "a"), (2, "a")]
    assert shown(run, "other") == [(1, "b")]


def test_a_step_logged_twice_keeps_the_later_event() -> None:
    events = [frame_event(1, sequence=1), frame_event(1, sequence=2)]
    for ordered in (events, events[::-1]):
        run = run_of(*ordered)
        frame = run.layers[LAYER].at(run.attempts, 1)
        assert frame is not None
        assert frame.sequence == 2


def test_the_event_of_a_key_frame_is_found_even_if_its_step_is_logged_again() -> None:
    run = run_of(frame_event(1, sequence=1), frame_event(1, sequence=2))
    stream = run.layers[LAYER]
    found = stream.by_sequence("a", 1)
    assert found is not None
    assert found.sequence == 1
    assert stream.by_sequence("a", 3) is None
    assert stream.by_sequence("b", 1) is None


@given(
    attempts=st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=8), max_size=4),
    asked=st.integers(-1, 32),
)
def test_every_shown_step_is_the_newest_attempts_that_reaches_it(
    attempts: list[list[int]], asked: int
) -> None:
    expected: dict[int, str] = {}
    run = Run("run")
    for number, steps in enumerate(attempts):
        name = str(number)
        expected = {step: who for step, who in expected.items() if step < min(steps)}
        expected.update(dict.fromkeys(steps, name))
        for event in attempt_events(name, 100.0 * number, steps):
            run.add(as_stored(event))
    if not attempts:
        assert run.layers == {}
        return
    assert shown(run) == sorted(expected.items())
    stream = run.layers[LAYER]
    before = [step for step in sorted(expected) if step <= asked]
    found = stream.at_or_before(run.attempts, asked)
    assert (found.step if found else None) == (before[-1] if before else None)
    assert (stream.at(run.attempts, asked) is not None) == (asked in expected)
    between = [frame.step for frame in stream.between(run.attempts, 5, asked)]
    assert between == [step for step in sorted(expected) if 5 <= step <= asked]


def test_an_empty_stream_shows_nothing() -> None:
    stream = Stream(pb.StreamMetadata())
    assert stream.timeline([]) == []
    assert stream.at_or_before([], 5) is None


def marker(**fields: object) -> bytes:
    return pb.Marker(**fields).SerializeToString()  # type: ignore[arg-type]


def test_a_marker_is_a_gap_of_its_layer() -> None:
    run = Run("run")
    run.add_marker(
        marker(reason=pb.DROPPED, layer="l", first_step=4, last_step=9, frame_count=6, detail="d")
    )
    (gap,) = run.gaps
    assert (gap.first_step, gap.last_step, gap.frame_count) == (4, 9, 6)
    assert (gap.reason, gap.detail) == ("dropped", "d")
    assert run.gap_at("l", 4) is run.gap_at("l", 9) is gap
    assert run.gap_at("l", 3) is run.gap_at("l", 10) is run.gap_at("m", 5) is None


def test_lost_recommendations_are_no_gap_of_a_layer() -> None:
    run = Run("run")
    run.add_marker(marker(reason=pb.DROPPED, first_step=4, last_step=4))
    assert run.gap_at("", 4) is not None
    assert run.gap_at("l", 4) is None


@pytest.mark.parametrize(
    ("reason", "name"),
    [(1, "rejected"), (2, "dropped"), (3, "thinned"), (4, "write_failed"), (99, "not_logged")],
)
def test_reasons_have_names(reason: int, name: str) -> None:
    run = Run("run")
    run.add_marker(marker(reason=reason))
    assert run.gaps[0].reason == name


def test_a_marker_that_is_no_message_is_a_problem() -> None:
    run = Run("run")
    run.add_marker(b"\xff\xff")
    assert run.gaps == []
    assert run.unreadable


def test_a_corrupt_header_is_a_problem_of_its_step() -> None:
    event = frame_event(7)
    blobs = event.summary.value[0].tensor.string_val
    blobs[0] = blobs[0][:-1] + b"\0"
    run = run_of(frame_event(6), event)
    assert shown(run) == [(6, "a")]
    assert run.unreadable[0][:2] == (7, "the frame header does not match its checksum")


def test_a_stream_without_a_description_is_a_problem() -> None:
    run = run_of(frame_event(3, first=False))
    assert run.layers == {}
    assert run.has_data
    assert "no description" in run.unreadable[0][1]


def test_a_broken_description_is_a_problem_and_the_earlier_one_stays() -> None:
    broken = frame_event(2)
    broken.summary.value[0].metadata.plugin_data.content = b"\xff"
    run = run_of(frame_event(1), broken)
    assert shown(run) == [(1, "a"), (2, "a")]
    assert "not a message" in run.unreadable[0][1]


def test_problems_are_counted_up_to_a_limit() -> None:
    run = Run("run")
    for _ in range(3 * MAX_PROBLEM_FRAMES):
        run.add_marker(b"\xff")
    assert len(run.unreadable) == MAX_PROBLEM_FRAMES


def test_a_newer_format_is_never_guessed_at() -> None:
    run = run_of(frame_event(1, format_version=2))
    assert (run.newer_format, run.layers) == (2, {})
    content = pb.StreamMetadata(format_version=7, content=pb.ATTENTION, layer=LAYER)
    event = frame_event(1)
    event.summary.value[0].metadata.plugin_data.content = content.SerializeToString()
    run = run_of(event)
    assert (run.newer_format, run.layers) == (7, {})
    assert run.has_data


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_times_that_are_no_numbers_hide_no_other_frame(wrong: float) -> None:
    run = run_of(
        frame_event(1),
        frame_event(2, wall_time_s=wrong),
        frame_event(3, start_time_s=wrong, attempt="b"),
        frame_event(4, epoch=wrong, has_epoch=True),
    )
    assert shown(run) == [(1, "a"), (4, "a")]
    assert run.layers[LAYER].timeline(run.attempts)[1].epoch is None
    assert all(math.isfinite(attempt.start_time_s) for attempt in run.attempts)
    assert math.isfinite(run.last_wall_time_s)
    assert [problem[0] for problem in run.unreadable] == [2, 3]


def test_an_unknown_kind_of_stream_is_left_alone() -> None:
    event = frame_event(1)
    content = pb.StreamMetadata(format_version=1, content=17, layer=LAYER)  # type: ignore[arg-type]
    event.summary.value[0].metadata.plugin_data.content = content.SerializeToString()
    run = run_of(event)
    assert (run.layers, run.recommendations, run.catalogues, run.markers) == ({}, None, [], [])


def with_cost(
    logged_steps: int, *, attempt: str = "a", start_time_s: float = 100.0, training_s: float = 1.0
) -> event_pb2.Event:
    """Return a frame whose header holds a cost."""
    event = frame_event(logged_steps, attempt=attempt, start_time_s=start_time_s)
    header = header_of(event)
    header.cost.CopyFrom(pb.Cost(training_s=training_s, logging_s=0.5, logged_steps=logged_steps))
    event.summary.value[0].tensor.string_val[0] = codec.seal_header(header.SerializeToString())
    return event


def test_the_cost_is_the_latest_of_the_newest_attempt_whatever_is_read_first() -> None:
    events = [
        with_cost(7),
        with_cost(9),
        with_cost(2, attempt="b", start_time_s=200),
        with_cost(3, attempt="b", start_time_s=200),
    ]
    for order in (events, events[::-1]):
        cost = run_of(*order).cost
        assert cost is not None
        assert cost.logged_steps == 3


def test_a_run_without_measured_cost_has_none() -> None:
    assert run_of(frame_event(1)).cost is None
    assert run_of(with_cost(1, training_s=math.inf)).cost is None
