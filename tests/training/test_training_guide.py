"""The guide's programs run, and it names every setting's choices."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tensorboard_plugin_attn import Privacy
from tests.fixtures.chains import chains
from training.config import ARCHITECTURES, LOSSES, STRATEGIES, FitConfig, ModelConfig, RunConfig
from training.train import train

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "training.md"


def test_every_program_of_the_guide_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    config = RunConfig(
        ModelConfig(history_length=8, dimension=8, heads=2, layers=1), FitConfig(epochs=1)
    )
    train(chains(), config, Path("logs/sasrec"), Privacy(key=b"k" * 32), verbose=0)
    programs = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(programs) == 2
    for program in programs:
        names: dict[str, object] = {}
        exec(compile(program, GUIDE.name, "exec"), names)
    assert "FeatureAttention" in capsys.readouterr().out


def test_every_choice_is_named() -> None:
    text = GUIDE.read_text()
    for choice in (*ARCHITECTURES, *(set(LOSSES) - {"auto"}), *(set(STRATEGIES) - {"none"})):
        assert f"`{choice}`" in text or f"--strategy {choice}" in text, choice
