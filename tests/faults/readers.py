"""What each reader finds in a directory that faults have been through."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboard.backend.event_processing import (
    directory_watcher,
    event_file_loader,
    io_wrapper,
)
from tensorboard.context import RequestContext

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.store import StoredEvent
from tests.fixtures.logs import FRAMING_BYTES, LAYER, event_files
from tests.fixtures.providers import data_server, tensorboard_flags

TAG = f"attention/{LAYER}"
Steps = dict[str, list[int]]


def our_steps(logdir: Path) -> Steps:
    """Return the steps of each run that this package's own reader finds."""
    found: Steps = {}
    for event in EventIndex(logdir, budget_s=600.0).refresh():
        if isinstance(event, StoredEvent) and event.tag == TAG:
            codec.open_header(event.header)  # raises if it is not whole
            found.setdefault(event.run, []).append(event.step)
    return found


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


def rust_loader_steps(
    logdir: Path, expected: Mapping[str, Sequence[int]], links: Path | None = None
) -> Steps:
    """Return what TensorBoard's data server finds, once it has `expected`, or after a minute.

    Args:
      expected: steps by run; only these runs are looked at.
      links: an empty directory for links to them, so that the server reads no others.
    """
    for run in expected if links else ():
        (links / run).symlink_to(logdir / run)
    flags = tensorboard_flags(links or logdir, "--attn_reader=provider")
    with data_server(flags) as provider:
        found: Steps = {}
        until = time.monotonic() + 60.0
        while time.monotonic() < until:
            found = _listed_steps(provider)
            if all({*steps} <= {*found.get(run, [])} for run, steps in expected.items()):
                break
            time.sleep(0.1)
    return found


def _listed_steps(provider: Any) -> Steps:
    """Return the steps a provider lists, the newest of each run checked to be whole."""
    where = {"experiment_id": "", "plugin_name": schema.PLUGIN_NAME}
    context = RequestContext()
    runs = provider.read_blob_sequences(context, **where, downsample=1_000_000)
    found: Steps = {}
    for run, tags in runs.items():
        data = tags.get(TAG, [])
        found[run] = [datum.step for datum in data]
        for datum in data[-1:]:
            header = provider.read_blob(context, blob_key=datum.values[0].blob_key)
            assert codec.open_header(header).step == datum.step
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
    while len(data) - whole >= 8:
        end = whole + FRAMING_BYTES + int.from_bytes(data[whole : whole + 8], "little")
        if end > len(data):
            break
        whole = end
    return len(data) - whole


def files_of(run: Path) -> list[Path]:
    """Return a run's own event files, not those of runs below it."""
    return [path for path in event_files(run) if path.parent == run]
