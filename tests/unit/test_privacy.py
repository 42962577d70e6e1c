"""Pseudonyms and keys."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tensorboard_plugin_attn import privacy
from tensorboard_plugin_attn.privacy import KEY_VARIABLE, Privacy

KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def key_file(directory: Path, key: bytes, mode: int = 0o600) -> Path:
    path = directory / "key"
    path.write_bytes(key)
    path.chmod(mode)
    return path


def test_a_pseudonym_is_u_and_128_bits() -> None:
    assert re.fullmatch(r"u-[0-9a-f]{32}", Privacy(key=KEY).pseudonym("anna"))


def test_the_same_key_gives_the_same_pseudonym() -> None:
    assert Privacy(key=KEY).pseudonym("anna") == Privacy(key=KEY).pseudonym("anna")


def test_other_keys_and_other_users_give_other_pseudonyms() -> None:
    keys = (KEY, bytes(32))
    names = ("anna", "ben", "", "ann", "a" * 1000, "安娜")
    assert len({Privacy(key=key).pseudonym(name) for key in keys for name in names}) == 12


def test_without_a_key_two_objects_give_unlinkable_pseudonyms() -> None:
    first, second = Privacy(), Privacy()
    assert first.random
    assert first.pseudonym("anna") == first.pseudonym("anna")
    assert first.pseudonym("anna") != second.pseudonym("anna")


def test_a_given_key_is_not_called_random() -> None:
    assert not Privacy(key=KEY).random


@pytest.mark.parametrize("length", [0, 1, 31])
def test_a_short_key_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="needs 32 bytes"):
        Privacy(key=bytes(length))


def test_a_key_is_never_shown() -> None:
    shown = repr(Privacy(key=b"very secret key " * 2))
    assert "secret" not in shown


def test_the_key_file_of_the_environment_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, str(key_file(tmp_path, b"t" * 40)))
    assert Privacy().pseudonym("anna") == Privacy(key=b"t" * 40).pseudonym("anna")
    assert not Privacy().random


def test_a_newline_behind_a_text_key_does_not_matter(tmp_path: Path) -> None:
    assert privacy.read_key(key_file(tmp_path, b"0123456789abcdef" * 2 + b"\n")) == (
        b"0123456789abcdef" * 2
    )


@pytest.mark.parametrize("edge", [b" ", b"\n", b"\t", b"\x0b", b"\x0c", b"\r"])
def test_a_random_key_may_begin_or_end_with_any_byte(tmp_path: Path, edge: bytes) -> None:
    for key in (edge + b"\xff" * 31, b"\xff" * 31 + edge):
        assert privacy.read_key(key_file(tmp_path, key)) == key


def test_a_short_key_file_is_refused_without_its_path(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs 32 bytes, it has 3") as raised:
        privacy.read_key(key_file(tmp_path, b"abc"))
    assert str(tmp_path) not in str(raised.value)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX'")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622, 0o644])
def test_a_key_file_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ValueError, match="chmod 600"):
        privacy.read_key(key_file(tmp_path, KEY, mode))


def test_a_missing_key_file_is_an_error_and_not_a_random_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(OSError, match="nowhere"):
        Privacy()


def test_random_keys_are_long_enough_and_different() -> None:
    assert len(privacy.random_key()) == privacy.KEY_BYTES
    assert privacy.random_key() != privacy.random_key()
