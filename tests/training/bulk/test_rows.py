"""Rows that cannot be used, files that are not there, results that must not be published."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("apache_beam", reason="Apache Beam is not installed: pip install -e '.[bulk]'")

from tests.training.bulk.conftest import people, write_users
from training.__main__ import main
from training.bulk.checkpoint import find
from training.bulk.command import Settings, bulk
from training.bulk.users import Columns, Rejected, UserRow, read, row_groups

NUMBERS = {"i1": 1, "i2": 2, "i3": 3}


def settings(run: Path, users: Path | str, out: Path, **more: Any) -> Settings:
    return Settings(find(run, None), str(users), out, **{"k": 12, "batch_size": 32, **more})


def rows_of(path: Path, columns: Columns) -> list[UserRow | Rejected]:
    parts = row_groups(str(path), columns, has_item_ids=True)
    return [row for part in parts for row in read(part, columns, 4, NUMBERS)]


def test_every_row_is_used_or_rejected_with_its_place_and_a_reason(tmp_path: Path) -> None:
    table = pa.table(
        {
            "user": ["a", None, "b", "c", "d", "e", ""],
            "history": [["i1", "i9", "i2"], ["i1"], [], None, ["i1", None], ["i9"], ["i1"]],
            "age": [31, 2, 3, 4, 5, 6, 7],
        }
    )
    pq.write_table(table, tmp_path / "users.parquet", row_group_size=2)
    first, *others = rows_of(tmp_path / "users.parquet", Columns(segments=("age",)))
    assert isinstance(first, UserRow)
    assert first.items.tolist() == [1, 2]
    assert (first.user, first.segment, first.unknown_items, first.row) == ("a", ("31",), 1, 0)
    assert [(row.row, row.reason) for row in others if isinstance(row, Rejected)] == [
        (1, "no user id"),
        (2, "no history"),
        (3, "no history"),
        (4, "an item of the history is null"),
        (5, "the model knows no item of the history"),
        (6, "no user id"),
    ]


def test_item_numbers_out_of_range_are_rejected(tmp_path: Path) -> None:
    table = pa.table({"user": [1, 2, 3, 4], "history": [[1, 3], [0, 1], [4], [-1]]})
    pq.write_table(table, tmp_path / "users.parquet")
    first, *others = rows_of(tmp_path / "users.parquet", Columns())
    assert isinstance(first, UserRow)
    assert (first.user, first.items.dtype) == ("1", np.int32)
    assert [row.reason for row in others if isinstance(row, Rejected)] == [
        "an item number is not in 1 to 3"
    ] * 3


def test_rows_are_counted_by_reason_and_listed_by_file_and_row(
    sasrec: Path, tmp_path: Path
) -> None:
    rows = people(40)
    write_users(tmp_path / "a.parquet", rows)
    bad = pa.table(
        {
            "user": [rows[3].user, "new", None, rows[3].user],  # two are there twice
            "history": [["i1"], ["nothing known"], ["i1"], ["i2"]],
            "country": ["Malta"] * 4,
            "plan": ["pro"] * 4,
        }
    )
    pq.write_table(bad, tmp_path / "b.parquet")
    report = bulk(settings(sasrec, tmp_path, tmp_path / "out"))
    assert (report.rows, report.users) == (44, 40)
    assert report.rejected == {
        "no user id": 1,
        "the model knows no item of the history": 1,
        "the user has an earlier row": 2,
    }
    listed = pq.read_table(tmp_path / "out" / "operator" / "rejected.parquet").to_pylist()
    assert [(Path(row["file"]).name, row["row"], row["reason"]) for row in listed] == [
        ("b.parquet", 0, "the user has an earlier row"),
        ("b.parquet", 1, "the model knows no item of the history"),
        ("b.parquet", 2, "no user id"),
        ("b.parquet", 3, "the user has an earlier row"),
    ]
    account = json.loads((tmp_path / "out" / "operator" / "account.json").read_text())
    assert account["rows"] == account["users"] + sum(account["rejected"].values())
    assert (tmp_path / "out" / "operator").stat().st_mode & 0o077 == 0


def test_one_person_in_many_rows_is_not_k_people(sasrec: Path, tmp_path: Path) -> None:
    rows = people(30)
    alone = [rows[0]] * 30 + rows[1:11]
    write_users(tmp_path / "users.parquet", alone)
    with pytest.raises(ValueError, match=r"^11 users, fewer than k=12.*29 rejected: the user has"):
        bulk(settings(sasrec, tmp_path / "users.parquet", tmp_path / "out"))
    assert list(tmp_path.iterdir()) == [tmp_path / "users.parquet"]


def told(tmp_path: Path, sasrec: Path, *more: str) -> list[str]:
    return ["bulk", "--run", str(sasrec), "--out", str(tmp_path / "out"), *more]


@pytest.mark.parametrize(
    ("make", "more", "says"),
    [
        (lambda path: None, (), "no such file; give Parquet files"),
        (lambda path: path.write_bytes(b"not parquet"), (), "not a Parquet file that can be read"),
        (lambda path: write_users(path, people(5)), ("--segment-by", "age"), "no column age; it"),
        (lambda path: write_users(path, people(5)), ("--user-column", "id"), "no column id"),
        (lambda path: write_users(path, people(5)), ("--history-column", "plan"), "must be a list"),
        (lambda path: write_users(path, people(5)), ("--k", "4"), "fewer than 5 people"),
        (lambda path: write_users(path, people(5)), ("--top", "0"), "must be 1 or more"),
        (lambda path: write_users(path, people(5)), (), "5 users, fewer than k=20"),
        (
            lambda path: write_users(path, people(5)),
            ("--runner", "SparkRunner", "--workers", "2", "--scratch", "x"),
            "--workers is the DirectRunner's",
        ),
        (
            lambda path: write_users(path, people(5)),
            ("--runner", "FlinkRunner"),
            "FlinkRunner needs --scratch",
        ),
        (
            lambda path: write_users(path, people(5)),
            ("--segment-by", "plan", "plan"),
            "column plan is named twice",
        ),
    ],
)
def test_what_does_not_fit_is_said_and_leaves_nothing(
    sasrec: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    make: Any,
    more: tuple[str, ...],
    says: str,
) -> None:
    users = tmp_path / "users.parquet"
    make(users)
    with pytest.raises(SystemExit):
        main(told(tmp_path, sasrec, "--users", str(users), *more))
    assert says in " ".join(capsys.readouterr().err.split())
    assert [path for path in tmp_path.iterdir() if path != users] == []


def test_a_model_that_is_not_there_or_of_another_kind_is_refused(
    sasrec: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="is no run that can be read"):
        find(tmp_path, None)
    copy = tmp_path / "copy"
    shutil.copytree(sasrec, copy)
    (copy / "checkpoints" / "best.weights.h5").unlink()
    with pytest.raises(ValueError, match=r"has no weights best\.weights\.h5"):
        find(copy, None)
    assert find(None, copy / "checkpoints").epoch == 1
    assert find(None, copy / "checkpoints" / "epoch_0001.weights.h5").epoch == 1
    description = json.loads((copy / "run.json").read_text())
    description["config"]["model"]["architecture"] = "feature_attention"
    (copy / "run.json").write_text(json.dumps(description))
    with pytest.raises(ValueError, match="is a feature_attention: bulk runs sasrec and bert4rec"):
        find(None, copy / "checkpoints")


def test_ids_need_a_run_that_kept_them(sasrec: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(sasrec, copy)
    (copy / "items.json").unlink()
    write_users(tmp_path / "ids.parquet", people(20))
    with pytest.raises(ValueError, match=r"the run has no items\.json"):
        bulk(settings(copy, tmp_path / "ids.parquet", tmp_path / "out"))
    write_users(tmp_path / "numbers.parquet", people(20), numbers=True)
    assert bulk(settings(copy, tmp_path / "numbers.parquet", tmp_path / "out")).users == 20


def test_sums_are_removed_from_a_scratch_directory_of_ones_own(
    sasrec: Path, tmp_path: Path
) -> None:
    write_users(tmp_path / "users.parquet", people(20))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    more = {"scratch": str(scratch)}
    bulk(settings(sasrec, tmp_path / "users.parquet", tmp_path / "out", **more))
    assert list(scratch.iterdir()) == []
    (scratch / "group-of-another-run").touch()
    with pytest.raises(ValueError, match="has files of an earlier run"):
        bulk(settings(sasrec, tmp_path / "users.parquet", tmp_path / "again", **more))
    assert not (tmp_path / "again").exists()


def test_broken_weights_publish_nothing(
    sasrec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.bulk import inference

    forward = inference.Forward.__call__

    def broken(self: inference.Forward, histories: Any) -> Any:
        attention, scores = forward(self, histories)
        return {name: each * np.nan for name, each in attention.items()}, scores

    monkeypatch.setattr(inference.Forward, "__call__", broken)
    write_users(tmp_path / "users.parquet", people(20))
    with pytest.raises(ValueError, match="these weights are broken"):
        bulk(settings(sasrec, tmp_path / "users.parquet", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_two_processes_give_what_one_gives(sasrec: Path, tmp_path: Path) -> None:
    write_users(tmp_path / "users.parquet", people())
    for workers in (1, 2):
        out = tmp_path / str(workers)
        bulk(settings(sasrec, tmp_path / "users.parquet", out, workers=workers))
    one, two = (
        pq.read_table(tmp_path / name / "tables" / "measures").to_pandas() for name in ("1", "2")
    )
    np.testing.assert_allclose(one["mean"], two["mean"], rtol=1e-3)
    assert one.drop(columns=["mean", "standard_deviation"]).equals(
        two.drop(columns=["mean", "standard_deviation"])
    )


def test_results_are_whole_or_not_there(sasrec: Path, tmp_path: Path) -> None:
    write_users(tmp_path / "users.parquet", people(20))
    killed = tmp_path / "out.part"  # as a run leaves it that was killed
    killed.mkdir()
    (killed / ".bulk-unfinished").touch()
    (killed / "half").touch()
    bulk(settings(sasrec, tmp_path / "users.parquet", tmp_path / "out"))
    assert not killed.exists()
    assert not (tmp_path / "out" / "half").exists()
    with pytest.raises(ValueError, match="is there already"):
        bulk(settings(sasrec, tmp_path / "users.parquet", tmp_path / "out"))
    (tmp_path / "mine.part").mkdir()
    with pytest.raises(ValueError, match="is in the way"):
        bulk(settings(sasrec, tmp_path / "users.parquet", tmp_path / "mine"))


def test_a_release_that_could_be_subtracted_from_an_earlier_one_is_refused(
    sasrec: Path, tmp_path: Path
) -> None:
    rows = people(41)
    write_users(tmp_path / "before.parquet", rows[:40])
    write_users(tmp_path / "after.parquet", rows)
    write_users(tmp_path / "same.parquet", rows[39::-1])
    before = tmp_path / "before"
    bulk(settings(sasrec, tmp_path / "before.parquet", before))
    more = {"after": (before,)}
    with pytest.raises(ValueError, match="1 of 1 groups have other members than in"):
        bulk(settings(sasrec, tmp_path / "after.parquet", tmp_path / "after", **more))
    with pytest.raises(ValueError, match="groups have other members"):
        bulk(
            settings(
                sasrec, tmp_path / "same.parquet", tmp_path / "x", segment_by=("plan",), **more
            )
        )
    assert not (tmp_path / "after").exists()
    assert bulk(settings(sasrec, tmp_path / "same.parquet", tmp_path / "same", **more)).users == 40
    with pytest.raises(ValueError, match="no account of a bulk run"):
        bulk(settings(sasrec, tmp_path / "same.parquet", tmp_path / "y", after=(tmp_path,)))
