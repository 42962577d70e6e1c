"""`/drift`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from tensorboard_plugin_attn import AttentionWriter, Cohort, Privacy, User
from tensorboard_plugin_attn.analysis.divergence import jensen_shannon_bits
from tests.fixtures.logs import KEY, LAYER, attention, cohort, write_log
from tests.fixtures.tab import Tab

RUN = "d32/attention"


def test_it_is_the_distance_of_every_step_to_the_newest(tmp_path: Path) -> None:
    write_log(tmp_path / RUN, precision="exact")
    body = Tab(tmp_path).json("/drift", run=RUN, layer=LAYER, user=1)
    assert (body["steps"], body["to"]) == ([1, 2, 3], 3)
    assert body["divergence_bits"][2] == [0, 0]
    for step in (1, 2):
        rows = jensen_shannon_bits(attention(seed=step)[1], attention(seed=3)[1])
        assert body["divergence_bits"][step - 1] == pytest.approx(rows.mean(axis=1), rel=1e-4)


def test_it_can_be_to_any_step(tab: Tab) -> None:
    body = tab.json("/drift", run=RUN, layer=LAYER, user=0, to=2)
    assert body["to"] == 2
    assert body["divergence_bits"][1] == [0, 0]


def test_at_most_200_frames_are_read_with_both_ends(tmp_path: Path) -> None:
    write_log(tmp_path, range(300), recommend=False)
    steps = Tab(tmp_path).json("/drift", run=".", layer=LAYER, user=0)["steps"]
    assert (len(steps), steps[0], steps[-1]) == (199, 0, 299)


def test_steps_of_another_shape_are_left_out(tmp_path: Path) -> None:
    with AttentionWriter(tmp_path, cohort=cohort()) as writer:
        writer.attention(LAYER, attention(queries=3), step=1, causal=True)
        writer.attention(LAYER, attention(queries=4), step=2, causal=True)
    assert Tab(tmp_path).json("/drift", run=".", layer=LAYER, user=0)["steps"] == [2]


def candidates_log(directory: Path, steps: Iterable[int], names: Sequence[str]) -> None:
    """Write target attention over the candidates called `names`, as one attempt."""
    with AttentionWriter(directory, cohort=cohort(1), privacy=Privacy(key=KEY)) as writer:
        for step in steps:
            writer.attention(
                LAYER,
                attention(1, queries=len(names), keys=4, seed=step),
                step=step,
                kind="target",
                queries=[list(names)],
            )


def test_after_a_restart_the_same_number_may_be_other_candidates(tmp_path: Path) -> None:
    candidates_log(tmp_path, (1, 2), ("i0", "i1", "i2"))
    candidates_log(tmp_path, (3, 4), ("i2", "i3", "i4"))
    assert Tab(tmp_path).json("/drift", run=".", layer=LAYER, user=0)["steps"] == [3, 4]


def test_after_a_restart_the_same_items_are_still_compared(tmp_path: Path) -> None:
    candidates_log(tmp_path, (1, 2), ("i0", "i1", "i2"))
    candidates_log(tmp_path, (3, 4), ("i0", "i1", "i2"))
    assert Tab(tmp_path).json("/drift", run=".", layer=LAYER, user=0)["steps"] == [1, 2, 3, 4]


def test_after_a_restart_with_another_history_the_old_steps_are_left_out(tmp_path: Path) -> None:
    for steps, history in (((1, 2), ("i0", "i1", "i2", "i3")), ((3,), ("i1", "i2", "i3", "i4"))):
        followed = Cohort((User("user-0", history),), cohort(2).items)
        with AttentionWriter(tmp_path, cohort=followed, privacy=Privacy(key=KEY)) as writer:
            for step in steps:
                writer.attention(LAYER, attention(1, seed=step), step=step, causal=True)
    assert Tab(tmp_path).json("/drift", run=".", layer=LAYER, user=0)["steps"] == [3]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"run": RUN, "layer": LAYER}, (400, "bad_parameter")),
        ({"run": RUN, "layer": LAYER, "user": 0, "to": "x"}, (400, "bad_parameter")),
        ({"run": RUN, "layer": LAYER, "user": 0, "to": 0}, (404, "step_not_found")),
        ({"run": RUN, "layer": LAYER, "user": 2}, (404, "user_not_found")),
    ],
)
def test_bad_requests_are_told_apart(
    tab: Tab, query: dict[str, object], error: tuple[int, str]
) -> None:
    assert tab.error("/drift", **query) == error
