"""What a scenario cannot do it says before it trains: where the fault is, and what to do."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tests.fixtures.recbole_files import write_ml100k
from training.__main__ import main
from training.config import RunConfig
from training.datasets import finance, movies
from training.datasets.finance_sample import generate
from training.features import choice
from training.features.hashing import HashingEncoder
from training.run_directory import RunDirectory
from training.scenarios.source import Source
from training.scenarios.table import ECOMMERCE, SCENARIOS


def error_of(capsys: pytest.CaptureFixture[str], logdir: Path, *command: str) -> str:
    """Return what the command says when it refuses; it must leave no log behind."""
    with pytest.raises(SystemExit) as ended:
        main([*command, "--logdir", str(logdir)])
    assert ended.value.code == 2
    assert not logdir.exists()
    return capsys.readouterr().err


def test_movies_that_are_nowhere_say_how_to_get_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movies.util, "find_spec", lambda name: None)
    said = error_of(capsys, tmp_path / "logs", "movies", "--text-encoder", "none")
    assert "get it with `python -m training.datasets.movies DIRECTORY`" in said
    assert "then give --data DIRECTORY" in said


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_a_path_that_is_not_there_says_what_is_wanted(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = error_of(capsys, tmp_path / "logs", name, "--data", str(tmp_path / "nowhere"))
    assert "nowhere is no" in said
    assert SCENARIOS[name].takes.split(";")[0][:20] in said


def test_a_bad_cell_is_found_by_file_row_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = generate(customers=60, seed=1)
    for part, file in finance.FILES.items():
        frame = getattr(tables, part).frame.astype(str)
        if part == "interactions":
            frame.loc[7, "totalValue"] = "a lot"
        frame.to_csv(tmp_path / file, index=False)
    said = error_of(capsys, tmp_path / "logs", "finance", "--data", str(tmp_path))
    assert "transactions.csv, row 8 after the header, column 'totalValue'" in said
    assert "'a lot' is not a number: correct it or empty the cell" in said


def test_a_missing_column_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_ml100k(tmp_path / "data")
    items = tmp_path / "data" / "ml-100k.item"
    items.write_text(items.read_text().replace("movie_title:", "title:"))
    said = error_of(capsys, tmp_path / "logs", "movies", "--data", str(tmp_path / "data"))
    assert "ml-100k.item has no column 'movie_title'" in said


def test_a_file_of_another_kind_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "visits.npz").write_text("front page, news")
    said = error_of(capsys, tmp_path / "logs", "news", "--data", str(tmp_path / "visits.npz"))
    assert "visits.npz is no .npz file: pack it with training/samples/news/pack.py" in said


def test_one_name_for_two_runs_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = error_of(capsys, tmp_path / "logs", "music", "--run-name", "mine")
    assert "--run-name names one run: choose one --model too" in said


def test_a_run_of_another_scenario_is_not_resumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = RunDirectory(tmp_path / "run")
    run.describe(RunConfig(), 10, None, Source("music").to_json())
    with pytest.raises(SystemExit):
        main(["news", "--logdir", str(tmp_path), "--resume", "run"])
    said = capsys.readouterr().err
    assert "run is a run of music: resume it with `python -m training music --resume run`" in said
    run.describe(RunConfig(), 10, None)
    with pytest.raises(SystemExit):
        main(["news", "--logdir", str(tmp_path), "--resume", "run"])
    assert "does not say which data it was trained on" in capsys.readouterr().err


def test_a_text_encoder_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.features.wordllama.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"wordllama is not there: pip install .*none"):
        choice.text_encoder("wordllama")
    assert choice.resolved("auto") == "none"
    assert choice.text_encoder("none") is None
    assert isinstance(choice.text_encoder("hashing"), HashingEncoder)


def test_texts_are_only_read_for_models_that_have_a_use_for_them() -> None:
    parser = argparse.ArgumentParser()
    ECOMMERCE.add_arguments(parser)
    options = parser.parse_args(["--logdir", "x", "--data", "sheet.csv"])
    source = Source.of("ecommerce", options, max_users=3, texts=False)
    assert (source.text_encoder, source.max_users) == ("none", 3)
    assert source.path is not None
    assert Path(source.path).is_absolute()
    assert Source.from_json(source.to_json()) == source
    assert Source.of("ecommerce", options, max_users=3, texts=True).text_encoder == "wordllama"
