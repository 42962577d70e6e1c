"""What the training's thread may ask of the sink while the other one is at work."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from tensorboard_plugin_attn import AttentionWriter
from tensorboard_plugin_attn.logging.sink import Sink
from tests.fixtures.logs import cohort


class Flickering(Sink):
    """The other thread leaves its file between any two looks of this one."""

    looks = 0

    @property  # type: ignore[override]
    def _file(self) -> SimpleNamespace | None:
        self.looks += 1
        return SimpleNamespace(path=Path("a.attn")) if self.looks % 2 else None


def test_a_file_that_is_left_while_the_status_is_asked_for_raises_nothing(tmp_path: Path) -> None:
    writer = AttentionWriter(tmp_path, cohort=cohort())
    assert writer.close().file is None  # its thread has ended, and looks no more
    writer._sink.__class__ = Flickering
    assert [writer.status().file for _ in range(4)] == ["a.attn", None, "a.attn", None]
