"""TensorBoard's own Scalars and Text tabs show our health, with both of its loaders."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tensorboard import context
from tensorboard.plugins import base_plugin
from tensorboard.plugins.scalar import scalars_plugin
from tensorboard.plugins.text import text_plugin

from tensorboard_plugin_attn import AttentionWriter, codec
from tensorboard_plugin_attn.logging.health import ALERTS_TAG
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.store import StoredEvent
from tests.fixtures.logs import LAYER, attention, cohort, own_events
from tests.fixtures.providers import LOADERS, ONCE, tensorboard_flags

RUN = "d32/attention"
STEPS = 30
CONTEXT = context.RequestContext()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a log directory whose one run has a sink for 15 steps, and its event file."""
    logdir = tmp_path_factory.mktemp("logs")
    with AttentionWriter(logdir / RUN, cohort=cohort(), scalars_every=1) as writer:
        for step in range(1, STEPS + 1):
            values = attention(seed=step)
            if step <= 15:
                values[:, 0] = 0
                values[:, 0, :, 0] = 1
            importance = [[0.5, 1.5], [1.5, 0.5]] if step == 20 else None
            writer.attention(LAYER, values, step=step, causal=True, importance=importance)
            assert writer.flush()
    return logdir, Path(str(writer.status().file))


def once_there(read: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Return what `read` gives, as soon as that is something: the data server takes a while."""
    until = time.monotonic() + seconds
    found = read()
    while not found and time.monotonic() < until:
        time.sleep(0.2)
        found = read()
    return found


def plugin_context(logdir: Path, provider: Any) -> base_plugin.TBContext:
    return base_plugin.TBContext(data_provider=provider, logdir=str(logdir))


@pytest.mark.parametrize("loader", LOADERS)
def test_the_scalars_tab_shows_every_measure(log: tuple[Path, Path], loader: str) -> None:
    logdir, _ = log
    with LOADERS[loader](tensorboard_flags(logdir, *ONCE)) as provider:
        plugin = scalars_plugin.ScalarsPlugin(plugin_context(logdir, provider))

        def tags() -> Any:
            return plugin.index_impl(CONTEXT, experiment="").get(RUN)

        names = ("entropy_bits", "recency", "sink_share", "effective_span", "head_similarity")
        expected = {
            f"attention/{LAYER}/{name}/head_{head}"
            for name in (*names, "importance")
            for head in range(2)
        }
        assert set(once_there(tags)) == expected

        def values(tag: str) -> list[tuple[int, float]]:
            body, _ = plugin.scalars_impl(CONTEXT, tag, RUN, "", scalars_plugin.OutputFormat.JSON)
            return [(step, value) for _, step, value in body]

        found = values(f"attention/{LAYER}/sink_share/head_0")
        assert [step for step, _ in found] == list(range(1, STEPS + 1))
        assert [value for _, value in found[:15]] == [1.0] * 15
        assert max(value for _, value in found[15:]) < 1
        assert values(f"attention/{LAYER}/importance/head_1") == [(20, 1.0)]


@pytest.mark.parametrize("loader", LOADERS)
def test_the_text_tab_shows_alerts(log: tuple[Path, Path], loader: str) -> None:
    logdir, _ = log
    with LOADERS[loader](tensorboard_flags(logdir, *ONCE)) as provider:
        plugin = text_plugin.TextPlugin(plugin_context(logdir, provider))
        assert once_there(lambda: plugin.index_impl(CONTEXT, "")) == {RUN: [ALERTS_TAG]}
        shown = plugin.text_impl(CONTEXT, RUN, ALERTS_TAG, "", enable_markdown=True)
        by_step = {text["step"]: text["text"] for text in shown}
        assert f"<li>{LAYER} head 0: sink: 1.00 of its attention" in by_step[5]
        assert any(
            f"{LAYER} head 0: no longer sink" in text for step, text in by_step.items() if step > 15
        )


def test_our_own_reader_passes_over_them(log: tuple[Path, Path]) -> None:
    logdir, file = log
    index = EventIndex(logdir)
    found = [event for event in index.refresh() if isinstance(event, StoredEvent)]
    assert index.problems() == []
    assert len(found) == len(own_events(file)) == STEPS + 1
    assert {event.tag for event in found} == {"catalogue", f"attention/{LAYER}"}
    for event in found:
        codec.open_header(event.header)
