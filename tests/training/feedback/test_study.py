"""The study: its small form runs to the end, and what is committed of the large one holds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from training.feedback import study
from training.feedback.study import QUICK, RESULT
from training.scenarios.source import Source
from training.scenarios.table import ECOMMERCE
from training.task import Task


def test_scripted_users_take_a_planted_bias_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "SPEAKERS", 6)
    monkeypatch.setattr(study, "PLANT", replace(study.PLANT, steps=20))
    config = replace(
        QUICK,
        model=replace(QUICK.model, dimension=8),
        logging=replace(QUICK.logging, cohort_size=40),
    )
    interactions = ECOMMERCE.data(Source("ecommerce", max_users=300)).interactions
    task = Task.of(interactions, config, domain=ECOMMERCE.data(Source("ecommerce")).domain)
    found = study.study(task, config, tmp_path)
    assert found["satisfied"]["wrong_reason"][1] == 6
    states = found["states"]
    assert states["biased"]["attention"] > states["fair"]["attention"]
    assert states["learned"]["attention"] < states["biased"]["attention"]
    ratio = states["learned"]["attention"] / states["biased"]["attention"]
    assert found["ratios"]["attention"] == pytest.approx(ratio)
    assert (tmp_path / "biased-feedback" / "feedback.json").exists()


def test_what_is_committed_says_itself_whether_it_met_its_bars() -> None:
    found = json.loads(RESULT.read_text())
    before, after = found["states"]["biased"], found["states"]["learned"]
    lowest = before["test"]["value"] - before["test"]["standard_error"]
    assert found["bars"] == {
        "attention on rejected evidence fell": after["attention"] < before["attention"],
        "its effect fell": after["effect"] < before["effect"],
        "test NDCG@10 within one standard error": after["test"]["value"] >= lowest,
    }
    assert found["met"] == all(found["bars"].values())
