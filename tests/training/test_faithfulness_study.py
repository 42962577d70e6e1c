"""The study of methods on a run: the table, the result file, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fixtures.chains import chains, chains_data
from tests.fixtures.portable_models import ITEMS, portable_model
from tests.training.test_runs import PRIVACY, configured, trained
from training.__main__ import main
from training.faithfulness import command
from training.faithfulness.study import study
from training.scenarios.source import Source
from training.scenarios.table import ECOMMERCE, SCENARIOS
from training.train import train

HISTORIES = [
    np.random.default_rng(seed).integers(1, ITEMS, length).tolist()
    for seed, length in enumerate([5, 6, 7, 8, 12, 7])
]


def test_exact_deletion_explains_and_masking_comes_close() -> None:
    done: list[int] = []
    found = study(portable_model(), HISTORIES, done.append)
    assert done == list(range(1, 7))
    for methods in found.cards.values():
        assert methods["delete"].rank_correlation.value == pytest.approx(1)
        assert methods["delete"].same_first.value == 1
        first = [card.comprehensiveness[0].value or 0.0 for card in methods.values()]
        assert max(first) == methods["delete"].comprehensiveness[0].value
    assert 0 <= found.single_deletions <= found.users == 6
    assert found.table().count("\n") == 1 + len(found.cards["with_newest"])
    assert json.loads(json.dumps(found.as_json()))["newest_aside"]["mask"]["aopc"]["count"] == 6


def test_the_command_writes_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "LEAST_HISTORY", 5)
    monkeypatch.setitem(SCENARIOS, "ecommerce", replace(ECOMMERCE, load=chains_data))
    train(
        chains(),
        configured("sasrec"),
        tmp_path / "run",
        PRIVACY,
        source=Source("ecommerce").to_json(),
        verbose=0,
    )
    output = tmp_path / "found.json"
    arguments = ["faithfulness", str(tmp_path / "run"), "--users", "4", "--output", str(output)]
    assert main(arguments) == 0
    content: Any = json.loads(output.read_text(encoding="utf-8"))
    assert (content["users"], content["model"]) == (4, "sasrec")
    assert "| attention gradient |" in capsys.readouterr().out


def test_another_directory_or_data_set_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["faithfulness", str(tmp_path)])
    assert "no run that can be read" in capsys.readouterr().err
    trained(tmp_path / "run", configured("sasrec"))
    with pytest.raises(SystemExit):
        main(["faithfulness", str(tmp_path / "run")])
    assert "does not say which data it was trained on" in capsys.readouterr().err


def test_the_documents_figures_are_those_of_the_result() -> None:
    content = json.loads(command.RESULT.read_text(encoding="utf-8"))
    document = (command.RESULT.parents[2] / "docs" / "attention_is_not_explanation.md").read_text()
    section = document.split("## What we found")[1].split("\n## ")[0]
    for method, whole in content["with_newest"].items():
        aside = content["newest_aside"][method]
        [line] = [each for each in section.splitlines() if each.startswith(f"| {_named(method)} |")
                  and "±" in each]  # fmt: skip
        figures = [part.split("±")[0].strip() for part in line.split("|")[2:7]]
        expected = [
            f"{whole['aopc']['value']:.3f}",
            f"{whole['rank_correlation']['value']:.2f}",
            f"{aside['aopc']['value']:.3f}",
            f"{aside['rank_correlation']['value']:.2f}",
            f"{aside['same_first']['value']:.2f}",
        ]
        assert [figure.replace("−", "-") for figure in figures] == expected, method
    assert f"{content['users']}\ncustomers" in section
    share = round(100 * content["single_deletions"] / content["users"])
    assert f"For {share}% of these" in section


def _named(method: str) -> str:
    return method.replace("_", " ")
