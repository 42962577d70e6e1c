"""The store over a data provider, with a provider that fails on demand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from tensorboard.data import provider as data_provider

from tensorboard_plugin_attn.reading import provider_store
from tensorboard_plugin_attn.reading.provider_store import ProviderStore
from tensorboard_plugin_attn.reading.store import RunReset, StoredEvent, UnavailableError


@dataclass
class Provider:
    """Just what the store asks of a data provider; events are `(run, tag) -> {step: blobs}`."""

    events: dict[tuple[str, str], dict[int, list[bytes]]] = field(default_factory=dict)
    failing: bool = False
    unreadable: set[str] = field(default_factory=set)
    reads: list[str] = field(default_factory=list)
    downsample: int = 0

    def add(self, run: str, tag: str, step: int, *blobs: bytes) -> None:
        self.events.setdefault((run, tag), {})[step] = list(blobs)

    def list_blob_sequences(self, context: object, **where: str) -> dict[str, dict[str, Any]]:
        if self.failing:
            raise RuntimeError("secret address of the transport")
        assert where == {"experiment_id": "", "plugin_name": "attn"}
        found: dict[str, dict[str, Any]] = {}
        for run, tag in self.events:
            found.setdefault(run, {})[tag] = data_provider.BlobSequenceTimeSeries(
                max_step=0,
                max_wall_time=0.0,
                max_length=9,
                plugin_content=f"content of {tag}".encode(),
                description="",
                display_name="",
            )
        return found

    def read_blob_sequences(
        self, context: object, *, downsample: int, **where: str
    ) -> dict[str, dict[str, list[Any]]]:
        self.downsample = downsample
        found: dict[str, dict[str, list[Any]]] = {}
        for (run, tag), steps in self.events.items():
            found.setdefault(run, {})[tag] = [
                data_provider.BlobSequenceDatum(
                    step=step,
                    wall_time=0.0,
                    values=tuple(
                        data_provider.BlobReference(f"{run}|{tag}|{step}|{number}")
                        for number in range(len(blobs))
                    ),
                )
                for step, blobs in steps.items()
            ]
        return found

    def read_blob(self, context: object, *, blob_key: str) -> bytes:
        self.reads.append(blob_key)
        if blob_key in self.unreadable:
            raise RuntimeError("secret address of the transport")
        run, tag, step, number = blob_key.split("|")
        return self.events[run, tag][int(step)][int(number)]


@pytest.fixture
def provider() -> Provider:
    made = Provider()
    made.add("r", "attention/l", 1, b"header 1", b"chunk 1")
    made.add("r", "attention/l", 2, b"header 2", b"chunk 2")
    made.add("r", "catalogue", 1, b"header c", b"catalogue")
    return made


@pytest.fixture
def store(provider: Provider) -> Iterator[ProviderStore]:
    made = ProviderStore(provider)
    yield made
    made._pool.shutdown()


def stored(store: ProviderStore) -> list[StoredEvent]:
    return [update for update in store.refresh() if isinstance(update, StoredEvent)]


def test_every_event_is_told_once_catalogues_first(store: ProviderStore) -> None:
    assert [(event.tag, event.step, event.header) for event in stored(store)] == [
        ("catalogue", 1, b"header c"),
        ("attention/l", 1, b"header 1"),
        ("attention/l", 2, b"header 2"),
    ]
    assert store.refresh() == []


def test_events_carry_their_streams_description_and_blob_count(store: ProviderStore) -> None:
    event = stored(store)[1]
    assert (event.run, event.plugin_content, event.blob_count) == (
        "r",
        b"content of attention/l",
        2,
    )


def test_the_provider_is_asked_for_every_step(store: ProviderStore, provider: Provider) -> None:
    store.refresh()
    assert provider.downsample >= 10**9


def test_later_steps_follow_alone(store: ProviderStore, provider: Provider) -> None:
    store.refresh()
    provider.reads.clear()
    provider.add("r", "attention/l", 3, b"header 3", b"chunk 3")
    assert [event.step for event in stored(store)] == [3]
    assert provider.reads == ["r|attention/l|3|0"]


def test_blobs_are_read_by_number(store: ProviderStore) -> None:
    event = stored(store)[2]
    assert store.read(event.location, [1, 0]) == [b"chunk 2", b"header 2"]


def test_a_blob_the_event_does_not_have_is_an_index_error(store: ProviderStore) -> None:
    event = stored(store)[0]
    with pytest.raises(IndexError):
        store.read(event.location, [5])


def test_a_failing_read_is_unavailable_without_its_reason(
    store: ProviderStore, provider: Provider
) -> None:
    event = stored(store)[2]
    provider.unreadable.add("r|attention/l|2|1")
    with pytest.raises(UnavailableError) as raised:
        store.read(event.location, [1])
    assert "secret" not in str(raised.value)


def test_a_location_of_another_store_is_refused(store: ProviderStore) -> None:
    with pytest.raises(TypeError, match="not a location"):
        store.read("somewhere", [0])


def test_an_event_that_vanished_resets_its_run_and_the_rest_follows_anew(
    store: ProviderStore, provider: Provider
) -> None:
    provider.add("other", "attention/l", 1, b"header", b"chunk")
    store.refresh()
    del provider.events["r", "attention/l"][2]
    updates = store.refresh()
    assert updates[0] == RunReset("r")
    assert [event.step for event in updates[1:] if isinstance(event, StoredEvent)] == [1, 1]
    assert len(updates) == 3


def test_a_run_that_vanished_is_reset(store: ProviderStore, provider: Provider) -> None:
    store.refresh()
    provider.events.clear()
    assert store.refresh() == [RunReset("r")]
    assert store.progress().done_bytes == store.progress().total_bytes == 0


def test_a_provider_that_does_not_answer_is_a_problem_until_it_does(
    store: ProviderStore, provider: Provider
) -> None:
    provider.failing = True
    assert store.refresh() == []
    (problem,) = store.problems()
    assert "does not answer" in problem.message
    assert "secret" not in problem.message + problem.hint
    provider.failing = False
    assert len(stored(store)) == 3
    assert store.problems() == []


def test_an_outage_forgets_nothing(store: ProviderStore, provider: Provider) -> None:
    store.refresh()
    provider.failing = True
    assert store.refresh() == []
    provider.failing = False
    assert store.refresh() == []


def test_a_header_that_cannot_be_read_is_asked_for_again(
    store: ProviderStore, provider: Provider
) -> None:
    provider.unreadable.add("r|attention/l|1|0")
    assert [event.step for event in stored(store)] == [1, 2]
    provider.unreadable.clear()
    assert [(event.tag, event.step) for event in stored(store)] == [("attention/l", 1)]


def test_an_event_without_blobs_is_passed_over(store: ProviderStore, provider: Provider) -> None:
    provider.add("r", "attention/l", 3)
    assert 3 not in [event.step for event in stored(store)]


def test_headers_are_read_in_portions(provider: Provider) -> None:
    for step in range(100):
        provider.add("r", "attention/l", step, b"h", b"c")
    store = ProviderStore(provider, budget_s=-1.0)
    assert len(stored(store)) == provider_store.CONCURRENT_READS
    assert store.progress().done_bytes < store.progress().total_bytes == 101
    found = provider_store.CONCURRENT_READS
    for _ in range(10):
        found += len(stored(store))
    assert found == 101
    store._pool.shutdown()
