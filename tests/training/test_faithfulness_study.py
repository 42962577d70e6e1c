"""The study of methods on a run: the table, the result file, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fixtures.portable_models import ITEMS, portable_model
from tests.training.test_runs import configured, trained
from training.__main__ import main
from training.faithfulness import command
from training.faithfulness.study import study
from training.preprocessing.interactions import Interactions

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
    trained(tmp_path / "run", configured("sasrec"))
    monkeypatch.setattr(command, "LEAST_HISTORY", 5)
    monkeypatch.setattr(command.ecommerce, "data", _chains)
    output = tmp_path / "found.json"
    arguments = ["faithfulness", str(tmp_path / "run"), "--users", "4", "--output", str(output)]
    assert main(arguments) == 0
    content: Any = json.loads(output.read_text(encoding="utf-8"))
    assert (content["users"], content["model"]) == (4, "sasrec")
    assert "| attention gradient |" in capsys.readouterr().out


def _chains() -> Interactions:
    from tests.fixtures.chains import chains

    return chains()


def test_another_directory_or_data_set_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["faithfulness", str(tmp_path)])
    assert "no run that can be read" in capsys.readouterr().err
    trained(tmp_path / "run", configured("sasrec"))
    with pytest.raises(SystemExit):
        main(["faithfulness", str(tmp_path / "run")])
    assert "not of the e-commerce scenario" in capsys.readouterr().err
