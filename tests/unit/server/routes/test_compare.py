"""`/compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_attn import AttentionWriter, Cohort, Item, Privacy, User
from tensorboard_plugin_attn.analysis.divergence import Heads, head_distances
from tensorboard_plugin_attn.server.routes import compare as route
from tests.fixtures.logs import KEY, LAYER, Floats, attention, cohort, write_log
from tests.fixtures.tab import Tab


def log(
    directory: Path,
    values: Floats,
    people: Cohort | None = None,
    *,
    key: bytes = KEY,
    step: int = 1,
) -> None:
    people = people or cohort(len(values))
    privacy = Privacy(key=key)
    with AttentionWriter(directory, cohort=people, privacy=privacy, precision="exact") as writer:
        writer.attention(LAYER, values, step=step, causal=True)


def compare(tab: Tab, run: str = "a", other: str = "b", **query: object) -> Any:
    sides = {"run": run, "layer": LAYER, "step": 9, "other_run": other, "other_layer": LAYER}
    return tab.json("/compare", **{**sides, "other_step": 9, **query})


def test_shuffled_heads_are_found_again(tmp_path: Path) -> None:
    values = attention(3, heads=4, queries=4, seed=1) ** 4
    values /= values.sum(axis=-1, keepdims=True)
    order = [2, 0, 3, 1]
    log(tmp_path / "a", values)
    log(tmp_path / "b", values[:, order])
    body = compare(Tab(tmp_path))
    assert (body["users"], body["of_users"], body["rows"]) == (3, 3, 12)
    assert [match["head"] for match in body["matches"]] == [0, 1, 2, 3]
    assert [order[match["other_head"]] for match in body["matches"]] == [0, 1, 2, 3]
    for match in body["matches"]:
        assert match["similarity"] == pytest.approx(1, abs=1e-4)
        assert match["margin"] > 0
        assert match["agreeing_users"] == 3


def test_distances_are_means_over_users_of_means_over_rows(tmp_path: Path) -> None:
    a, b = attention(2, seed=1), attention(2, seed=2)
    log(tmp_path / "a", a)
    log(tmp_path / "b", b)
    body = compare(Tab(tmp_path))
    for head in range(2):
        found = [head_distances(Heads(a[user]), head, Heads(b[user])) for user in range(2)]
        bits, overlap = (np.mean([getattr(f, n) for f in found], 0) for n in ("bits", "overlap"))
        assert body["divergence_bits"][head] == pytest.approx(bits, rel=1e-4)
        assert body["top_overlap"][head] == pytest.approx(overlap, rel=1e-4)
    one = compare(Tab(tmp_path), user=1)
    expected = head_distances(Heads(a[1]), 0, Heads(b[1])).bits
    assert one["divergence_bits"][0] == pytest.approx(expected, rel=1e-4)


def test_head_counts_may_differ(tmp_path: Path) -> None:
    log(tmp_path / "a", attention(heads=4))
    log(tmp_path / "b", attention(heads=1))
    body = compare(Tab(tmp_path))
    assert (body["a"]["head_count"], body["b"]["head_count"]) == (4, 1)
    assert len(body["matches"]) == 1


def test_two_steps_of_one_run_are_compared_at_what_is_logged(tmp_path: Path) -> None:
    write_log(tmp_path / "a", [1, 5], precision="exact")
    body = compare(Tab(tmp_path), other="a", step=5, other_step=4)
    assert (body["a"]["step"], body["b"]["step"]) == (5, 1)
    assert body["users"] == 2


def test_a_shorter_history_is_compared_on_the_newest_items(tmp_path: Path) -> None:
    items = {f"i{n}": Item(f"i{n}") for n in range(5)}
    people = [Cohort((User("u", tuple(list(items)[-length:])),), items) for length in (5, 3)]
    long, short = attention(1, queries=5, seed=1), attention(1, queries=3, seed=2)
    log(tmp_path / "a", long, people[0])
    log(tmp_path / "b", short, people[1])
    body = compare(Tab(tmp_path))
    assert (body["users"], body["shortened_users"], body["rows"]) == (1, 1, 3)
    expected = head_distances(Heads(long[0, :, -3:, -3:]), 0, Heads(short[0]))
    assert body["divergence_bits"][0] == pytest.approx(expected.bits, rel=1e-4)


def test_users_who_cannot_be_compared_are_counted_with_the_reason(tmp_path: Path) -> None:
    items = {f"i{n}": Item(f"i{n}") for n in range(9)}

    def people(second: str, third: tuple[str, ...]) -> Cohort:
        same = ("i0", "i1", "i2", "i3")
        users = (User("u", same), User(second, same), User("w", third), User("x", same))
        return Cohort(users, items)

    bad = attention(4)
    bad[3] = np.nan
    log(tmp_path / "a", attention(4), people("v", ("i0", "i1", "i2", "i3")))
    log(tmp_path / "b", bad, people("other", ("i0", "i1", "i2", "i8")))
    body = compare(Tab(tmp_path))
    assert (body["users"], body["of_users"]) == (1, 3)
    assert body["left_out"] == {
        "not_followed_by_both": 1,
        "no_attention": 1,
        "other_items": 1,
        "unknown_items": 0,
    }


def test_pseudonyms_under_another_key_are_other_users(tmp_path: Path) -> None:
    log(tmp_path / "a", attention())
    log(tmp_path / "b", attention(), key=b"x" * 32)
    body = compare(Tab(tmp_path))
    assert (body["users"], body["left_out"]["not_followed_by_both"]) == (0, 2)
    assert (body["matches"], body["divergence_bits"]) == ([], [[None, None]] * 2)


def test_many_heads_and_cells_are_compared_for_fewer_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = attention(6, heads=2, queries=4)
    log(tmp_path / "a", values)
    log(tmp_path / "b", values)
    monkeypatch.setattr(route, "MAX_CELL_PAIRS", 2 * 2 * 4 * 4 * 3)
    body = compare(Tab(tmp_path))
    assert (body["users"], body["of_users"]) == (3, 6)
    monkeypatch.setattr(route, "MAX_CELL_PAIRS", 1)
    assert compare(Tab(tmp_path))["users"] == 1


def test_without_a_catalogue_only_a_run_can_be_compared_with_itself(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with AttentionWriter(tmp_path / name) as writer:
            writer.attention(LAYER, attention(), step=1, causal=True)
    tab = Tab(tmp_path)
    assert compare(tab)["users"] == 0
    assert compare(tab, other="a")["users"] == 2


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"other_run": None}, (400, "bad_parameter")),
        ({"step": "x"}, (400, "bad_parameter")),
        ({"step": 0}, (404, "step_not_found")),
        ({"other_layer": "no"}, (404, "layer_not_found")),
        ({"other_run": "no"}, (404, "run_not_found")),
        ({"user": 2}, (404, "user_not_found")),
    ],
)
def test_bad_requests_are_told_apart(
    tmp_path: Path, change: dict[str, object], error: tuple[int, str]
) -> None:
    log(tmp_path / "a", attention())
    sides = {"run": "a", "layer": LAYER, "step": 1}
    query = {**sides, **{f"other_{name}": value for name, value in sides.items()}, **change}
    query = {name: value for name, value in query.items() if value is not None}
    assert Tab(tmp_path).error("/compare", **query) == error
