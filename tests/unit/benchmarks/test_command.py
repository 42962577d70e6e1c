from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import __main__ as command
from benchmarks import machine, result
from benchmarks.result import Bar, Result


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for two benchmarks, one of which misses its bar, and a directory for results."""
    asked: list[bool] = []
    for name, cost in (("good", 1.0), ("bad", 3.0)):
        module = ModuleType(f"benchmarks.{name}")
        module.run = lambda quick, name=name, cost=cost: (  # type: ignore[attr-defined]
            asked.append(quick) or _result(name, cost)
        )
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(command, "NAMES", ("good", "bad"))
    written = result.write
    monkeypatch.setattr(result, "write", lambda content: written(content, tmp_path))
    return tmp_path


def _result(name: str, cost: float) -> Result:
    costs = {"ours": [cost], "theirs": [1.0]}
    return Result(name, "s", costs, "ours", "theirs", Bar(2.0, "at most", "1"), "a stand-in")


def test_all_are_run_and_written(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 1
    assert sorted(path.stem for path in results.iterdir()) == ["bad", "good"]
    assert "bad: a stand-in" in capsys.readouterr().out


def test_one_that_meets_its_bar(results: Path) -> None:
    assert command.main(["good"]) == 0
    content = json.loads((results / "good.json").read_text(encoding="utf-8"))
    assert content["bar"]["met"] is True


def test_quick_writes_nothing(results: Path) -> None:
    assert command.main(["good", "--quick"]) == 0
    assert list(results.iterdir()) == []


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["nothing"])
    assert "no benchmark 'nothing'" in capsys.readouterr().err


def test_a_benchmark_may_answer_several_questions(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = ModuleType("benchmarks.good")
    several.run = lambda quick: [_result("one", 1.0), _result("two", 3.0)]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, several.__name__, several)
    assert command.main(["good"]) == 1
    assert sorted(path.stem for path in results.iterdir()) == ["one", "two"]


def test_every_benchmark_is_a_module() -> None:
    directory = Path(command.__file__).parent
    for name in command.NAMES:
        assert (directory / f"{name}.py").is_file()


def test_machine_tells_no_names_or_paths() -> None:
    described = machine.describe()
    assert set(described) == {"cpu", "cores", "memory_gib"}
    assert described["cores"] >= 1
    assert "/" not in str(described["memory_gib"])


def test_versions_name_what_a_result_depends_on() -> None:
    found = machine.versions()
    assert {"python", "numpy", "tensorboard", "tensorboard-plugin-attn"} <= set(found)


def test_commit_is_one_word() -> None:
    assert " " not in machine.commit()
