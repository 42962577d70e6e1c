"""The fallback store: TensorBoard's data provider, for remote and hosted log directories.

`read_blob` of the fast loader stalls about 45 ms a call, so blobs are asked for many at once. The
provider keeps a sample of the steps unless told otherwise; the loader's flags ask it for all.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tensorboard import context as tb_context
from tensorboard.data import provider as data_provider

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.reading.store import (
    Problem,
    Progress,
    RunReset,
    StoredEvent,
    UnavailableError,
)

CONCURRENT_READS = 16
REFRESH_BUDGET_S = 2.0


@dataclass(frozen=True, slots=True)
class ProviderLocation:
    """Blob keys of one event."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Listed:
    """An event the provider lists and whose header is still to be read."""

    run: str
    tag: str
    content: bytes
    step: int
    location: ProviderLocation


class ProviderStore:
    """A `Store` over a data provider and one experiment."""

    name = "provider"

    def __init__(
        self,
        provider: data_provider.DataProvider,
        experiment_id: str = "",
        budget_s: float = REFRESH_BUDGET_S,
    ) -> None:
        self._provider = provider
        self._experiment_id = experiment_id
        self._budget_s = budget_s
        self._context = tb_context.RequestContext()
        self._known: dict[str, set[_Listed]] = {}
        self._pool = ThreadPoolExecutor(CONCURRENT_READS, thread_name_prefix="attn-provider")
        self._problem: Problem | None = None
        self._left = 0

    def refresh(self) -> Sequence[StoredEvent | RunReset]:
        """Return new events; reads headers for about `budget_s`, the rest at the next call."""
        try:
            listed = self._list()
        except Exception as error:
            # Providers raise what their transport raises; the log may come back.
            self._problem = _not_answering(type(error).__name__)
            return []
        self._problem = None
        updates: list[StoredEvent | RunReset] = []
        for run in list(self._known):
            if not self._known[run] <= listed.get(run, set()):
                del self._known[run]
                updates.append(RunReset(run))
        new = [
            event
            for run, events in listed.items()
            for event in events - self._known.get(run, set())
        ]
        new.sort(key=lambda event: (event.tag != schema.CATALOGUE_TAG, event.step, event.tag))
        updates.extend(self._read_headers(new))
        return updates

    def read(self, location: Hashable, blobs: Sequence[int]) -> list[bytes]:
        """Return blobs of one event, asked for together."""
        if not isinstance(location, ProviderLocation):
            raise TypeError(f"{location!r} is not a location of the data provider")
        return list(self._pool.map(self._read_blob, [location.keys[number] for number in blobs]))

    def problems(self) -> Sequence[Problem]:
        """Return whether the provider does not answer."""
        return [self._problem] if self._problem else []

    def progress(self) -> Progress:
        """Return events read and events listed; the provider does not tell bytes."""
        done = sum(len(events) for events in self._known.values())
        return Progress(done, done + self._left)

    def _list(self) -> dict[str, set[_Listed]]:
        where = {"experiment_id": self._experiment_id, "plugin_name": schema.PLUGIN_NAME}
        series = self._provider.list_blob_sequences(self._context, **where)
        sequences = self._provider.read_blob_sequences(
            self._context, **where, downsample=1_000_000_000
        )
        return {
            run: {
                _Listed(
                    run=run,
                    tag=tag,
                    content=series[run][tag].plugin_content,
                    step=datum.step,
                    location=ProviderLocation(tuple(value.blob_key for value in datum.values)),
                )
                for tag, data in tags.items()
                if tag in series.get(run, {})
                for datum in data
                if datum.values
            }
            for run, tags in sequences.items()
        }

    def _read_headers(self, events: Sequence[_Listed]) -> list[StoredEvent]:
        found: list[StoredEvent] = []
        deadline_s = time.monotonic() + self._budget_s
        for start in range(0, len(events), CONCURRENT_READS):
            batch = events[start : start + CONCURRENT_READS]
            headers = self._pool.map(self._header, batch)
            for event, header in zip(batch, headers, strict=True):
                if header is None:
                    continue
                self._known.setdefault(event.run, set()).add(event)
                found.append(_stored(event, header))
            self._left = len(events) - start - len(batch)
            if time.monotonic() > deadline_s:
                break
        return found

    def _header(self, event: _Listed) -> bytes | None:
        try:
            return self._read_blob(event.location.keys[0])
        except UnavailableError:
            return None

    def _read_blob(self, key: str) -> bytes:
        try:
            return bytes(self._provider.read_blob(self._context, blob_key=key))
        except Exception as error:
            raise UnavailableError(f"the data provider failed: {type(error).__name__}") from error


def _stored(event: _Listed, header: bytes) -> StoredEvent:
    return StoredEvent(
        run=event.run,
        tag=event.tag,
        plugin_content=event.content,
        step=event.step,
        header=header,
        blob_count=len(event.location.keys),
        location=event.location,
    )


def _not_answering(error: str) -> Problem:
    return Problem(
        kind="unreadable_file",
        run="",
        file="",
        offset=None,
        message=f"TensorBoard's data provider does not answer ({error}).",
        hint="It is asked again at the next refresh.",
    )
