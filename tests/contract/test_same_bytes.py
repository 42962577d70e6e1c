"""Both stores give the same bytes for every event, whichever loader is behind the provider."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tensorboard_plugin_attn import AttentionWriter, codec
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.provider_store import ProviderStore
from tensorboard_plugin_attn.reading.store import Store, StoredEvent
from tests.fixtures.logs import LAYER, attention, cohort, write_log
from tests.fixtures.portable_logs import write_models
from tests.fixtures.providers import LOADERS, ONCE, tensorboard_flags
from tests.fixtures.tab import Tab

Blobs = dict[tuple[str, str, int], list[bytes]]


def all_blobs(store: Store, count: int, seconds: float = 30.0) -> Blobs:
    """Return every event's blobs by run, tag and sequence number, once there are `count`."""
    found: Blobs = {}
    until = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < until:
        for event in store.refresh():
            assert isinstance(event, StoredEvent)
            blobs = store.read(event.location, range(event.blob_count))
            assert blobs[0] == event.header
            sequence = codec.open_header(event.header).sequence
            found[event.run, event.tag, sequence] = blobs
    return found


@pytest.mark.parametrize("loader", LOADERS)
def test_index_and_provider_give_the_same_bytes(tmp_path: Path, loader: str) -> None:
    for run, precision in (("a/attention", "u8"), ("b", "exact"), ("c", "u16")):
        write_log(tmp_path / run, range(1, 41), layers=("first", "second"), precision=precision)
    events = 3 * (40 * 3 + 1)  # two layers and recommendations a step, and a catalogue
    from_files = all_blobs(EventIndex(tmp_path), events)
    assert len(from_files) == events
    flags = tensorboard_flags(tmp_path, "--attn_reader=provider", *ONCE)
    with LOADERS[loader](flags) as provider:
        store = ProviderStore(provider)
        assert all_blobs(store, events) == from_files
        store._pool.shutdown()


@pytest.mark.parametrize("loader", LOADERS)
def test_index_and_provider_describe_streams_alike(tmp_path: Path, loader: str) -> None:
    write_log(tmp_path / "run", [1])
    (attention,) = (
        event
        for event in EventIndex(tmp_path).refresh()
        if isinstance(event, StoredEvent) and event.tag.startswith("attention/")
    )
    flags = tensorboard_flags(tmp_path, "--attn_reader=provider", *ONCE)
    with LOADERS[loader](flags) as provider:
        store = ProviderStore(provider)
        until = time.monotonic() + 30
        contents: list[bytes] = []
        while not contents and time.monotonic() < until:
            contents = [
                event.plugin_content
                for event in store.refresh()
                if isinstance(event, StoredEvent) and event.tag == attention.tag
            ]
        store._pool.shutdown()
    assert contents == [attention.plugin_content]


def axes_seen(tab: Tab, step: int) -> dict[str, object]:
    """Return a frame's axes as labels, and the user's own items, as a browser finds them."""
    found = tab.frames(run="run", layer=LAYER, user=1, steps=str(step))
    (frame,) = found.header["frames"]
    seen: dict[str, object] = {"own": tab.json("/catalogue", run="run")["users"][1]["axes"]}
    for axis in ("query_axis", "key_axis"):
        if frame[axis] is not None:
            query = {"run": "run", "attempt": frame["attempt"], "axes": str(frame[axis])}
            body = tab.json("/catalogue", **query)
            names = {item["index"]: item["id"] for item in body["items"]}
            seen[axis] = [[names[item] for item in entry["items"]] for entry in body["axes"]]
    return seen


@pytest.mark.parametrize("loader", LOADERS)
def test_index_and_provider_name_axes_alike(tmp_path: Path, loader: str) -> None:
    def candidates(step: int) -> list[str]:
        return [f"candidate-{(step * 7 + place) % 5}" for place in range(3)]

    with AttentionWriter(tmp_path / "run", cohort=cohort()) as writer:
        for step in range(20):
            cells = attention(queries=3, keys=4, seed=step)
            writer.attention(LAYER, cells, step=step, kind="target", queries=candidates(step))
            assert writer.flush()
    index = Tab(tmp_path)
    flags = tensorboard_flags(tmp_path, "--attn_reader=provider", *ONCE)
    with LOADERS[loader](flags) as provider:
        tab = Tab(tmp_path, flags, provider)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            runs = tab.json("/runs")["runs"]
            if runs and runs[0]["step_count"] == 20:
                break
        for step in (0, 3, 9, 10, 12, 19):
            seen = axes_seen(index, step)
            assert seen["query_axis"] == [candidates(step)]
            assert axes_seen(tab, step) == seen
        tab.plugin._runs.store._pool.shutdown()


@pytest.mark.parametrize("loader", LOADERS)
def test_index_and_provider_replay_the_same_models(tmp_path: Path, loader: str) -> None:
    write_models(tmp_path / "run", [1, 2, 3])
    asked = {"run": "run", "user": 1, "steps": 2}
    expected = Tab(tmp_path).json("/evidence", **asked)
    flags = tensorboard_flags(tmp_path, "--attn_reader=provider", *ONCE)
    with LOADERS[loader](flags) as provider:
        tab = Tab(tmp_path, flags, provider)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if tab.json("/runs")["runs"] and tab.json("/models", run="run")["steps"] == [1, 2, 3]:
                break
        assert tab.json("/evidence", **asked) == expected
        tab.plugin._runs.store._pool.shutdown()
