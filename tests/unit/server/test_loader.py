"""Flags, and what TensorBoard is told to keep."""

from __future__ import annotations

import argparse
import logging

import pytest
from tensorboard.plugins import base_plugin

from tensorboard_plugin_attn.server.loader import AttnLoader, resolve_reader
from tensorboard_plugin_attn.server.plugin import AttnPlugin


def parsed(*arguments: str, **others: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    AttnLoader().define_flags(parser)
    flags = parser.parse_args(arguments)
    flags.logdir = "logs"
    vars(flags).update(others)
    return flags


def samples(*arguments: str, **others: object) -> dict[str, int]:
    flags = parsed(*arguments, **others)
    AttnLoader().fix_flags(flags)
    kept: dict[str, int] = flags.samples_per_plugin
    return kept


def test_without_flags_the_reader_is_chosen_and_all_is_kept() -> None:
    flags = parsed()
    assert (flags.attn_reader, flags.attn_samples, flags.attn_allowed_hosts) == ("auto", 0, "")


@pytest.mark.parametrize("arguments", [("--attn_reader=files",), ("--attn_samples=many",)])
def test_wrong_flags_are_refused(arguments: tuple[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed(*arguments)
    assert "--attn_" in capsys.readouterr().err


def test_every_flag_has_the_plugins_prefix_and_says_what_it_does() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    AttnLoader().define_flags(parser)
    for action in parser._actions:
        assert all(name.startswith("--attn_") for name in action.option_strings)
        assert action.help


@pytest.mark.parametrize(
    ("arguments", "others", "expected"),
    [
        ((), {}, 1),
        (("--attn_reader=index",), {}, 1),
        (("--attn_reader=provider",), {}, 0),
        (("--attn_reader=provider", "--attn_samples=50"), {}, 50),
        ((), {"logdir": "gs://bucket/logs"}, 0),
        ((), {"logdir": ""}, 0),
        ((), {"logdir": None}, 0),
        (("--attn_samples=50",), {}, 1),
    ],
)
def test_tensorboard_keeps_what_the_reader_needs(
    arguments: tuple[str, ...], others: dict[str, object], expected: int
) -> None:
    assert samples(*arguments, **others) == {"attn": expected}


@pytest.mark.parametrize("reader", ["auto", "index", "provider"])
def test_the_users_own_number_wins(reader: str) -> None:
    given = {"attn": 7, "images": 3}
    assert samples(f"--attn_reader={reader}", samples_per_plugin=given) == {"attn": 7, "images": 3}


def test_the_users_own_dictionary_is_not_changed() -> None:
    given = {"images": 3}
    assert samples(samples_per_plugin=given) == {"attn": 1, "images": 3}
    assert given == {"images": 3}


def test_a_negative_number_of_samples_is_a_clean_error() -> None:
    with pytest.raises(base_plugin.FlagsError, match="--attn_samples"):
        samples("--attn_samples=-1")


def test_flags_of_other_commands_are_no_error() -> None:
    flags = argparse.Namespace()
    AttnLoader().fix_flags(flags)
    assert flags.samples_per_plugin == {"attn": 0}


def test_a_conflicting_flag_does_not_take_tensorboard_down(
    caplog: pytest.LogCaptureFixture,
) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--attn_reader")
    with caplog.at_level(logging.WARNING):
        AttnLoader().define_flags(parser)
    assert "flags not added" in caplog.text
    assert parser.parse_args([]).attn_reader is None
    flags = parser.parse_args([])
    flags.logdir = "logs"
    AttnLoader().fix_flags(flags)
    assert flags.samples_per_plugin == {"attn": 1}


@pytest.mark.parametrize(
    ("reader", "logdir", "expected"),
    [
        ("auto", "logs", "index"),
        ("auto", "/logs", "index"),
        ("auto", "gs://logs", "provider"),
        ("auto", "", "provider"),
        ("auto", None, "provider"),
        ("index", "gs://logs", "index"),
        ("provider", "logs", "provider"),
        ("", "logs", "index"),
        (None, "logs", "index"),
    ],
)
def test_auto_reads_files_where_there_are_files(
    reader: str | None, logdir: str | None, expected: str
) -> None:
    assert resolve_reader(argparse.Namespace(attn_reader=reader, logdir=logdir)) == expected


def test_load_gives_the_plugin() -> None:
    context = base_plugin.TBContext(logdir="logs", flags=argparse.Namespace())
    assert isinstance(AttnLoader().load(context), AttnPlugin)
