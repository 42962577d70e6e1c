"""Both stores give the same bytes for every blob of every event."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.provider_store import ProviderStore
from tensorboard_plugin_attn.reading.store import Store, StoredEvent
from tests.app import multiplexer_provider, parsed_flags
from tests.log_builder import RUN, write_log

Key = tuple[str, str, int]


def everything(store: Store) -> dict[Key, tuple[StoredEvent, list[bytes]]]:
    """Return all events by run, tag and step, with all their blobs."""
    found: dict[Key, tuple[StoredEvent, list[bytes]]] = {}
    while updates := store.refresh():
        for event in updates:
            assert isinstance(event, StoredEvent)
            blobs = store.read(event.location, list(range(event.blob_count)))
            found[event.run, event.tag, event.step] = (event, blobs)
    return found


@pytest.mark.parametrize("precision", ["u8", "u16", "f16", "exact"])
def test_index_and_provider_agree(tmp_path: Path, precision: str) -> None:
    write_log(tmp_path / RUN, range(1, 41), precision=precision, layers=("a", "b"))
    write_log(tmp_path / "other" / "worker_001", range(7), with_recommendations=False)
    provider = multiplexer_provider(tmp_path, parsed_flags(tmp_path, "--attn_reader=provider"))
    indexed, provided = everything(EventIndex(tmp_path)), everything(ProviderStore(provider))
    assert indexed.keys() == provided.keys()
    assert len(indexed) > 2 * 40 + 40 + 7
    for key, (event, blobs) in indexed.items():
        other, other_blobs = provided[key]
        assert blobs == other_blobs
        assert event.header == other.header == blobs[0]
        assert event.blob_count == other.blob_count
        # The provider repeats a tag's description with each event, the index gives what is there.
        assert event.plugin_content in (b"", other.plugin_content)
