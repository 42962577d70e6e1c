"""`/frames`: the stored bytes, what they are, and why a step is absent."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_attn import AttentionWriter, codec
from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.logging.frames import FrameEncoder, LayerDescription
from tensorboard_plugin_attn.server.routes import frames as frames_module
from tests.fixtures.logs import (
    LAYER,
    attention,
    blobs_of,
    cohort,
    event_files,
    event_path,
    frame_event,
    marker_event,
    own_events,
    read_events,
    write_events,
    write_log,
)
from tests.fixtures.tab import Frames, Tab

RUN = "d32/attention"
ASKED = {"run": RUN, "layer": LAYER, "user": 0}
IN_ROOT = {"run": ".", "layer": LAYER, "user": 0}


def decoded(answer: Frames, place: int) -> np.ndarray:
    return answer.codes(answer.header["frames"][place])


@pytest.mark.parametrize("user", [0, 1])
@pytest.mark.parametrize("steps", ["1,2,3", "1-3", "3,1,2,1", "0-99", "1-2,2-3"])
def test_every_step_decodes_to_what_was_logged(tab: Tab, user: int, steps: str) -> None:
    answer = tab.frames(run=RUN, layer=LAYER, user=user, steps=steps)
    assert answer.steps == [1, 2, 3]
    for place, step in enumerate(answer.steps):
        expected = codec.quantise(attention(seed=step)[user], pb.U8_SQRT)
        assert np.array_equal(decoded(answer, place), expected)


def test_chunks_are_the_stored_bytes_each_once(tab: Tab, tmp_path: Path) -> None:
    answer = tab.frames(**ASKED, steps="1-3")
    stored = [
        blobs_of(event)[1] for event in own_events(event_files(tmp_path)[0], f"attention/{LAYER}")
    ]
    assert answer.chunks == stored
    assert [frame["chunk"] for frame in answer.header["frames"]] == [0, 1, 2]
    assert [chunk["reference"] for chunk in answer.header["chunks"]] == [None, 0, 1]


def test_a_difference_brings_along_all_it_refers_to(tab: Tab) -> None:
    answer = tab.frames(**ASKED, steps="3")
    assert (answer.steps, len(answer.chunks)) == ([3], 3)
    assert [chunk["reference"] for chunk in answer.header["chunks"]] == [None, 0, 1]
    expected = codec.quantise(attention(seed=3)[0], pb.U8_SQRT)
    assert np.array_equal(decoded(answer, 0), expected)


@pytest.mark.parametrize(
    ("steps", "found", "absent"),
    [
        ("latest", [3], {}),
        ("at-or-before:2", [2], {}),
        ("at-or-before:999", [3], {}),
        ("at-or-before:0", [], {0: "not_logged"}),
        ("2,7", [2], {7: "not_logged"}),
        ("7,8", [], {7: "not_logged", 8: "not_logged"}),
        ("7-9", [], {}),
    ],
)
def test_steps_are_found_or_absent(
    tab: Tab, steps: str, found: list[int], absent: dict[int, str]
) -> None:
    answer = tab.frames(**ASKED, steps=steps)
    assert (answer.steps, answer.absent) == (found, absent)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"run": None}, (400, "bad_parameter")),
        ({"layer": None}, (400, "bad_parameter")),
        ({"user": None}, (400, "bad_parameter")),
        ({"steps": None}, (400, "bad_parameter")),
        ({"user": "-1"}, (400, "bad_parameter")),
        ({"user": "x"}, (400, "bad_parameter")),
        ({"steps": "x"}, (400, "bad_parameter")),
        ({"steps": "3-1"}, (400, "bad_parameter")),
        ({"run": ""}, (404, "run_not_found")),
        ({"run": "/etc"}, (404, "run_not_found")),
        ({"run": "d32/attention\0"}, (404, "run_not_found")),
        ({"layer": "no"}, (404, "layer_not_found")),
        ({"user": 2}, (404, "user_not_found")),
        ({"user": "9" * 19}, (404, "user_not_found")),
        ({"steps": ",".join(str(step) for step in range(300))}, (413, "response_too_large")),
        ({"steps": "1," * 9000 + "1"}, (414, "query_too_long")),
    ],
)
def test_bad_requests_are_told_apart(
    tab: Tab, changed: dict[str, object], error: tuple[int, str]
) -> None:
    query = {**ASKED, "steps": "1", **changed}
    query = {name: value for name, value in query.items() if value is not None}
    assert tab.error("/frames", **query) == error


def test_two_hundred_frames_are_answered_and_not_one_more(tmp_path: Path) -> None:
    write_log(tmp_path, range(1, 203), recommend=False)
    tab = Tab(tmp_path)
    assert len(tab.frames(**IN_ROOT, steps="1-200").steps) == 200
    assert len(tab.frames(**IN_ROOT, steps="1-200,1-200,5,5").steps) == 200
    assert tab.error("/frames", **IN_ROOT, steps="1-201") == (413, "response_too_large")
    assert tab.error("/frames", **IN_ROOT, steps="0-9999999") == (413, "response_too_large")


def test_an_answer_over_the_size_limit_is_413(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames_module, "MAX_RESPONSE_BYTES", 10)
    assert tab.error("/frames", **ASKED, steps="1-3") == (413, "response_too_large")


def test_the_same_etag_is_304(tab: Tab) -> None:
    first = tab.get("/frames", **ASKED, steps="1-3")
    again = tab.get("/frames", **ASKED, steps="1-3", header_If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = tab.get("/frames", **ASKED, steps="1-3", header_If_None_Match='"other"')
    assert other.status_code == 200


def test_the_etag_changes_when_the_answer_does(tab: Tab, tmp_path: Path) -> None:
    def tag(steps: str, **changed: object) -> str:
        return tab.get("/frames", **{**ASKED, **changed}, steps=steps).headers["ETag"]

    before = tag("latest"), tag("1-9"), tag("1,2,3,4"), tag("1")
    assert len({*before, tag("1", user=1)}) == 5
    later = frame_event(4, attempt="b", start_time_s=4e9)
    write_events(event_files(tmp_path)[0], [later], append=True)
    after = tag("latest"), tag("1-9"), tag("1,2,3,4"), tag("1")
    assert [old == new for old, new in zip(before, after, strict=True)] == [
        False,
        False,
        False,
        True,
    ]


def test_a_step_logged_again_by_a_newer_attempt_has_another_etag(tab: Tab, tmp_path: Path) -> None:
    before = tab.get("/frames", **ASKED, steps="2").headers["ETag"]
    again = frame_event(2, attempt="b", start_time_s=4e9)
    write_events(event_path(tmp_path / "d32" / "attention", "b"), [again])
    assert tab.get("/frames", **ASKED, steps="2").headers["ETag"] != before


def test_only_a_pinned_answer_is_immutable(tab: Tab) -> None:
    first = tab.get("/frames", **ASKED, steps="1-3")
    assert first.headers["Cache-Control"] == "private, no-cache"
    tag = first.headers["ETag"].strip('"')
    pinned = tab.get("/frames", **ASKED, steps="1-3", pin=tag)
    assert "immutable" in pinned.headers["Cache-Control"]
    assert pinned.data == first.data
    stale = tab.get("/frames", **ASKED, steps="1-2", pin=tag)
    assert stale.headers["Cache-Control"] == "private, no-cache"


def test_the_answer_is_bytes_that_are_not_sniffed(tab: Tab) -> None:
    response = tab.get("/frames", **ASKED, steps="1")
    assert response.content_type == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_head_has_the_headers_and_no_body(tab: Tab) -> None:
    whole = tab.get("/frames", **ASKED, steps="1")
    head = tab.get("/frames", method="HEAD", **ASKED, steps="1")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == whole.headers["ETag"]


def test_rejected_attention_is_absent_with_its_reason(tmp_path: Path) -> None:
    one_bad, all_bad = attention(), np.full_like(attention(), np.nan)
    one_bad[0, 0, 0] = np.nan
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        for step, values in ((1, attention()), (2, one_bad), (3, all_bad), (4, attention())):
            writer.attention(LAYER, values, step=step, causal=True)
    tab = Tab(tmp_path)
    bad, good = (tab.frames(run=".", layer=LAYER, user=user, steps="1,2,3,4") for user in (0, 1))
    assert (bad.steps, bad.absent) == ([1, 4], {2: "rejected", 3: "rejected"})
    assert (good.steps, good.absent) == ([1, 2, 4], {3: "rejected"})
    assert "NaN" in bad.header["absent"][0]["detail"]


@pytest.mark.parametrize("reason", ["REJECTED", "DROPPED", "THINNED", "WRITE_FAILED"])
def test_a_marked_step_is_absent_with_the_markers_reason(tmp_path: Path, reason: str) -> None:
    marker = pb.Marker(
        reason=pb.MarkerReason.Value(reason), layer=LAYER, first_step=5, last_step=6, detail="why"
    )
    write_events(event_path(tmp_path), [frame_event(1), marker_event(marker)])
    answer = Tab(tmp_path).frames(**IN_ROOT, steps="1,5,6,7")
    assert answer.steps == [1]
    assert answer.header["absent"] == [
        {"step": 5, "reason": reason.lower(), "detail": "why"},
        {"step": 6, "reason": reason.lower(), "detail": "why"},
        {"step": 7, "reason": "not_logged", "detail": ""},
    ]


def place_of(path: Path, blob: int, step: int = 2) -> int:
    """Return where the middle of a blob of `step` stands in the file."""
    event = next(e for e in own_events(path, f"attention/{LAYER}") if e.step == step)
    data = blobs_of(event)[blob]
    return path.read_bytes().index(data) + len(data) // 2


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0x10
    path.write_bytes(data)


def test_a_flipped_byte_of_a_chunk_is_served_and_the_client_detects_it(
    tab: Tab, tmp_path: Path
) -> None:
    (path,) = event_files(tmp_path)
    flip(path, place_of(path, blob=1))
    answer = tab.frames(**ASKED, steps="1-3")
    assert answer.steps == [1, 2, 3]
    decoded(answer, 0)
    for place in (1, 2):  # step 3 is a difference to step 2
        with pytest.raises(codec.CorruptChunkError):
            decoded(answer, place)


@pytest.mark.parametrize("when", ["before it was indexed", "after it was indexed"])
def test_a_flipped_byte_of_a_header_is_a_corrupt_step(tab: Tab, tmp_path: Path, when: str) -> None:
    if when == "after it was indexed":
        tab.json("/status")
    (path,) = event_files(tmp_path)
    flip(path, place_of(path, blob=0))
    answer = tab.frames(**ASKED, steps="1,2,3")
    assert (answer.steps, answer.absent) == ([1], {2: "corrupt", 3: "corrupt"})


def test_a_difference_without_its_key_frame_is_corrupt(tmp_path: Path) -> None:
    encoder = FrameEncoder(LayerDescription(LAYER, 0, 2, causal=True))
    events = [frame_event(step, encoder=encoder) for step in (1, 2, 3)]
    events[0].summary.value[0].tensor.string_val[0] = b"unreadable"
    write_events(event_path(tmp_path), [*events, frame_event(4)])
    answer = Tab(tmp_path).frames(**IN_ROOT, steps="1,2,3,4")
    assert (answer.steps, answer.absent) == ([4], {1: "corrupt", 2: "corrupt", 3: "corrupt"})


@pytest.mark.parametrize("field", ["encoding", "layout"])
def test_an_encoding_of_a_newer_version_hides_no_other_frame(tmp_path: Path, field: str) -> None:
    newer = frame_event(2, chunk=lambda chunk: setattr(chunk, field, 99))
    write_events(event_path(tmp_path), [frame_event(1), newer, frame_event(3)])
    answer = Tab(tmp_path).frames(**IN_ROOT, steps="1,2,3")
    assert (answer.steps, answer.absent) == ([1, 3], {2: "newer_format"})


def test_a_step_with_fewer_users_hides_no_other_step(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path) as writer:
        for step, users in ((1, 3), (2, 2), (3, 3)):
            writer.attention(LAYER, attention(users, seed=step), step=step, causal=True)
    answer = Tab(tmp_path).frames(run=".", layer=LAYER, user=2, steps="1,2,3")
    assert answer.steps == [1, 3]
    assert set(answer.absent) == {2}


def test_an_event_with_fewer_blobs_than_its_header_says_hides_no_other(tmp_path: Path) -> None:
    short = frame_event(2)
    del short.summary.value[0].tensor.string_val[1:]
    write_events(event_path(tmp_path), [frame_event(1), short])
    answer = Tab(tmp_path).frames(**IN_ROOT, steps="1,2")
    assert (answer.steps, set(answer.absent)) == ([1], {2})


def test_an_event_with_more_blobs_than_its_header_says_is_not_read_as_a_user(
    tmp_path: Path,
) -> None:
    event = frame_event(1, users=1)
    event.summary.value[0].tensor.string_val.append(b"extra")
    write_events(event_path(tmp_path), [frame_event(0), event])
    answer = Tab(tmp_path).frames(run=".", layer=LAYER, user=1, steps="0,1")
    assert (answer.steps, answer.absent) == ([0], {1: "not_logged"})


def test_a_newer_format_is_said(tmp_path: Path) -> None:
    write_events(event_path(tmp_path), [frame_event(1, format_version=2)])
    assert Tab(tmp_path).error("/frames", **IN_ROOT, steps="1") == (422, "newer_format")


def test_a_run_removed_between_requests_is_not_found(tab: Tab, tmp_path: Path) -> None:
    tab.frames(**ASKED, steps="1")
    shutil.rmtree(tmp_path / "d32")
    assert tab.error("/frames", **ASKED, steps="1") == (404, "run_not_found")


@pytest.mark.parametrize("fate", ["removed", "cut", "overwritten"])
def test_a_file_that_changes_before_it_is_noticed_is_unavailable(
    tab: Tab, tmp_path: Path, fate: str
) -> None:
    tab.json("/status")
    tab.plugin._runs._refresh_every_s = 3600
    (path,) = event_files(tmp_path)
    if fate == "removed":
        path.unlink()
    elif fate == "cut":
        path.write_bytes(path.read_bytes()[:100])
    else:
        path.write_bytes(b"\xff" * path.stat().st_size)
    assert tab.error("/frames", **ASKED, steps="3") == (503, "unavailable")


def test_offsets_and_times_are_told(tab: Tab, tmp_path: Path) -> None:
    frame = tab.frames(**ASKED, steps="2").header["frames"][0]
    logged = next(e for e in read_events(event_files(tmp_path)[0]) if e.step == 2)
    assert frame["epoch"] == pytest.approx(0.2)
    assert frame["wall_time_s"] == logged.wall_time
    assert (frame["query_offset"], frame["key_offset"]) == (0, 0)
