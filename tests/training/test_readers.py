"""Readers give what is in the file, or say where it is wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from training.preprocessing.columns import Attributes, Columns, SocialEdges
from training.preprocessing.readers import read_recbole, read_table, recbole_spec
from training.preprocessing.tables import Table, TableError


def recbole(directory: Path) -> Path:
    (directory / "x.inter").write_text(
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
        "007\ta\t4\t10\n007\tb\t3\t20\n8\ta\t\t30\n"
    )
    (directory / "x.item").write_text(
        "item_id:token\tmovie_title:token_seq\tclass:token_seq\tlength:float\tyear:token\n"
        'a\tThe "A" Team\tAction Drama\t90\t1983\nb\tB\t\t\t\n'
    )
    (directory / "x.user").write_text("user_id:token\tage:float\n007\t35\n8\t8\n")
    (directory / "x.net").write_text("source_id:token\ttarget_id:token\n007\t8\n")
    return directory


def test_recbole_types_are_kept(tmp_path: Path) -> None:
    tables = read_recbole(recbole(tmp_path))
    inter = tables.interactions
    assert inter.texts("user_id").tolist() == ["007", "007", "8"]  # an id, not a number
    assert inter.frame["rating"].dtype == np.float64
    assert np.isnan(inter.frame["rating"][2])
    assert tables.items is not None
    assert tables.items.frame["class"].tolist() == [("Action", "Drama"), ()]
    assert tables.items.texts("movie_title").tolist() == ['The "A" Team', "B"]


def test_recbole_headers_imply_a_specification(tmp_path: Path) -> None:
    spec = recbole_spec(read_recbole(recbole(tmp_path)))
    assert spec.interactions == Columns("user_id", "item_id", "timestamp")
    assert spec.items == Attributes(
        "item_id",
        title="movie_title",
        numeric=("length",),
        categorical=("year",),
        multiple=("class",),
        text=("movie_title", "class"),
    )
    assert spec.users == Attributes("user_id", numeric=("age",))
    assert spec.social == SocialEdges("source_id", "target_id")


def test_edges_need_two_ends(tmp_path: Path) -> None:
    (recbole(tmp_path) / "x.net").write_text("source_id:token\n007\n")
    with pytest.raises(TableError, match=r"x\.net has one column"):
        recbole_spec(read_recbole(tmp_path))


def test_a_recbole_header_without_a_type_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.inter").write_text("user_id\titem_id:token\n1\t2\n")
    with pytest.raises(TableError, match=r"x\.inter, header, column 'user_id': .* write name:type"):
        read_recbole(tmp_path)


def test_a_wrong_number_is_named_with_file_row_and_column(tmp_path: Path) -> None:
    (tmp_path / "x.inter").write_text("user_id:token\tage:float\n1\t2\n1\tmany\n1\tfew\n")
    message = r"x\.inter, row 2 after the header, column 'age': 'many' is not a number \(1 more"
    with pytest.raises(TableError, match=message):
        read_recbole(tmp_path)


def test_directories_without_one_inter_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"has no \.inter file"):
        read_recbole(tmp_path)
    for name in "ab":
        (tmp_path / f"{name}.inter").write_text("user_id:token\n1\n")
    with pytest.raises(TableError, match=r"several \.inter files \(a\.inter, b\.inter\)"):
        read_recbole(tmp_path)


def test_csv_gzip_and_parquet_are_the_same_table(tmp_path: Path) -> None:
    text = 'user,item,what\n1,"a, b",NA\n2,c,\n'
    (tmp_path / "t.csv").write_text(text)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(text.encode()))
    frame = pd.DataFrame({"user": ["1", "2"], "item": ["a, b", "c"], "what": ["NA", None]})
    frame.to_parquet(tmp_path / "t.parquet")
    for name in ("t.csv", "t.csv.gz", "t.parquet"):
        table = read_table(tmp_path / name)
        read = {column: table.texts(column).tolist() for column in table.frame}
        # "NA" is Namibia and sodium; only an empty cell is empty.
        assert read == {"user": ["1", "2"], "item": ["a, b", "c"], "what": ["NA", None]}, name


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("long.csv", b"a,b\n1,2\n1,2,3\n", r"long\.csv is not a table .*as many columns"),
        ("longer.csv", b"a,b\n1,2,3\n4,5,6\n", r"longer\.csv is not a table"),
        ("empty.csv", b"", r"empty\.csv is empty"),
        ("latin.csv", "a,b\nMünchen,1\n".encode("latin-1"), r"latin\.csv, line 2: .*UTF-8"),
        ("no.parquet", b"PARQUET", r"no\.parquet is no Parquet file"),
        ("no.csv.gz", b"not packed", r"no\.csv\.gz is not a table"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TableError, match=message):
        read_table(tmp_path / name)


def test_a_missing_file_or_column_is_named_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="is not there: give the path"):
        read_table(tmp_path / "nothing.csv")
    with pytest.raises(TableError, match=r"t has no column 'item' \(it has user, when\)"):
        Table("t", pd.DataFrame(columns=["user", "when"])).column("item")


def test_times_are_seconds_whatever_they_were() -> None:
    frame = pd.DataFrame(
        {
            "iso": ["1970-01-02", "1970-01-01T00:00:01+01:00"],
            "seconds": ["86400", "-3599"],
            "dates": pd.to_datetime(["1970-01-02T00:00:00", "1969-12-31T23:00:01"]),
        }
    )
    table = Table("t", frame)
    for name in frame:
        assert table.times_s(name).tolist() == [86400.0, -3599.0], name
    with pytest.raises(TableError, match=r"row 2 after the header, column 'x': 'soon' is no time"):
        Table("t", pd.DataFrame({"x": ["2010-01-01", "soon"]})).times_s("x")


def test_numeric_ids_have_no_decimal_point() -> None:
    table = Table("t", pd.DataFrame({"id": [17850.0, np.nan], "half": [0.5, 1.0]}))
    assert table.texts("id").tolist() == ["17850", None]
    assert table.texts("half").tolist() == ["0.5", "1.0"]
