"""Whole bulk runs: what is published is what a plain computation on the same users gives."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

pytest.importorskip("apache_beam", reason="Apache Beam is not installed: pip install -e '.[bulk]'")

from tests.fixtures.tab import Tab
from tests.training.bulk.conftest import Person, people, write_users
from tests.training.bulk.oracle import Oracle
from training.__main__ import main
from training.bulk import inference
from training.bulk.checkpoint import find
from training.bulk.command import Report, Settings, bulk
from training.bulk.partition import at_least, name, partition

K = 12
COLUMNS = ("country", "plan")


def settings(run: Path, users: Path | str, out: Path, **more: Any) -> Settings:
    given = {"segment_by": COLUMNS, "k": K, "batch_size": 32, **more}
    return Settings(find(run, None), str(users), out, **given)


def segment(row: Person) -> tuple[str, ...]:
    return (row.country or "(none)", row.plan)


def groups_of(rows: list[Person]) -> dict[str, list[int]]:
    """Return places of users by their group's name."""
    found = partition(Counter(segment(row) for row in rows), K)
    groups: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        groups.setdefault(name(found[segment(row)], COLUMNS), []).append(place)
    return groups


def table(out: Path, name: str) -> pd.DataFrame:
    return pq.read_table(out / "tables" / name).to_pandas()


@pytest.fixture(scope="module", params=["sasrec", "bert4rec"])
def result(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, list[Person], Report]:
    """Return run, output, users and report of one bulk run."""
    run = request.getfixturevalue(request.param)
    directory = tmp_path_factory.mktemp("out")
    rows = people()
    write_users(directory / "users-1.parquet", rows[:50])
    write_users(directory / "users-2.parquet", rows[50:])
    report = bulk(settings(run, directory / "users-*.parquet", directory / "out"))
    return run, directory / "out", rows, report


Result = tuple[Path, Path, list[Person], Report]


def test_tables_are_what_a_plain_computation_gives(result: Result) -> None:
    run, out, rows, report = result
    oracle, groups = Oracle(run, rows), groups_of(rows)
    assert report.rows == report.users == len(rows)
    assert len(groups) >= 4
    segments = table(out, "segments")
    assert list(segments["segment"]) == sorted(groups)
    assert list(segments["users_at_least"]) == [at_least(len(groups[g])) for g in sorted(groups)]
    found = table(out, "measures").set_index(["segment", "layer", "head", "measure"])
    for group, places in groups.items():
        expected = oracle.measures(places)
        assert len(expected) == 2 * 2 * 6
        mine = found.loc[group].loc[expected.index]
        for column in ("mean", "standard_deviation"):
            np.testing.assert_allclose(mine[column], expected[column], rtol=1e-3, atol=1e-5)


def test_attention_of_the_predicting_row_by_position(result: Result) -> None:
    run, out, rows, _ = result
    oracle, found = Oracle(run, rows), table(out, "attention")
    mask = run.name == "bert4rec"
    for group, places in groups_of(rows).items():
        for layer in oracle.attention:
            mine = found[(found["segment"] == group) & (found["layer"] == layer)]
            window = oracle.window(places, K)
            wanted = oracle.mean(layer, places, K)[:, -1]  # [head, key]
            got = mine["attention"].to_numpy().reshape(2, window)
            np.testing.assert_allclose(got, wanted, rtol=1e-3, atol=1e-5)
            positions = mine["position"].to_numpy().reshape(2, window)
            assert positions[0].tolist() == list(range(mask - window, mask))
            assert mine["and_older"].sum() == (2 if window < 8 else 0)


def test_only_items_that_k_users_get_are_listed(result: Result) -> None:
    run, out, rows, _ = result
    oracle, found = Oracle(run, rows), table(out, "recommendations")
    assert len(found)
    for group, places in groups_of(rows).items():
        counts = oracle.recommended(places)
        often = {f"i{item}": at_least(n) for item, n in counts.items() if n >= K}
        mine = found[found["segment"] == group]
        assert len(mine) == min(10, len(often))
        for row in mine.itertuples():
            assert row.recommended_to_at_least == often[row.item]
            assert row.title == f"Item {row.item[1:]}"
            share = often[row.item] / at_least(len(places))
            assert row.share == pytest.approx(share, rel=1e-3)
            score = oracle.mean_score(row.item[1:], places)
            assert row.mean_score == pytest.approx(score, rel=1e-3, abs=1e-4)


