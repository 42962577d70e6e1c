from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from benchmarks import synthetic
from benchmarks.synthetic import Size
from tests.fixtures.tab import Tab

SIZE = Size(steps=5, users=2, layers=2, heads=3, length=6)


def test_attention_is_attention() -> None:
    attention = synthetic.attention(SIZE, seed=0)
    assert attention.shape == (2, 3, 6, 6)
    np.testing.assert_allclose(attention.sum(axis=-1), 1, rtol=1e-5)
    assert np.all(np.triu(attention, 1) == 0)
    assert not np.array_equal(attention, synthetic.attention(SIZE, seed=1))


def test_our_log_holds_every_step(tmp_path: Path) -> None:
    assert synthetic.write_ours(tmp_path, SIZE) == synthetic.bytes_of(tmp_path)
    tab = Tab(tmp_path)
    for layer in range(SIZE.layers):
        frames = tab.frames(run=synthetic.RUN, layer=SIZE.layer(layer), user=1, steps="0-4")
        assert frames.steps == [0, 1, 2, 3, 4]
        found = frames.attention(frames.header["frames"][2])
        expected = synthetic.attention(SIZE, seed=(2 + layer) % SIZE.steps)[1]
        np.testing.assert_allclose(found, expected, atol=0.004)


def test_the_images_hold_the_same_cells(tmp_path: Path) -> None:
    synthetic.write_images(tmp_path, SIZE)
    (file,) = (tmp_path / synthetic.RUN).iterdir()
    events = [event for event in EventFileLoader(str(file)).Load() if event.summary.value]
    assert [event.step for event in events] == [0, 1, 2, 3, 4]
    value = events[3].summary.value[1]
    assert value.tag == "block_0/attention/1"
    width, height, *images = value.tensor.string_val
    assert (width, height, len(images)) == (b"6", b"6", SIZE.heads)
    expected = np.round(255 * synthetic.attention(SIZE, seed=3)[1, 2])
    np.testing.assert_array_equal(_grey(images[2]), expected)


def _grey(png: bytes) -> np.ndarray:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    pieces, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        name, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", png, at + 8 + length)
        assert checksum == zlib.crc32(name + data)
        pieces[name], at = data, at + 12 + length
    width, height, depth, kind = struct.unpack_from(">IIBB", pieces[b"IHDR"])
    assert (depth, kind) == (8, 0)
    rows = np.frombuffer(zlib.decompress(pieces[b"IDAT"]), np.uint8).reshape(height, 1 + width)
    return rows[:, 1:]


def test_a_log_with_losses_is_no_workload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic.AttentionWriter, "attention", lambda *_, **__: None)
    with pytest.raises(RuntimeError, match="not everything was written"):
        synthetic.write_ours(tmp_path, SIZE)
