"""The plugin as TensorBoard meets it."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tensorboard_plugin_attn.server import plugin
from tests.fixtures.logs import write_log
from tests.fixtures.tab import Tab


def test_the_tab_is_a_module_that_reloads_itself(tab: Tab) -> None:
    metadata = tab.plugin.frontend_metadata()
    assert (metadata.es_module_path, metadata.tab_name) == ("/index.js", "Attention")
    assert metadata.disable_reload
    assert metadata.es_module_path in tab.plugin.get_plugin_apps()


@pytest.mark.parametrize(
    ("reader", "logdir", "name"),
    [
        ("auto", "logs", "index"),
        ("index", "logs", "index"),
        ("provider", "logs", "provider"),
        ("index", "", "provider"),
    ],
)
def test_the_reader_is_the_one_asked_for(
    tmp_path: Path, reader: str, logdir: str, name: str
) -> None:
    flags = argparse.Namespace(attn_reader=reader, logdir=logdir)
    context = plugin.base_plugin.TBContext(logdir=logdir, flags=flags)
    assert plugin.AttnPlugin(context)._runs.store.name == name


def test_is_active_reads_nothing_itself_and_finds_out_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []

    class Later:
        def __init__(self, target: object, **_: object) -> None:
            self.target = target

        def start(self) -> None:
            started.append(self.target)

    write_log(tmp_path)
    tab = Tab(tmp_path)
    monkeypatch.setattr(plugin.threading, "Thread", Later)
    assert [tab.plugin.is_active() for _ in range(5)] == [False] * 5
    (look,) = started  # at most every few seconds
    look()  # type: ignore[operator]
    assert tab.plugin.is_active()
    assert len(started) == 1


def test_a_log_without_attention_is_not_active(tmp_path: Path) -> None:
    tab = Tab(tmp_path)
    tab.plugin._look()
    assert not tab.plugin.is_active()
