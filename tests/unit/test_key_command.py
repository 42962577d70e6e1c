"""`key`: a file that its owner alone reads, never written over."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tensorboard_plugin_attn import Privacy
from tensorboard_plugin_attn.__main__ import main


def test_a_key_gives_the_same_pseudonym_in_every_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "key"
    assert main(["key", str(file)]) == 0
    name, _, path = capsys.readouterr().out.strip().removeprefix("export ").partition("=")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    monkeypatch.setenv(name, path)
    one, other = Privacy(), Privacy()
    assert not one.random
    assert one.pseudonym("ann") == other.pseudonym("ann") != one.pseudonym("bob")


def test_two_keys_give_two_pseudonyms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = set()
    for number in range(2):
        file = tmp_path / f"key-{number}"
        main(["key", str(file)])
        monkeypatch.setenv("ATTN_PSEUDONYM_KEY_FILE", str(file))
        names.add(Privacy().pseudonym("ann"))
    assert len(names) == 2


def test_a_key_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "key"
    main(["key", str(file)])
    before = file.read_bytes()
    assert main(["key", str(file)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert file.read_bytes() == before
    assert main(["key", str(tmp_path / "nowhere" / "key")]) == 2