def test_the_tab_shows_segments_with_their_labels_and_mean_attention(result: Result) -> None:
    run, out, rows, _ = result
    oracle, groups, tab = Oracle(run, rows), groups_of(rows), Tab(out)
    [found] = tab.json("/runs")["runs"]
    assert found["name"] == "segments/attention"
    assert found["problem"] is None
    assert [layer["name"] for layer in found["layers"]] == sorted(oracle.attention)
    catalogue = tab.json("/catalogue", run=found["name"])
    labels = [user["label"] for user in catalogue["users"]]
    assert labels == [f"segment: {g} (n≥{at_least(len(groups[g]))})" for g in sorted(groups)]
    about = catalogue["users"][0]["attributes"]
    assert about["k"] == f"{K} people or more"
    assert about["model"] == f"{run.name}/best.weights.h5, epoch 1"
    assert about["sha256"] == f"sha256 {find(run, None).sha256[:16]}"
    layer = found["layers"][-1]["name"]
    for number, group in enumerate(sorted(groups)):
        frames = tab.frames(run=found["name"], layer=layer, user=number, steps=1)
        [frame] = frames.header["frames"]
        mine = frames.attention(frame)
        wanted = oracle.mean(layer, groups[group], K)
        assert mine.shape == wanted.shape
        np.testing.assert_allclose(mine, wanted, atol=0.006)  # half a code of 8 bits


def test_provenance_is_in_every_file_and_no_person_is(result: Result) -> None:
    run, out, rows, _ = result
    about = json.loads((out / "about.json").read_text())
    checkpoint = find(run, None)
    assert about["weights_sha256"] == checkpoint.sha256
    for path in (out / "tables").rglob("*.parquet"):
        said = json.loads(pq.read_schema(path).metadata[b"attn.provenance"])
        assert said["weights_sha256"] == checkpoint.sha256
        assert "apache-beam" in said["versions"]
    for path in out.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(row.user.encode() in content for row in rows), path
    assert not (out / "scratch").exists()


def test_a_small_group_leaves_no_trace(result: Result) -> None:
    _, out, rows, _ = result
    assert 0 < sum(row.country == "Chile" for row in rows) < K
    for path in out.rglob("*"):
        if path.is_file():
            assert b"Chile" not in path.read_bytes(), path


def test_the_same_users_give_the_same_tables_with_any_batches(sasrec: Path, tmp_path: Path) -> None:
    rows = people()
    write_users(tmp_path / "a.parquet", rows)
    write_users(tmp_path / "b.parquet", rows[::-1], numbers=True)
    bulk(settings(sasrec, tmp_path / "a.parquet", tmp_path / "a"))
    bulk(settings(sasrec, tmp_path / "b.parquet", tmp_path / "b", batch_size=17))
    for each in ("segments", "recommendations"):
        assert table(tmp_path / "a", each).equals(table(tmp_path / "b", each))
    for each, column in (("measures", "mean"), ("attention", "attention")):
        one, other = table(tmp_path / "a", each), table(tmp_path / "b", each)
        assert one.drop(columns=[column, *_deviation(one)]).equals(
            other.drop(columns=[column, *_deviation(other)])
        )
        np.testing.assert_allclose(one[column], other[column], rtol=1e-3)


def _deviation(found: pd.DataFrame) -> list[str]:
    return [name for name in found.columns if name == "standard_deviation"]


def test_the_model_is_loaded_once_for_all_batches(
    sasrec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, sizes = [], []
    load, forward = inference.AttentionHandler.load_model, inference.Forward.__call__

    def counting(self: inference.AttentionHandler) -> inference.Forward:
        loaded.append(self)
        return load(self)

    def measuring(self: inference.Forward, histories: Any) -> Any:
        sizes.append(len(histories))
        return forward(self, histories)

    monkeypatch.setattr(inference.AttentionHandler, "load_model", counting)
    monkeypatch.setattr(inference.Forward, "__call__", measuring)
    write_users(tmp_path / "users.parquet", people())
    bulk(settings(sasrec, tmp_path / "users.parquet", tmp_path / "out", batch_size=20))
    assert len(loaded) == 1
    assert sum(sizes) == 90
    assert max(sizes) <= 20
    assert len(sizes) >= 5


def test_the_command_says_what_it_did(
    sasrec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_users(tmp_path / "users.parquet", people())
    out = tmp_path / "out"
    told = ["--users", str(tmp_path), "--out", str(out), "--segment-by", "country", "--k", "12"]
    assert main(["bulk", "--checkpoint", str(sasrec / "checkpoints"), *told]) == 0
    said = capsys.readouterr().out
    assert "90 rows = 90 users + 0 rejected; 3 segments of 12 users or more" in said
    assert f"tensorboard --logdir {out}" in said
