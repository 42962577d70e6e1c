"""What each reader finds in a directory that faults have been through."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tensorboard.backend.event_processing import (
    directory_watcher,
    event_file_loader,
    io_wrapper,
)

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.provider_store import ProviderStore
from tensorboard_plugin_attn.reading.store import Store, StoredEvent
from tests.fixtures.logs import LAYER, event_files, payload_spans
from tests.fixtures.providers import data_server, tensorboard_flags

TAG = f"attention/{LAYER}"
Steps = dict[str, list[int]]


def our_steps(logdir: Path) -> Steps:
    """Return the steps of each run that this package's own reader finds."""
    return _steps(EventIndex(logdir, budget_s=600.0))


def python_loader_steps(run: Path) -> list[int]:
    """Return what TensorBoard's Python loader finds: it reads files by name, and never back."""
    watcher = directory_watcher.DirectoryWatcher(
        str(run), event_file_loader.EventFileLoader, io_wrapper.IsSummaryEventsFile
    )
    return [
        event.step
        for event in watcher.Load()
        if any(value.tag == TAG for value in event.summary.value)
    ]


def rust_loader_steps(logdir: Path, expected: Mapping[str, Sequence[int]]) -> Steps:
    """Return what TensorBoard's data server finds, once it has `expected`, or after a minute."""
    flags = tensorboard_flags(logdir, "--attn_reader=provider")
    with data_server(flags) as provider:
        store = ProviderStore(provider)
        found: Steps = {}
        until = time.monotonic() + 60.0
        while time.monotonic() < until:
            for run, steps in _steps(store).items():
                found[run] = sorted({*found.get(run, []), *steps})
            if all({*steps} <= {*found.get(run, [])} for run, steps in expected.items()):
                break
            time.sleep(0.1)
        store._pool.shutdown()
    return found


def _steps(store: Store) -> Steps:
    found: Steps = {}
    for event in store.refresh():
        if isinstance(event, StoredEvent) and event.tag == TAG:
            codec.open_header(event.header)  # raises if it is not whole
            found.setdefault(event.run, []).append(event.step)
    return found


def markers(run: Path) -> list[pb.Marker]:
    """Return every marker of a run's files, up to a torn record."""
    found = []
    store = EventIndex(run, budget_s=600.0)
    for event in store.refresh():
        if isinstance(event, StoredEvent) and event.tag == "markers":
            found.append(pb.Marker.FromString(store.read(event.location, [1])[0]))
    return found


def torn_bytes(path: Path) -> int:
    """Return how many bytes follow the last whole record of a file."""
    data = path.read_bytes()
    whole = 0
    for _, end in payload_spans(data):
        if end + 4 > len(data):
            break
        whole = end + 4
    return len(data) - whole


def files_of(run: Path) -> list[Path]:
    """Return a run's own event files, not those of runs below it."""
    return [path for path in event_files(run) if path.parent == run]
