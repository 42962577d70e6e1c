"""Cross, target and field attention: who and what the axes are, from the call to the browser."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from tensorboard_plugin_attn import (
    AttentionWriter,
    Cohort,
    Item,
    Privacy,
    User,
    UserRecommendations,
    codec,
    schema,
)
from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn.logging.events import CatalogueBuilder
from tests.fixtures.logs import (
    KEY,
    LAYER,
    attention,
    blobs_of,
    cohort,
    event_files,
    header_of,
    inflated_everywhere,
    markers_of,
    own_events,
)
from tests.fixtures.tab import Tab
from tests.unit.logging.test_arguments import arrays

FIELDS = ["age", "city", "hour"]


def labels(tab: Tab, user: int, step: int, axis: str, run: str = ".") -> list[str] | None:
    """Return the labels a browser finds for one axis of a frame."""
    found = tab.frames(run=run, layer=LAYER, user=user, steps=str(step))
    (frame,) = found.header["frames"]
    if frame[axis] is None:
        return None
    asked = {"attempt": frame["attempt"], "axes": str(frame[axis])}
    body = tab.json("/catalogue", run=run, **asked)
    names = {item["index"]: item["label"] for item in body["items"]}
    if body["absent"]:
        return []
    (entry,) = body["axes"]
    return [names[index] for index in entry["items"]]


def test_target_attention_has_candidates_over_the_history(tmp_path: Path) -> None:
    candidates = [["i5", "i4", "i3"], ["i1", "i2"]]
    weights = [attention(1, 2, 3, 4)[0], attention(1, 2, 2, 4)[0]]
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        writer.attention(LAYER, weights, step=1, kind="target", queries=candidates)
    tab = Tab(tmp_path)
    (layer,) = tab.json("/runs")["runs"][0]["layers"]
    assert (layer["kind"], layer["query_axis"], layer["key_axis"]) == (
        "target",
        "candidate",
        "history",
    )
    assert labels(tab, 0, 1, "query_axis") == ["Item 5", "Item 4", "Item 3"]
    assert labels(tab, 1, 1, "query_axis") == ["Item 1", "Item 2"]
    assert labels(tab, 0, 1, "key_axis") is None  # the user's own history


def test_fields_are_items_whose_id_is_their_name(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        writer.attention(
            LAYER, attention(queries=3), step=1, kind="field", queries=FIELDS, keys=FIELDS
        )
    assert labels(Tab(tmp_path), 1, 1, "key_axis") == FIELDS


def test_the_same_labels_are_written_once_and_numbered_alike(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        for step in range(5):
            writer.attention(
                LAYER, attention(queries=3), step=step, kind="field", queries=FIELDS, keys=FIELDS
            )
        writer.attention(LAYER, attention(queries=3), step=5, kind="cross", keys=["x", "y", "z"])
    (path,) = event_files(tmp_path)
    numbers = [
        {(chunk.query_axis_number, chunk.key_axis_number) for chunk in header_of(event).chunks}
        for event in own_events(path, f"attention/{LAYER}")
    ]
    assert numbers == [{(1, 1)}] * 5 + [{(0, 2)}]
    axes = [
        axis.number
        for event in own_events(path, "catalogue")
        for axis in pb.Catalogue.FromString(blobs_of(event)[1]).axes
    ]
    assert axes == [1, 2]


def test_a_new_file_repeats_every_axis(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        arguments: dict[str, Any] = {"kind": "field", "queries": FIELDS, "keys": FIELDS}
        writer.attention(LAYER, attention(queries=3), step=1, **arguments)
        assert writer.flush()
        (first,) = event_files(tmp_path)
        first.unlink()
        writer.attention(LAYER, attention(queries=3), step=2, **arguments)
        assert writer.flush()
    assert labels(Tab(tmp_path), 0, 2, "query_axis") == FIELDS


def test_two_attempts_may_number_axes_differently(tmp_path: Path) -> None:
    for step, first in enumerate((FIELDS, ["x", "y", "z"])):
        with AttentionWriter(tmp_path, cohort=cohort()) as writer:
            writer.attention("other", attention(queries=3), step=step, kind="field", keys=first)
            writer.attention(LAYER, attention(queries=3), step=step, kind="field", keys=FIELDS)
    tab = Tab(tmp_path)
    assert labels(tab, 0, 0, "key_axis") == FIELDS
    assert labels(tab, 0, 1, "key_axis") == FIELDS


def test_a_user_who_is_left_out_is_not_logged_and_nobody_is_shifted(tmp_path: Path) -> None:
    people = Cohort(users=tuple(User(name) for name in ("anna", "boris", "clara")))
    with AttentionWriter(tmp_path, cohort=people, precision="exact") as writer:
        writer.attention(LAYER, attention(3, seed=1), step=1)
        writer.attention(LAYER, attention(2, seed=2), step=2, users=["clara", "anna"])
    tab = Tab(tmp_path)
    for user, row in ((0, 1), (2, 0)):
        found = tab.frames(run=".", layer=LAYER, user=user, steps="2")
        cells = found.attention(found.header["frames"][0])
        np.testing.assert_array_equal(cells, attention(2, seed=2)[row])
    found = tab.frames(run=".", layer=LAYER, user=1, steps="1-2")
    assert (found.steps, found.absent) == ([1], {2: "not_logged"})
    assert tab.json("/measures", run=".", layer=LAYER, user=1)["steps"] == [1]


def test_a_user_who_is_back_is_read_against_the_key_frame_before(tmp_path: Path) -> None:
    people = Cohort(users=(User("anna"), User("boris")))
    with AttentionWriter(tmp_path, cohort=people) as writer:
        for step, names in enumerate((["anna", "boris"], ["anna"], ["anna", "boris"])):
            writer.attention(LAYER, attention(len(names), seed=step), step=step, users=names)
    found = Tab(tmp_path).frames(run=".", layer=LAYER, user=1, steps="0-2")
    assert found.steps == [0, 2]
    np.testing.assert_allclose(
        found.attention(found.header["frames"][1]), attention(2, seed=2)[1], atol=0.004
    )


def test_without_a_cohort_the_first_call_says_who_is_followed(tmp_path: Path) -> None:
    items = Cohort(items={"i1": Item("i1", "Title 1")})
    with AttentionWriter(tmp_path, cohort=items, privacy=Privacy(key=KEY)) as writer:
        writer.attention(LAYER, attention(2), step=1, users=["anna", "boris"], keys=["i1"] * 4)
        writer.attention(LAYER, attention(1), step=2, users=["boris"])
        status = writer.close()
    assert status.written == 2
    tab = Tab(tmp_path)
    users = tab.json("/catalogue", run=".")["users"]
    names = [Privacy(key=KEY).pseudonym(name) for name in ("anna", "boris")]
    assert [user["id"] for user in users] == names
    assert labels(tab, 0, 1, "key_axis") == ["Title 1"] * 4
    assert tab.frames(run=".", layer=LAYER, user=0, steps="2").absent == {2: "not_logged"}


def test_users_are_named_from_the_first_call_on_or_not_at_all(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with AttentionWriter(tmp_path) as writer, caplog.at_level(logging.WARNING):
        writer.attention(LAYER, attention(2), step=1)
        writer.attention(LAYER, attention(2), step=2, users=["anna", "boris"])
        assert writer.status().rejected == 1
    assert "name them from the first call on" in caplog.text


def test_unknown_users_are_named_in_the_trainings_log_and_in_no_byte_of_ours(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with AttentionWriter(tmp_path, cohort=cohort()) as writer, caplog.at_level(logging.WARNING):
        writer.attention(LAYER, attention(), step=1, users=["user-0", "secret-person"])
        writer.attention(LAYER, attention(1), step=2, users=["user-1"], keys=list("abcd"))
    assert "users='secret-person': not in the cohort" in caplog.text
    (path,) = event_files(tmp_path)
    assert [marker.detail for marker in markers_of(path)] == ["1 users are not in the cohort"]
    everything = path.read_bytes() + inflated_everywhere(path.read_bytes())
    assert b"secret" not in everything
    assert b"user-" not in everything


def test_labels_are_written_as_the_privacy_rules_say(tmp_path: Path) -> None:
    items = Cohort(users=(User("anna"),), items={"i1": Item("i1", "A secret title")})
    with AttentionWriter(tmp_path, cohort=items, privacy=Privacy(item_labels=False)) as writer:
        writer.attention(LAYER, attention(1, queries=1), step=1, queries=["i1"])
    assert labels(Tab(tmp_path), 0, 1, "query_axis") == ["i1"]
    written = event_files(tmp_path)[0].read_bytes()
    assert b"secret" not in written + inflated_everywhere(written)


def test_the_catalogue_of_users_does_not_grow_with_axes(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        for step in range(20):
            names = [f"candidate-{step}-{n}" for n in range(4)]
            writer.attention(LAYER, attention(), step=step, kind="target", queries=names)
            assert writer.flush()
        writer.recommendations(
            [UserRecommendations([f"candidate-{n}"], [1.0]) for n in ("3-1", "4-0")], step=20
        )
    tab = Tab(tmp_path)
    listed = {item["id"] for item in tab.json("/catalogue", run=".")["items"]}
    assert {name for name in listed if name.startswith("c")} == {"candidate-3-1", "candidate-4-0"}
    assert labels(tab, 0, 7, "query_axis") == [f"candidate-7-{n}" for n in range(4)]


def test_when_the_catalogue_is_full_axes_are_positions_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(schema, "MAX_AXES", 2)
    with AttentionWriter(tmp_path, cohort=cohort()) as writer, caplog.at_level(logging.WARNING):
        for step in range(4):
            names = [f"{step}-{n}" for n in range(4)]
            writer.attention(LAYER, attention(), step=step, kind="target", queries=names)
        writer.attention(
            LAYER, attention(), step=4, kind="target", queries=[f"1-{n}" for n in range(4)]
        )
    tab = Tab(tmp_path)
    assert labels(tab, 0, 1, "query_axis") == ["1-0", "1-1", "1-2", "1-3"]
    assert labels(tab, 0, 3, "query_axis") == []
    assert labels(tab, 0, 4, "query_axis") == ["1-0", "1-1", "1-2", "1-3"]
    assert caplog.text.count("without labels") == 1
    assert writer.status().written == 5


def test_places_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MAX_AXIS_PLACES", 5)
    builder = CatalogueBuilder(Cohort(), Privacy())
    numbers = [builder.axis(names) for names in (("a", "b", "c"), ("d", "e", "f"), ("g", "h"))]
    assert numbers == [1, schema.UNNAMED_AXIS, 2]
    assert builder.is_full
    (catalogue,) = builder.news()
    assert [item.id for item in catalogue.items] == ["a", "b", "c", "g", "h"]
    assert builder.news() == []


BOUND = {
    "u8": lambda codes: (codes + 0.25) / 65025,
    "u16": lambda codes: 0.5 / 65535 + 0 * codes,
    "exact": lambda codes: 0 * codes,
}


@pytest.mark.parametrize("precision", BOUND)
@given(weights=arrays())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_read_back_is_within_the_stated_bound(
    tmp_path_factory: pytest.TempPathFactory, precision: str, weights: np.ndarray
) -> None:
    directory = tmp_path_factory.mktemp("log")
    names = [f"user {number}" for number in range(len(weights))]
    with AttentionWriter(directory, precision=precision) as writer:
        for step in range(2):  # a key frame and a difference
            writer.attention(LAYER, weights, step=step, users=names[::-1], kind="target")
    tab = Tab(directory)
    for number, given_ in enumerate(weights):
        found = tab.frames(run=".", layer=LAYER, user=number, steps="1")
        (frame,) = found.header["frames"]
        shown = found.attention(frame)
        bound = BOUND[precision](found.codes(frame).astype(np.float64))
        source = given_.astype(np.float64)
        rounding = 2e-7  # U16 stores 1 for a cell that rounding put above it
        if weights.dtype.itemsize == 2:
            source /= source.sum(axis=-1, keepdims=True)
            rounding = source.shape[-1] * 2.0**-24  # the writer adds a row up in float32
        assert (np.abs(shown - source) <= bound + max(rounding, 2e-7)).all()
    assert codec.precision(precision) == pb.Encoding.Value(frame["encoding"])
